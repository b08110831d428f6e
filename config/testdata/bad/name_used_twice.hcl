vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  virtual_ipaddress "10.0.0.1/24" {}
}
vrrp_instance "VI_1" { # ERROR: vrrp_instance "VI_1" defined twice
  interface         = "eth1"
  virtual_router_id = 52
  virtual_ipaddress "10.0.1.1/24" {}
}
