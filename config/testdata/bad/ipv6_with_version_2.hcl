vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  version           = 2 # ERROR: Version 2 has no IPv6
  virtual_ipaddress "fe80::1/64" {}
}
