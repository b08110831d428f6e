global {
  vmac_prefix      = "elevenbytes"
  vmac_addr_prefix = "a-name-of-12" # ERROR: must have at most 11 bytes, not 12
}
vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 251
  use_vmac {}
  virtual_ipaddress "10.0.0.1/24" {}
}
vrrp_instance "VI_2" {
  interface         = "eth1"
  virtual_router_id = 251
  use_vmac {} # ERROR: "elevenbytes4.251" has more than 15 bytes: shorten vmac_prefix
  virtual_ipaddress "10.0.0.2/24" {}
}
