vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  vmac_xmit_base    = true # ERROR: it needs use_vmac or use_ipvlan
  virtual_ipaddress "10.0.0.1/24" {}
}
vrrp_instance "VI_2" {
  interface         = "eth0"
  virtual_router_id = 52
  vmac_xmit_base    = false # ERROR: Unicast adverts go through the interface below
  unicast_src_ip    = "10.0.0.5"
  use_vmac {}
  unicast_peer "10.0.0.6" {}
  virtual_ipaddress "10.0.0.2/24" {}
}
