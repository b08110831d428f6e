vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  authentication { # ERROR: Authentication needs version 2
    auth_type = "PASS"
    auth_pass = "geheim"
  }
  virtual_ipaddress "10.0.0.1/24" {}
}
