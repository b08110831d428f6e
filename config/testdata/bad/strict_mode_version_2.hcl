vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  version           = 2
  strict_mode       = true
  preempt_delay     = 5 # ERROR: strict_mode refuses preempt_delay
  accept            = true # ERROR: strict_mode refuses accept = true in version 2
  authentication { # ERROR: strict_mode refuses authentication
    auth_type = "PASS"
    auth_pass = "geheim"
  }
  virtual_ipaddress "10.0.0.1/24" {}
}
