vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  track_interface "eth1" { weight = 7 }
  virtual_ipaddress "10.0.0.1/24" {}
}
vrrp_instance "VI_2" {
  interface         = "eth0"
  virtual_router_id = 52
  virtual_ipaddress "10.0.0.2/24" {}
}
vrrp_sync_group "G1" {
  group                      = ["VI_1", "VI_2"]
  sync_group_tracking_weight = true # WARNING: "VI_1" and "VI_2" may disagree about who is master
  track_interface "eth2" { weight = 3 }
}
