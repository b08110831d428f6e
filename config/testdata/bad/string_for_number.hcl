vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  priority = "150" # ERROR: Wrong type for "priority": needs a whole number, 1 to 255, not a string
  virtual_ipaddress "10.0.0.1/24" {}
}
