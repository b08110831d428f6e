vrrp_instance { # ERROR: vrrp_instance needs a label
  interface         = "eth0"
  virtual_router_id = 51
}
global "x" {} # ERROR: global has no label
virtual_server "a" "b" {} # ERROR: virtual_server has one label
