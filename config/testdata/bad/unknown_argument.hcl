vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  prioriti = 150 # ERROR: did you mean "priority"?
  virtual_ipaddress "10.0.0.1/24" {}
}
