virtual_server "a" {
  address = "10.0.0.1:80"
  quorum  = 3 # ERROR: all weights together are 2
  real_server "10.0.0.11:80" {}
  real_server "10.0.0.12:80" {}
}
virtual_server "b" {
  address    = "10.0.0.1:81"
  quorum     = 2
  hysteresis = 2 # ERROR: hysteresis must be below quorum
  real_server "10.0.0.11:80" {}
  real_server "10.0.0.12:80" {}
}
virtual_server "c" {
  address    = "10.0.0.1:82"
  quorum     = 2
  hysteresis = 1 # ERROR: quorum and hysteresis are 3, all weights together 2
  real_server "10.0.0.11:80" {}
  real_server "10.0.0.12:80" {}
}
virtual_server "d" { # WARNING: No real server takes connections
  address = "10.0.0.1:83"
  weight  = 0
  real_server "10.0.0.11:80" {}
}
