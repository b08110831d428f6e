vrrp_script "chk_nginx" {
  script = "/bin/true"
}
vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  track_script "chk_ngnix" {} # ERROR: Unknown vrrp_script "chk_ngnix": did you mean "chk_nginx"?
  track_script "chk_nginx" {}
  track_file "load" {} # ERROR: Unknown track_file "load": no track_file has that name
  track_process "bird" {} # ERROR: Unknown vrrp_track_process "bird"
  track_bfd "core" {} # ERROR: Unknown bfd_instance "core"
  track_virtual_server "web" { weight = -20 } # ERROR: Unknown virtual_server "web"
  virtual_ipaddress "10.0.0.1/24" {}
}
