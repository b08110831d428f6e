vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  advert_int = "3" # ERROR: needs a unit ("3s")
  preempt_delay = 1001 # ERROR: must be 0s to 16m40s, not 16m41s
  garp_master_delay = "5 s" # ERROR: needs a number with a unit
  garp_master_refresh = "5ns" # ERROR: us, ms, s, m or h
  garp_lower_prio_delay = true # ERROR: not true or false
  virtual_ipaddress "10.0.0.1/24" {}
}
virtual_server "web" {
  address    = "10.0.0.1:80"
  delay_loop = 0 # ERROR: must be 1ms or more
  warmup     = -1 # ERROR: must be 0s or more
  retry      = -1 # ERROR: must be 0 or more
  connect_timeout = 1e300 # ERROR: is too long
  real_server "10.0.0.11:80" {}
}
