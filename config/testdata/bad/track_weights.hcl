track_file "load" {
  file   = "load" # ERROR: needs an absolute path
  weight = 255 # ERROR: must be -254 to 254, not 255
}
vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  track_interface "eth1" { weight = 254 } # ERROR: must be -253 to 253, not 254
  track_interface "eth2" { noreverse = true } # ERROR: write "reverse = false"
  track_interface "eth3" { weight = "5" } # ERROR: Wrong type for "weight"
  virtual_ipaddress "10.0.0.1/24" {}
}
