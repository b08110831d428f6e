vrrp_track_process "a" {
  process = "nginx -g" # WARNING: parameters are elements of the list: ["nginx", "-g"]
}
vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  virtual_ipaddress "10.0.0.1/24" {}
  track_process "a" {}
  track_process "a" { weight = 5 } # ERROR: track_process listed twice
}
