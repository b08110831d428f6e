vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  unicast_src_ip = "10.0.0.9"
  unicast_peer "10.0.0.8" {}
  unicast_peer "10.0.0.8" {} # ERROR: unicast_peer listed twice
  unicast_peer "2001:db8::1" {} # ERROR: Families differ
  unicast_peer "224.0.0.5" {} # ERROR: must be the address of a host
  unicast_peer "10.0.0.0/24" {} # ERROR: without prefix length
  unicast_peer "10.0.0.7" {
    min_ttl = 64 # ERROR: min_ttl is above max_ttl
    max_ttl = 63
  }
  mcast_dst_ip = "224.0.0.77" # ERROR: mcast_dst_ip and unicast_peer exclude each other
  mcast_src_ip = "10.0.0.9" # ERROR: with unicast_peer write unicast_src_ip
  virtual_ipaddress "10.0.0.1/24" {}
}
