vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  strict_mode          = true
  no_virtual_ipaddress = true # ERROR: strict_mode refuses no_virtual_ipaddress
  auth_hmac {
    active_key = 1
    mode       = "permissive" # ERROR: strict_mode refuses an auth_hmac that does not enforce
    key "1" { value = "geheim-0123456789abcdef0123456789abcdef" }
  }
  virtual_ipaddress "10.0.0.1/24" {}
}
