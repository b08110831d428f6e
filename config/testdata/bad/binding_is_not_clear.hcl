vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  virtual_ipaddress "10.0.0.1/24" {}
}
vrrp_instance "VI_2" {
  interface         = "eth1"
  virtual_router_id = 51
  virtual_ipaddress "10.0.0.1/24" {}
}
virtual_server "a" {
  address = "10.0.0.1:80" # ERROR: name one with vrrp_instance
  real_server "10.0.0.11:80" {}
}
virtual_server "m" {
  fwmark = 3 # ERROR: there are several instances
  real_server "10.0.0.11:80" {}
}
