vrrp_instance "VI_1" { # ERROR: Missing argument "interface" # ERROR: Missing argument "virtual_router_id"
  virtual_ipaddress "10.0.0.1/24" {}
}
