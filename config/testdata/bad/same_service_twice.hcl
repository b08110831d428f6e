virtual_server "web" {
  address = "10.0.0.1:80"
  real_server "10.0.0.11:80" {}
}
virtual_server "shop" {
  address = "10.0.0.1:80" # ERROR: TCP 10.0.0.1:80 is already virtual_server "web"
  real_server "10.0.0.12:80" {}
}
virtual_server "udp" { # another protocol is another service
  address  = "10.0.0.1:80"
  protocol = "UDP"
  real_server "10.0.0.12:80" {}
}
virtual_server "m1" {
  fwmark = 7
  real_server "10.0.0.12:80" {}
}
virtual_server "m2" {
  fwmark = 7 # ERROR: FWM 7 is already virtual_server "m1"
  real_server "10.0.0.13:80" {}
}
