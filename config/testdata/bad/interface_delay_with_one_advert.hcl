interface_up_down_delays "eth1" {
  down = 1 # WARNING: vrrp_instance "VI_1" bounds it to 0s
}
vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  down_timer_adverts = 1
  track_interface "eth1" {}
  virtual_ipaddress "10.0.0.1/24" {}
}
