vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  use_ipvlan {} # ERROR: use_ipvlan needs an address
  virtual_ipaddress "10.0.0.1/24" {}
}
vrrp_instance "VI_2" {
  interface         = "eth0"
  virtual_router_id = 52
  use_ipvlan {
    address = "2001:db8::1/64" # ERROR: Families differ
    mode    = "l3" # ERROR: needs one of "bridge", "private", "vepa"
  }
  virtual_ipaddress "10.0.0.2/24" {}
}
vrrp_instance "VI_3" {
  interface         = "eth0"
  virtual_router_id = 53
  use_ipvlan { address = "10.0.0.9/24" }
  virtual_ipaddress "10.0.0.3/24" { use_vmac = true } # ERROR: the instance has use_ipvlan on that interface
}
