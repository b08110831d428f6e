vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  version = 2
  authentication {
    auth_type = "PASS"
    auth_pass = "geheim789" # ERROR: The password is too long: VRRP carries 8 bytes
  }
  virtual_ipaddress "10.0.0.1/24" {}
}
