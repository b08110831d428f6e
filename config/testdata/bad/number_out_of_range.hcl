vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 256 # ERROR: must be 1 to 255, not 256
  priority          = 0   # ERROR: must be 1 to 255, not 0
  version           = 4   # ERROR: must be 2 to 3, not 4
  down_timer_adverts = 101 # ERROR: must be 1 to 100
  unicast_ttl       = -1 # ERROR: must be 1 to 255, not -1
  garp_master_repeat = 1e30 # ERROR: must be 0 or more
  virtual_ipaddress "10.0.0.1/24" {}
}
