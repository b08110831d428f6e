vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  virtual_ipaddress "10.0.0.1/24" {}
  auth_hmac {
    active_key = 1
    keys "1" { value = "geheim-0123456789abcdef0123456789" } # ERROR: Unknown block "keys": did you mean "key"?
    key "2" "geheim-0123456789abcdef0123456789" { value = "x" } # ERROR: key has one label
    key = "geheim-0123456789abcdef0123456789" # ERROR: "key" is a block
  }
}
