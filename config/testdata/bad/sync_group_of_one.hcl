vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  virtual_ipaddress "10.0.0.1/24" {}
}
vrrp_sync_group "G1" {
  group = "VI_1" # WARNING: A sync group of one instance has no effect
}
