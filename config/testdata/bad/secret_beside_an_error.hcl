vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  version = 2
  authentication { auth_pass = "geheim" } # ERROR: Missing argument "auth_type"
  virtual_ipaddress "10.0.0.1/24" {}
}
