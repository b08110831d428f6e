# Name servers, asked by their own protocol.
virtual_server "dns" {
  address    = "198.51.100.10:53"
  protocol   = "UDP"
  delay_loop = 20

  DNS_CHECK {
    type = "NS"
    name = "example.net"
  }

  real_server "10.2.0.21" {}
  real_server "10.2.0.22" {
    delay_before_retry = "250ms"
    DNS_CHECK {} # the root's SOA
    DNS_CHECK {
      type               = "AAAA"
      name               = "www.example.net."
      connect_ip         = "2001:db8::22"
      connect_port       = 5353
      bindto             = "2001:db8::1"
      bind_if            = "eth1"
      bind_port          = 5300
      fwmark             = 7
      connect_timeout    = 1
      delay_loop         = 2
      retry              = 0
      delay_before_retry = 3
      warmup             = 0
      alpha              = true
      log_all_failures   = true
    }
  }
}
