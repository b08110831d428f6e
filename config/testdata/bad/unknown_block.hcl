vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  virtual_ipadress "10.0.0.2/24" {} # ERROR: did you mean "virtual_ipaddress"?
  virtual_ipaddress "10.0.0.1/24" {}
}

virtual_sever "web" {} # ERROR: Unknown block "virtual_sever": did you mean "virtual_server"?
