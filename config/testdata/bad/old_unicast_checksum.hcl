vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  old_unicast_checksum = true # WARNING: old_unicast_checksum has no effect here
  virtual_ipaddress "10.0.0.1/24" {}
}
vrrp_instance "VI_2" {
  interface         = "eth0"
  virtual_router_id = 52
  old_unicast_checksum = "always" # ERROR: Wrong type for "old_unicast_checksum"
  virtual_ipaddress "10.0.0.2/24" {}
}
