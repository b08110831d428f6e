vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  advert_int = 41 # ERROR: version 3 ends at 40.95s
  virtual_ipaddress "10.0.0.1/24" {}
}

vrrp_instance "VI_2" {
  interface         = "eth0"
  virtual_router_id = 52
  advert_int        = "15ms" # ERROR: version 3 counts in steps of 10ms
  virtual_ipaddress "10.0.0.2/24" {}
}
