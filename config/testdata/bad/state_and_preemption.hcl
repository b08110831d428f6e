vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  state = "MASTER"
  priority = 150
  nopreempt = true # ERROR: nopreempt and state = "MASTER" exclude each other
  virtual_ipaddress "10.0.0.1/24" {}
}

vrrp_instance "VI_2" {
  interface         = "eth0"
  virtual_router_id = 52
  nopreempt         = true
  preempt_delay     = 60 # ERROR: preempt_delay and nopreempt exclude each other
  virtual_ipaddress "10.0.0.2/24" {}
}
vrrp_instance "VI_3" {
  interface         = "eth0"
  virtual_router_id = 53
  priority          = 255
  nopreempt         = true # WARNING: nopreempt has no effect here
  virtual_ipaddress "10.0.0.3/24" {}
}
vrrp_instance "VI_4" {
  interface         = "eth0"
  virtual_router_id = 54
  state             = "MASTER" # WARNING: without priority, MASTER means priority 255
  virtual_ipaddress "10.0.0.4/24" {}
}
