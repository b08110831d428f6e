vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  version = 2
  advert_int = 0.5 # ERROR: version 2 has whole seconds
  virtual_ipaddress "10.0.0.1/24" {}
}
