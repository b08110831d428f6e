vrrp_instance "VI_1" { # ERROR: only an instance with unicast_peer and unicast_src_ip can do without
  virtual_router_id = 51
  virtual_ipaddress "10.0.0.1/24" { dev = "eth0" }
}
vrrp_instance "VI_2" {
  virtual_router_id = 52
  vrf               = "blue"
  unicast_src_ip    = "10.0.0.2"
  use_vmac {} # ERROR: use_vmac needs an interface
  unicast_peer "10.0.0.3" {}
  virtual_ipaddress "10.0.0.2/24" {} # ERROR: The address has no interface
}
vrrp_instance "VI_3" {
  interface         = "eth0"
  virtual_router_id = 53
  vrf               = "blue" # ERROR: vrf and interface exclude each other
  virtual_ipaddress "10.0.0.3/24" {}
}
