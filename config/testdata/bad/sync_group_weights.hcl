vrrp_script "chk" {
  script = "/bin/true"
  weight = -5
}
track_file "load" {
  file = "/run/load"
}
bfd_instance "core" {
  neighbor_ip = "10.0.0.9"
  weight      = 10
}
vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  track_script "chk" {} # ERROR: Weights need sync_group_tracking_weight in vrrp_sync_group "G1": the weight is -5
  virtual_ipaddress "10.0.0.1/24" {}
}
vrrp_instance "VI_2" {
  interface         = "eth0"
  virtual_router_id = 52
  track_interface "eth1" { weight = 7 } # ERROR: write weight = 0, or sync_group_tracking_weight = true
  virtual_ipaddress "10.0.0.2/24" {}
}
vrrp_sync_group "G1" {
  group = ["VI_1", "VI_2"]
  track_file "load" {} # ERROR: the weight is 1: write weight = 0
  track_bfd "core" {} # ERROR: the weight is 10
}
