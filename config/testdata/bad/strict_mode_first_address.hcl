vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  strict_mode       = true
  virtual_ipaddress "2001:db8::1/64" {} # ERROR: strict_mode refuses a first IPv6 address that is not link-local
}
