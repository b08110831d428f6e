vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  version = 2
  authentication {
    auth_type = "pass" # ERROR: did you mean "PASS"?
    auth_pass = "" # ERROR: must not be empty
  }
  virtual_ipaddress "10.0.0.1/24" {}
}
