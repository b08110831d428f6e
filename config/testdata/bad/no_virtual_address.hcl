vrrp_instance "VI_1" { # ERROR: Missing virtual_ipaddress
  interface         = "eth0"
  virtual_router_id = 51
}
