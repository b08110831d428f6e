vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  dynamic "virtual_ipaddress" {
    for_each = range(256)
    labels   = [cidrhost("10.0.0.0/16", virtual_ipaddress.value + 1)] # ERROR: adverts carry 255
    content {}
  }
}
