vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  track_script "chk" {} # ERROR: "track_script" is not supported yet
  accept = false # ERROR: "accept" is not supported yet
  virtual_ipaddress "10.0.0.1/24" {}
}

vrrp_script "chk" {} # ERROR: "vrrp_script" is not supported yet
vrrp_sync_group "G1" { # ERROR: "vrrp_sync_group" is not supported yet
  group = ["VI_1"]
}
global {
  script_user = "nobody" # ERROR: "script_user" is not supported yet
  http { listen = "127.0.0.1:9280" } # ERROR: "http" is not supported yet
}
virtual_server "web" {
  address = "10.0.0.1:80"
  real_server "10.0.0.11:80" {
    PING_CHECK {} # ERROR: "PING_CHECK" is not supported yet
  }
}
