vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  version = 2
  authentication {
    auth_type = "PASS"
    auth_pass = 0123 # ERROR: Wrong type for "auth_pass": needs a string, not a number
  }
  virtual_ipaddress "10.0.0.1/24" {}
}
