vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  priority = [100] # ERROR: not a list
  virtual_ipaddress "10.0.0.1/24" {}
}
