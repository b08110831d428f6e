vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  virtual_ipaddress "10.0.0.1/24" {}
}
vrrp_instance "VI_2" {
  interface         = "eth0"
  virtual_router_id = 51 # ERROR: IPv4 VRID 51 on eth0 is already vrrp_instance "VI_1"
  virtual_ipaddress "10.0.0.2/24" {}
}
vrrp_instance "VI_6" { # another family is another router
  interface         = "eth0"
  virtual_router_id = 51
  virtual_ipaddress "fe80::1/64" {}
}
