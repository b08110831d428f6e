vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  colour = "blue" # ERROR: Unknown argument "colour": vrrp_instance has no such argument
  virtual_ipaddress "10.0.0.1/24" {}
}
