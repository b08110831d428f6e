virtual_server "dns" {
  address  = "10.0.0.1:53"
  protocol = "UDP"
  real_server "10.0.0.11:53" {
    DNS_CHECK {
      type         = "a" # ERROR: did you mean "A"?
      name         = "example..net" # ERROR: is not a domain name
      nb_get_retry = 2 # ERROR: did you mean "retry"?
      path         = "/" # ERROR: it stands in url
    }
    DNS_CHECK {
      type  = "ANY" # ERROR: needs one of "A", "NS", "CNAME", "SOA", "MX", "TXT", "AAAA", "RRSIG", "DNSKEY"
      name  = "größe.example" # ERROR: must be ASCII: write the xn-- form
      retry = -1 # ERROR: must be 0 or more, not -1
    }
    DNS_CHECK {
      type = 1 # ERROR: needs one of
      name = "" # ERROR: must not be empty
      nmae = "example.net" # ERROR: did you mean "name"?
    }
    DNS_CHECK "example.net" {} # ERROR: DNS_CHECK has no label
    DNS_CHECK { connect_ip = "fe80::1" } # ERROR: A link-local target needs bind_if
    DNS_CHEK {} # ERROR: did you mean "DNS_CHECK"?
  }
}
virtual_server "mark" {
  fwmark = 3
  DNS_CHECK {} # ERROR: Nothing says which port to check
  real_server "10.0.0.11" {}
}
