vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  priority          = 255
  accept            = false # WARNING: the owner of the addresses (priority 255) accepts packets
  virtual_ipaddress "10.0.0.1/24" {}
}
