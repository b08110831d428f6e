vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  use_vmac { name = "vip0" }
  use_ipvlan {} # ERROR: use_ipvlan and use_vmac exclude each other
  virtual_ipaddress "10.0.0.1/24" {}
}
vrrp_instance "VI_2" {
  interface         = "eth0"
  virtual_router_id = 52
  use_vmac { name = "vip0" } # ERROR: Two virtual links have the same name
  virtual_ipaddress "10.0.0.2/24" {}
}
vrrp_instance "VI_3" {
  interface         = "eth0"
  virtual_router_id = 53
  use_vmac { name = "eth0" } # ERROR: an instance is on the interface eth0
  virtual_ipaddress "10.0.0.3/24" {}
}
vrrp_instance "VI_4" {
  interface         = "eth0"
  virtual_router_id = 54
  use_vmac {
    name               = "averylonginterface" # ERROR: must have at most 15 bytes
    group              = "moon" # ERROR: Unknown name in "group"
    netlink_notify_msg = true # ERROR: the kernel always tells
  }
  virtual_ipaddress "10.0.0.4/24" {}
}
