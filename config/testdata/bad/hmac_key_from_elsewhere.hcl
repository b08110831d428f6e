locals {
  shared = "geheim-0123456789abcdef0123456789"
  other  = ["geheim-0123456789abcdef0123456789", nonsense] # ERROR: Unknown variable
}
vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  virtual_ipaddress "10.0.0.1/24" {}
  auth_hmac {
    active_key = 1
    key "1" { value = local.shared }
    # key "2" { value = "geheim-0123456789abcdef0123456789" }
  }
}
