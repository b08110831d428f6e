vrrp_instance "VI_1" {
  interfce          = "eth0" # ERROR: did you mean "interface"?
  vrid              = 51     # ERROR: did you mean "virtual_router_id"?
  virtual_ipadress "10.0.0.1/24" {} # ERROR: did you mean "virtual_ipaddress"?
}
virtual_server "web" {
  adress = "10.0.0.1:80" # ERROR: did you mean "address"?
  HTTP_GET {
    ulr { path = "/" } # ERROR: did you mean "url"?
  }
  real_sever "10.0.0.11:80" {} # ERROR: did you mean "real_server"?
  real_server "10.0.0.12:80" {}
}
