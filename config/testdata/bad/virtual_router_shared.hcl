vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  unicast_src_ip    = "10.0.0.5"
  unicast_peer "10.0.0.6" {}
  virtual_ipaddress "10.0.0.1/24" {}
}
vrrp_instance "VI_2" {
  interface         = "eth0"
  virtual_router_id = 51 # ERROR: IPv4 VRID 51 on eth0 is already vrrp_instance "VI_1"
  unicast_src_ip    = "10.0.0.5"
  unicast_peer "10.0.0.7" {}
  unicast_peer "10.0.0.6" {}
  virtual_ipaddress "10.0.0.2/24" {}
}
