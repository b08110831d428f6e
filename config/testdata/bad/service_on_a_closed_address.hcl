vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  accept            = false
  virtual_ipaddress "10.0.0.1/24" {}
}
vrrp_instance "VI_2" {
  interface         = "eth0"
  virtual_router_id = 52
  strict_mode       = true
  virtual_ipaddress "10.0.0.2/24" {}
}
virtual_server "web" {
  address = "10.0.0.1:80" # ERROR: The address accepts no packets: write accept = true in vrrp_instance "VI_1"
  real_server "10.0.0.11:80" {}
}
virtual_server "mail" {
  address = "10.0.0.2:25" # ERROR: strict_mode is on: write accept = true, in version 3
  real_server "10.0.0.11:25" {}
}
