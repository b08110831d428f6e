vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  unicast_src_ip = "10.0.0.9" # ERROR: there is no unicast_peer: write mcast_src_ip
  mcast_src_ip = "2001:db8::1" # ERROR: Families differ
  unicast_ttl = 5 # WARNING: unicast_ttl has no effect here
  virtual_ipaddress "10.0.0.1/24" {}
}

vrrp_instance "VI_2" {
  interface         = "eth0"
  virtual_router_id = 52
  track_src_ip      = true # ERROR: track_src_ip needs a source address: write mcast_src_ip
  virtual_ipaddress "10.0.0.2/24" {}
}
