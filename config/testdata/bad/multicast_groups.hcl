global {
  vrrp_mcast_group4 = "ff02::1" # ERROR: needs an IPv4 multicast address
  vrrp_mcast_group6 = "2001:db8::1" # ERROR: needs an IPv6 multicast address
}
vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  mcast_dst_ip = "10.0.0.1" # ERROR: needs a multicast address
  virtual_ipaddress "10.0.0.1/24" {}
}
vrrp_instance "VI_2" {
  interface         = "eth0"
  virtual_router_id = 52
  mcast_dst_ip      = "ff02::12" # ERROR: Families differ
  virtual_ipaddress "10.0.0.2/24" {}
}
vrrp_instance "VI_3" {
  interface         = "eth0"
  virtual_router_id = 53
  mcast_dst_ip      = "ff05::12" # ERROR: needs link-local scope
  virtual_ipaddress "fe80::2/64" {}
}
