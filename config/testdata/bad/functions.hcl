locals {
  a = cidrhost("10.0.0.0/30", 9) # ERROR: has no such host
  b = cidrhost("10.0.0.1", 1) # ERROR: is not a network
  c = file("does-not-exist") # ERROR: no such file
  d = cidrsubnet("10.0.0.0/24", 9, 1) # ERROR: cannot be extended
  e = cidrnetmask("2001:db8::/64") # ERROR: IPv6 has no netmask
  f = file("/dev/zero") # ERROR: not a regular file
}
