vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  priority { # ERROR: "priority" is an argument: write it with an equals sign
    value = 100
  }
  virtual_ipaddress "10.0.0.1/24" {}
}
