vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  virtual_ipaddress "10.0.0.1/24" {}
}
track_group "edge" { group = ["VI_1", "VI_1", "VI_9"] } # ERROR: vrrp_instance "VI_1" listed twice # ERROR: Unknown vrrp_instance "VI_9"
static_ipaddress "10.0.0.1/24" {} # ERROR: A static address is also a virtual one
static_ipaddress "10.0.1.1/24" { track_group = "egde" } # ERROR: Unknown track_group "egde": did you mean "edge"?
static_ipaddress "10.0.1.1/24" { label = "x" } # ERROR: static_ipaddress listed twice
static_ipaddress "10.0.2.0/40" {} # ERROR: the prefix length must be 1 to 32
static_ipaddress "10.0.3.1/24" { use_vmac = true } # ERROR: it stands in virtual addresses only
static_routes "10.9.0.0/16" {
  via         = "10.0.0.9"
  track_group = "edge" # ERROR: track_group needs an interface: write dev
}
static_rules {
  from        = "10.0.0.0/8"
  preference  = 5
  track_group = "edge" # ERROR: track_group needs an interface: write iif
}
static_rules {
  iif         = "eth1"
  preference  = 6
  no_track    = true
  track_group = "edge" # ERROR: track_group and no_track exclude each other
}
