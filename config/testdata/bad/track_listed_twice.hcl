vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  track_interface "eth1" {}
  track_interface "eth1" { weight = 5 } # ERROR: track_interface listed twice: already at line 4
  track_interface "averylonginterface" {} # ERROR: must have at most 15 bytes
  virtual_ipaddress "10.0.0.1/24" {}
}
