vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  version = 2
  authentication {
    auth_type = "PASS"
    auth_pass = "geheim # ERROR: Unterminated string: the closing quote is missing
  }
  virtual_ipaddress "10.0.0.1/24" {}
}
