global {
  enable_snmp_vrrp = true # ERROR: "enable_snmp_vrrp" does not exist here: left out: use the metrics
  vrrp_iptables    = true # ERROR: left out: nftables is used
  process_name     = "x"  # ERROR: left out: processes have fixed names
  json_version     = 2    # ERROR: status --json
  include_check    = "a"  # ERROR: HCL has no include
  bfd_priority     = 1    # ERROR: BFD is in the dataplane
}
linkbeat_use_polling = true # ERROR: link state comes from netlink
