virtual_server "web" {
  address = "10.0.0.1:80"
  real_server "10.0.0.11:80" {
    TCP_CHECK {
      connect_ip   = "10.0.0.11:80" # ERROR: needs an address without port
      connect_port = 0 # ERROR: must be 1 to 65535, not 0
      bindto       = "2001:db8::1" # ERROR: Families differ
      path         = "/" # ERROR: it stands in url
    }
    TCP_CHECK { connect_ip = "fe80::1" } # ERROR: A link-local target needs bind_if
  }
  real_server "10.0.0.12:80" {
    HTTP_GET { enable_sni = true } # ERROR: it stands in SSL_GET only # ERROR: Missing url
  }
}
virtual_server "mark" {
  fwmark = 3
  real_server "10.0.0.11" {
    TCP_CHECK {} # ERROR: Nothing says which port to check
  }
}
