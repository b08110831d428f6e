garp_group {
  interfaces = ["eth0", "vrrp.51"] # ERROR: name the interface below: "eth0"
}
garp_group {
  interfaces = "eth0" # ERROR: An interface can be in one garp_group
}
garp_group {
  interface = "eth1" # ERROR: did you mean "interfaces"?
}
garp_group {
  interfaces = [] # ERROR: The group is empty
}
vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  use_vmac {}
  virtual_ipaddress "10.0.0.1/24" {}
}
