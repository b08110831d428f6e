vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  state             = "MASTER" # WARNING: not all instances of the sync group are owners
  priority          = 255
  virtual_ipaddress "10.0.0.1/24" {}
}
vrrp_instance "VI_2" {
  interface         = "eth0"
  virtual_router_id = 52
  virtual_ipaddress "10.0.0.2/24" {}
}
vrrp_sync_group "G1" {
  group = ["VI_1", "VI_2"]
}
