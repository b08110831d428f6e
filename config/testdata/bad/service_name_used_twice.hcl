virtual_server "web" {
  address = "10.0.0.1:80"
  real_server "10.0.0.11:80" {}
}
virtual_server "web" { # ERROR: virtual_server "web" defined twice
  address = "10.0.0.1:81"
  real_server "10.0.0.11:80" {}
}
