vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  state = "master" # ERROR: did you mean "MASTER"?
  virtual_ipaddress "10.0.0.1/24" {}
}

virtual_server "web" {
  address  = "10.0.0.1:80"
  lb_algo  = "wcl" # ERROR: did you mean "wlc"?
  lb_kind  = "dr" # ERROR: did you mean "DR"?
  protocol = "ICMP" # ERROR: needs one of "TCP", "UDP", "SCTP"
  real_server "10.0.0.11:80" {}
}
