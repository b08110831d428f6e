vrrp_instance "a b" { # ERROR: must not contain blanks
  interface         = "eth0"
  virtual_router_id = 1
  virtual_ipaddress "10.0.0.1/24" {}
}
vrrp_instance "" { # ERROR: must not be empty
  interface         = "eth0"
  virtual_router_id = 2
  virtual_ipaddress "10.0.0.2/24" {}
}
vrrp_instance "x23456789x123456789x123456789x123456789x123456789x123456789x12345" { # ERROR: at most 64 bytes, not 65
  interface         = "eth0"
  virtual_router_id = 3
  virtual_ipaddress "10.0.0.3/24" {}
}
vrrp_instance "a/b" { # ERROR: must not contain
  interface         = "eth0"
  virtual_router_id = 4
  virtual_ipaddress "10.0.0.4/24" {}
}
