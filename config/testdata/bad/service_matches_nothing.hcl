virtual_server "a" { # ERROR: Nothing says what the service matches
  real_server "10.0.0.11:80" {}
}
virtual_server "b" {
  address = "10.0.0.1:80"
  fwmark  = 3 # ERROR: address and fwmark exclude each other
  real_server "10.0.0.11:80" {}
}
virtual_server "c" {
  group = "g" # ERROR: "group" is not supported yet
  real_server "10.0.0.11:80" {}
}
