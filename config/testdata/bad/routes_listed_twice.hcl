vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  virtual_routes "10.9.0.0/16" { dev = "eth0" }
  virtual_routes "10.9.0.0/16" { dev = "eth1" } # ERROR: virtual_routes listed twice: already at line 4
  virtual_routes "10.9.0.0/16" {
    dev   = "eth1"
    table = 7
  }
  virtual_ipaddress "10.0.0.1/24" {}
}
static_routes "10.8.0.0/16" { via = "10.0.0.9" }
static_routes "10.8.0.0/16" { via = "10.0.0.8" } # ERROR: static_routes listed twice
