vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  nopreempt = "true" # ERROR: needs true or false, without quotes
  virtual_ipaddress "10.0.0.1/24" {}
}
