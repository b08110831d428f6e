vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  virtual_ipaddress "2001:db8::1/64" {} # WARNING: should be link-local
}
