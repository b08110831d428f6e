virtual_server "s0" {
  address = "10.0.0.1" # ERROR: An address without port needs persistence_timeout
  real_server "10.0.0.11:80" {}
}
virtual_server "s1" {
  address = "10.0.0.1:0" # ERROR: leave the port out where all are meant
  real_server "10.0.0.11:80" {}
}
virtual_server "s2" {
  address = "10.0.0.1:65536" # ERROR: the port must be a number, 1 to 65535
  real_server "10.0.0.11:80" {}
}
virtual_server "s3" {
  address = "10.0.0.1:http" # ERROR: the port must be a number
  real_server "10.0.0.11:80" {}
}
virtual_server "s4" {
  address = "[10.0.0.1]:80" # ERROR: brackets are for IPv6 addresses
  real_server "10.0.0.11:80" {}
}
virtual_server "s5" {
  address = "10.0.0.0/24" # ERROR: without prefix length
  real_server "10.0.0.11:80" {}
}
virtual_server "s6" {
  address = "0.0.0.0:80" # ERROR: must be the address of a host
  real_server "10.0.0.11:80" {}
}
virtual_server "s7" {
  address = "" # ERROR: is not an IP address
  real_server "10.0.0.11:80" {}
}
virtual_server "s8" {
  address = "[2001:db8::1]" # ERROR: brackets only with a port
  real_server "10.0.0.11:80" {}
}
virtual_server "s9" {
  address = "web:80" # ERROR: is not an IP address
  real_server "10.0.0.11:80" {}
}
virtual_server "s10" {
  address = ":80" # ERROR: is not an IP address
  real_server "10.0.0.11:80" {}
}
