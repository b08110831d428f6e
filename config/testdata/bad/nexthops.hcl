vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  virtual_routes "default" {
    via = "10.0.0.9" # ERROR: via and nexthop exclude each other
    nexthop { via = "10.0.0.9" }
    nexthop { weight = 300 } # ERROR: A nexthop leads nowhere # ERROR: must be 1 to 256
    nexthop { via = "224.0.0.1" } # ERROR: must be the address of a host
    nexthop {
      via    = "10.0.0.8"
      onlink = true # ERROR: onlink needs an interface
    }
  }
  virtual_routes "10.9.0.0/16" {
    type = "prohibit"
    nexthop { via = "10.0.0.9" } # ERROR: a route of type prohibit leads nowhere
  }
  virtual_routes "default" {
    src = "2001:db8::1"
    nexthop { via = "10.0.0.9" } # ERROR: a route of IPv6 has no next hop of IPv4
  }
  virtual_ipaddress "10.0.0.1/24" {}
}
