vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  virtual_ipaddress "10.0.0.1/24" {}
  auth_hmac {
    key 1 geheim-0123456789abcdef0123456789 # ERROR: Argument or block definition required
    active_key 1 # ERROR: Argument or block definition required
  }
}
