virtual_server "m" {
  fwmark   = 7
  protocol = "TCP" # ERROR: a mark stands for all protocols
  real_server "10.0.0.12:80" {}
}
virtual_server "n" {
  fwmark = 0 # ERROR: must be 1 to 4294967295, not 0
  real_server "10.0.0.12:80" {}
}
virtual_server "o" {
  address   = "10.0.0.1:80"
  ip_family = "inet" # ERROR: ip_family does not fit here
  real_server "10.0.0.12:80" {}
}
virtual_server "p" {
  fwmark    = 8
  ip_family = "inet6"
  real_server "10.0.0.12:80" {} # ERROR: the service is IPv6
}
