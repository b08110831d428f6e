vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  priority          = 255
  track_interface "eth1" { weight = 5 } # WARNING: the priority of an owner (255) never changes
  track_interface "eth2" {}
  virtual_ipaddress "10.0.0.1/24" {}
}
