vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  virtual_routes "10.9.0.0/16" {} # ERROR: Nothing says where the route leads
  virtual_routes "10.9.0.1/16" { dev = "eth0" } # ERROR: did you mean "10.9.0.0/16"?
  virtual_routes "10.10.0.0/33" { dev = "eth0" } # ERROR: the prefix length must be 0 to 32
  virtual_routes "10.11.0.0/16" {
    gw  = "10.0.0.9" # ERROR: did you mean "via"?
    oif = "eth0" # ERROR: did you mean "dev"?
  }
  virtual_routes "10.12.0.0/16" {
    type = "blackhole"
    via  = "10.0.0.9" # ERROR: a route of type blackhole leads nowhere
  }
  virtual_routes "2001:db8:1::/48" {
    via   = "10.0.0.9" # ERROR: a route of IPv6 has no next hop of IPv4
    src   = "10.0.0.1" # ERROR: Families differ
    scope = "link" # ERROR: scope is for IPv4 only
  }
  virtual_routes "10.13.0.0/16" {
    dev     = "eth0"
    pref    = "high" # ERROR: pref is for IPv6 only
    expires = 60 # ERROR: expires is for IPv6 only
  }
  virtual_routes "10.14.0.0/16" {
    dev      = "eth0"
    protocol = "static" # ERROR: director knows its own by it: it needs no_track = true
    table    = 100
    vrf      = "blue" # ERROR: vrf and table exclude each other
  }
  virtual_routes "10.15.0.0/16" {
    via    = "10.0.0.9"
    onlink = true # ERROR: onlink needs an interface
  }
  virtual_ipaddress "10.0.0.1/24" {}
}
