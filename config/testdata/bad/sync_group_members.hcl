vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  virtual_ipaddress "10.0.0.1/24" {}
}
vrrp_instance "VI_2" {
  interface         = "eth0"
  virtual_router_id = 52
  virtual_ipaddress "10.0.0.2/24" {}
}
vrrp_sync_group "G1" {
  group = ["VI_1", "VI_3"] # ERROR: Unknown vrrp_instance "VI_3": did you mean
}
vrrp_sync_group "G2" {
  group = ["VI_1", "VI_2"] # ERROR: vrrp_instance "VI_1" is in a sync group already
}
vrrp_sync_group "G3" {
  group = [] # ERROR: The group is empty
}
vrrp_sync_group "G4" { # ERROR: Missing argument "group"
}
vrrp_sync_group "G4" { # ERROR: vrrp_sync_group "G4" defined twice
  group           = "VI_4" # ERROR: Unknown vrrp_instance "VI_4"
  global_tracking = true # ERROR: left out, without effect
  notify_deleted  = "/bin/true" # ERROR: left out: only instances can be deleted
}
