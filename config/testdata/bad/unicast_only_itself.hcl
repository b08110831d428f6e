vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  unicast_src_ip = "10.0.0.9"
  unicast_peer "10.0.0.9" {} # ERROR: this is the node's own address
  virtual_ipaddress "10.0.0.1/24" {}
}
