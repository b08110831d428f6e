virtual_server "web" {
  address = "10.0.0.1:80"
  sorry_server = "[2001:db8::1]:80" # ERROR: Families differ
  real_server "10.0.0.11:80" {}
}
virtual_server "b" {
  address              = "10.0.0.1:81"
  sorry_server_inhibit = true # ERROR: there is no sorry_server
  real_server "10.0.0.11:80" {}
}
virtual_server "c" {
  address               = "10.0.0.1:82"
  sorry_server          = "10.0.0.9:80"
  sorry_server_tun_type = "gue" # ERROR: it needs sorry_server_lb_kind = "TUN"
  real_server "10.0.0.11:80" {}
}
virtual_server "d" {
  address            = "10.0.0.1:83"
  sorry_server       = "10.0.0.11:80" # ERROR: must be equal
  inhibit_on_failure = true
  real_server "10.0.0.11:80" {}
}
