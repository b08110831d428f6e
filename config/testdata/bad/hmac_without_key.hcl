vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  auth_hmac { # ERROR: Missing key # ERROR: Missing argument "active_key"
    mode        = "off" # ERROR: needs one of "enforce", "permissive", "receive-only"
    anti_replay = "counter" # ERROR: needs one of "time", "monotonic"
  }
  virtual_ipaddress "10.0.0.1/24" {}
}
