vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  priority = 100
  priority = 150 # ERROR: Attribute redefined
  virtual_ipaddress "10.0.0.1/24" {}
}
