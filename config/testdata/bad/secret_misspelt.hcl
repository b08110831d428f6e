vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  version = 2
  authentication {
    auth_type = "PASS"
    auth_pas = "geheim" # ERROR: did you mean "auth_pass"?
  }
  virtual_ipaddress "10.0.0.1/24" {}
}
