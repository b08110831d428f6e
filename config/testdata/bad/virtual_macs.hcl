vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  use_vmac { mac = "01:00:00:00:00:01" } # ERROR: is a multicast address
  virtual_ipaddress "10.0.0.1/24" {}
}
vrrp_instance "VI_2" {
  interface         = "eth0"
  virtual_router_id = 52
  use_vmac { mac = "00:00:5e:00:01:33" } # ERROR: RFC 9568 gives this one 00:00:5e:00:01:34
  virtual_ipaddress "10.0.0.2/24" {}
}
vrrp_instance "VI_3" {
  interface         = "eth0"
  virtual_router_id = 53
  use_vmac { mac = "02:00:00:00" } # ERROR: needs six octets
  virtual_ipaddress "10.0.0.3/24" {}
}
vrrp_instance "VI_4" {
  interface         = "eth0"
  virtual_router_id = 54
  use_vmac { mac = "02:00:00:00:00:01" }
  virtual_ipaddress "10.0.0.4/24" {}
}
vrrp_instance "VI_5" {
  interface         = "eth0"
  virtual_router_id = 55
  use_vmac { mac = "02:00:00:00:00:01" } # ERROR: Two virtual links have the same MAC address
  virtual_ipaddress "10.0.0.5/24" {}
}
vrrp_instance "VI_6" {
  interface         = "eth0"
  virtual_router_id = 56
  use_vmac { mac = "00:00:00:00:00:00" } # ERROR: is no address
  virtual_ipaddress "10.0.0.6/24" {}
}
