vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  lb_algo = "rr" # ERROR: it stands in virtual_server
  virtual_ipaddress "10.0.0.1/24" {}
}

virtual_server "web" {
  address = "10.0.0.1:80"
  path    = "/" # ERROR: it stands in url
  HTTP_GET {
    path = "/" # ERROR: it stands in a block "url"
    url { path = "/" }
  }
  real_server "10.0.0.11:80" {
    quorum = 2 # ERROR: it stands in virtual_server
  }
}
