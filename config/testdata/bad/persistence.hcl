virtual_server "web" {
  address = "10.0.0.1:80"
  persistence_timeout = 0 # ERROR: must be 1s to
  persistence_granularity = "255.0.255.0" # ERROR: is not a network mask
  persistence_engine = "sip" # ERROR: sip needs protocol = "UDP" and a port
  real_server "10.0.0.11:80" {}
}

virtual_server "b" {
  address                 = "[2001:db8::1]:80"
  persistence_granularity = "255.255.255.0" # ERROR: needs a prefix length, 1 to 128, for IPv6
  persistence_timeout     = 1.5 # ERROR: must be whole seconds
  real_server "[2001:db8::2]:80" {}
}
virtual_server "c" {
  address                 = "10.0.0.2:80"
  persistence_granularity = 64 # ERROR: must be 1 to 32 for IPv4
  real_server "10.0.0.11:80" {}
}
virtual_server "d" {
  address             = "10.0.0.3"
  persistence_timeout = false # ERROR: needs true or a duration
  real_server "10.0.0.11:80" {}
}
