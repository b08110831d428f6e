vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  virtual_ipaddress "10.0.0.1/24" {
    label         = "eth0:0123456789ab" # ERROR: must have at most 15 bytes, not 17
    scope         = "universe" # ERROR: needs "global", "site"
    dad           = true # ERROR: dad is for IPv6 only: 10.0.0.1 is IPv4
    preferred_lft = "forever" # ERROR: preferred_lft is for IPv6 only
    peer          = "2001:db8::9/64" # ERROR: Families differ
    nodad         = true # ERROR: write "dad = true"
    track_group   = "edge" # ERROR: it stands in static_ipaddress only
  }
  virtual_ipaddress "10.0.0.2" { brd = "+" } # ERROR: a prefix length of 30 or less
  virtual_ipaddress "10.0.0.3/24" { brd = "::1" } # ERROR: needs an IPv4 address
  virtual_ipaddress "10.0.0.4/24" { dev = "averylonginterface" } # ERROR: must have at most 15 bytes
  virtual_ipaddress_excluded "2001:db8::1/64" {
    brd           = "+" # ERROR: brd is for IPv4 only
    label         = "x" # ERROR: label is for IPv4 only
    preferred_lft = 1.5 # ERROR: needs whole seconds
  }
}
