vrrp_instance "VI_1" { # ERROR: Missing argument "interface"
  interface         = null
  virtual_router_id = 51
  priority          = null
  virtual_ipaddress "10.0.0.1/24" {}
}
