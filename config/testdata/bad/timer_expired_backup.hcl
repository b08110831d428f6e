vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  timer_expired_backup = 255 # ERROR: must be 1 to 254, not 255
  virtual_ipaddress "10.0.0.1/24" {}
}
vrrp_instance "VI_2" {
  interface         = "eth0"
  virtual_router_id = 52
  timer_expired_backup = true # ERROR: timer_expired_backup needs nopreempt
  virtual_ipaddress "10.0.0.2/24" {}
}
