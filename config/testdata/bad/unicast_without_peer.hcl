vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  unicast_fault_no_peer = true
  mcast_dst_ip          = "224.0.0.100" # ERROR: mcast_dst_ip and unicast_fault_no_peer exclude each other
  mcast_src_ip          = "10.0.0.2" # ERROR: mcast_src_ip does not fit here
  virtual_ipaddress "10.0.0.1/24" {}
}
