global {
  vrrp_garp_extra_if_all = true # ERROR: there is no vrrp_garp_extra_if
  vrrp_rx_bufs_policy    = ["MTU", 1000] # ERROR: needs "MTU", "ADVERT" or both, or one number
  dynamic_interfaces     = false # WARNING: interfaces may always come and go here
  vrrp_startup_delay     = -1 # ERROR: must be 0s or more
  nftables               = false # WARNING: accept = false has no other way
}
vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  garp_extra_if_all  = true # ERROR: there is no garp_extra_if
  kernel_rx_buf_size = 5 # ERROR: must be 256 or more
  virtual_ipaddress "10.0.0.1/24" {}
}
