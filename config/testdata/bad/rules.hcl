vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  virtual_rules { # WARNING: it gets 16384
    from = "10.0.0.0/8"
  }
  virtual_rules {
    from       = "10.0.0.1/8" # ERROR: did you mean "10.0.0.0/8"?
    table      = 5
    goto       = 50 # ERROR: goto and table exclude each other # ERROR: must be above the preference, 100
    preference = 100
  }
  virtual_rules {
    dev        = "eth0" # ERROR: did you mean "iif"?
    lookup     = 5 # ERROR: did you mean "table"?
    priority   = 5 # ERROR: did you mean "preference"?
    preference = 101
  }
  virtual_rules {
    from       = "10.0.0.0/8"
    to         = "2001:db8::/32" # ERROR: Families differ
    preference = 102
  }
  virtual_rules {
    dport      = 80 # ERROR: dport needs a protocol
    fwmark     = "0x100/0xff" # ERROR: the mask must cover the mark
    uidrange   = "9-5" # ERROR: must go upwards
    preference = 103
  }
  virtual_rules {
    ipproto               = "tpc" # ERROR: needs a number, or one of
    sport                 = 65536 # ERROR: must be a whole number, 0 to 65535
    protocol              = 4 # ERROR: it needs no_track = true
    suppress_prefixlength = 33 # ERROR: must be 0 to 32 for IPv4
    preference            = 104
  }
  virtual_rules {
    type             = "nop"
    suppress_ifgroup = 5 # ERROR: the rule looks up no table
    preference       = 105
  }
  virtual_ipaddress "10.0.0.1/24" {}
}
