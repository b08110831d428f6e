vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  virtual_ipaddress "10.0.0.300/24" {} # ERROR: is not an IP address
  virtual_ipaddress "10.0.0.1/33" {} # ERROR: the prefix length must be 1 to 32
  virtual_ipaddress "10.0.0.1/24" {}
  virtual_ipaddress "10.0.0.1/32" {} # ERROR: Virtual address listed twice: already at line 6
  virtual_ipaddress "2001:db8::1/64" {} # ERROR: Families differ: adverts carry one family
  virtual_ipaddress "224.0.0.1" {} # ERROR: must be the address of a host
  virtual_ipaddress "10.0.0.2:80" {} # ERROR: needs an address without port
  virtual_ipaddress "::ffff:10.0.0.3" {} # ERROR: write it as IPv4: 10.0.0.3
  virtual_ipaddress "010.0.0.1" {} # ERROR: is not an IP address
  virtual_ipaddress_excluded "[2001:db8::2]" {} # ERROR: in brackets only with a port
  virtual_ipaddress_excluded "fe80::1%eth0" {} # ERROR: write the address without %eth0
}
