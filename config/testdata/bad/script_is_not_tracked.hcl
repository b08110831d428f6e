vrrp_script "a" { # WARNING: Nobody tracks vrrp_script "a"
  script = "/bin/true"
}
vrrp_track_process "b" { # WARNING: Nobody tracks vrrp_track_process "b"
  process = "nginx"
}
vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  virtual_ipaddress "10.0.0.1/24" {}
}
