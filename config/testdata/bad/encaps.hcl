vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  virtual_routes "10.9.0.0/16" {
    dev = "eth0"
    encap "gre" {} # ERROR: needs one of "ip", "ip6", "mpls", "ila"
  }
  virtual_routes "10.10.0.0/16" {
    dev = "eth0"
    encap "ip" { # ERROR: Missing argument "dst"
      labels = [100] # ERROR: encap "ip" has "id"
      src    = "2001:db8::1" # ERROR: Families differ
    }
  }
  virtual_routes "10.11.0.0/16" {
    dev = "eth0"
    encap "mpls" { labels = [1048576] } # ERROR: must be 0 to 1048575
  }
  virtual_routes "10.12.0.0/16" {
    dev = "eth0"
    encap "ila" { locator = "1:2:3" } # ERROR: needs four groups
  }
  virtual_ipaddress "10.0.0.1/24" {}
}
