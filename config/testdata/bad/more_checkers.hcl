# SSL_GET, SMTP_CHECK, UDP_CHECK, PING_CHECK, MISC_CHECK, FILE_CHECK and BFD_CHECK.
track_file "load" { file = "/run/load" }
bfd_instance "core" { neighbor_ip = "10.0.0.9" }

virtual_server "web" {
  address = "10.0.0.1:80"
  require = "some" # ERROR: needs one of "all", "any"
  real_server "10.0.0.11:80" {
    SSL_GET { path = "/" } # ERROR: it stands in a block "url"
    SSL_GET {
      enable_sni           = true # ERROR: Nothing says which name to send
      min_certificate_days = 0 # ERROR: must be 1 to 36500, not 0
      url { path = "/" }
    }
    SSL_GET {
      enable_sni = true
      url { # ERROR: An address is no name for the handshake
        path        = "/"
        virtualhost = "10.0.0.7:443"
      }
    }
    SSL_GET {
      enable_sni = false # ERROR: enable_sni = false and sni_name exclude each other
      sni_name   = "a.example"
      url { path = "/" }
    }
    SSL_GET {
      sni_name = "2001:db8::1" # ERROR: needs brackets: [2001:db8::1]
      url { path = "/" }
    }
    HTTP_GET {
      ca_file = "ca.pem" # ERROR: it stands in SSL_GET only
      headers = {} # ERROR: it stands in a block "url"
      url {
        path          = "/"
        method        = "HEAD"
        virtualhost   = "a b" # ERROR: must have no blanks
        body_contains = "x" # ERROR: an answer to HEAD has no body
        headers       = { Host = "x" } # ERROR: Host is written by director: write virtualhost
        tls_compliant = true # ERROR: it stands in SSL_GET only
      }
      url {
        path    = "/"
        method  = "PUT" # ERROR: needs one of "GET", "HEAD", "OPTIONS", "POST"
        headers = { A = 1 } # ERROR: A: needs a string
      }
      url {
        path    = "/"
        headers = "A: b" # ERROR: needs an object such as
      }
      url {
        path    = "/"
        headers = { "A" = "geheim", "a" = "geheim" } # ERROR: a is there twice
      }
      url {
        path          = "/"
        regex         = "(?=look)" # ERROR: which has no look-around
        regex_options = ["extended", "caseless"] # ERROR: extended needs PCRE
      }
      url {
        path  = "/"
        regex = "(a)\\1" # ERROR: invalid escape sequence
      }
      url {
        path  = "/"
        regex = "a++" # ERROR: possessive repeats
      }
      url {
        path  = "/"
        regex = "a{2000}" # ERROR: RE2 repeats 1000 times at most
      }
    }
  }
  real_server "10.0.0.12:80" {
    SMTP_CHECK { helo_name = "a b" } # ERROR: must not contain blanks
    SMTP_CHECK {
      host {} # ERROR: write one SMTP_CHECK for each target
    }
    UDP_CHECK {
      payload          = "6" # ERROR: needs two digits for each byte
      min_reply_length = 3 # ERROR: it needs require_reply
    }
    UDP_CHECK { payload = "6x" } # ERROR: needs hexadecimal digits, not 'x'
    UDP_CHECK {
      payload          = " " # ERROR: must not be empty
      require_reply    = true
      min_reply_length = 300 # ERROR: No reply can be good
    }
    UDP_CHECK {
      require_reply    = "616263" # ERROR: No reply can be good
      max_reply_length = 2
    }
    UDP_CHECK {
      require_reply    = "6y" # ERROR: needs hexadecimal digits, or "x" for any, not 'y'
      max_reply_length = 65536 # ERROR: must be 0 to 65535, not 65536
    }
    PING_CHECK { connect_port = 7 } # ERROR: ICMP has no ports
    PING_CHECK { bindto = "2001:db8::1" } # ERROR: Families differ
    MISC_CHECK {} # ERROR: Missing argument "misc_path"
    MISC_CHECK {
      misc_path       = "check; reboot" # ERROR: no shell reads it
      connect_timeout = 3 # ERROR: did you mean "misc_timeout"?
      connect_ip      = "10.0.0.1" # ERROR: Unknown argument "connect_ip"
    }
    MISC_CHECK {
      misc_path    = ["bin/check"] # ERROR: needs an absolute path
      user         = "a b" # ERROR: write "user:group"
      misc_timeout = 0 # ERROR: must be 1ms or more
    }
    FILE_CHECK {} # ERROR: Missing argument "track_file"
    FILE_CHECK { track_file = "laod" } # ERROR: did you mean "load"?
    FILE_CHECK {
      track_file = "load"
      weight     = -2147483648 # ERROR: must be -2147483647 or more
      dynamic    = true # ERROR: write weight
    }
    BFD_CHECK { name = "cor" } # ERROR: did you mean "core"?
    BFD_CHECK {
      name       = "core"
      delay_loop = 3 # ERROR: Unknown argument "delay_loop"
    }
  }
}
virtual_server "mark" {
  fwmark  = 3
  require = "any"
  PING_CHECK {}
  SMTP_CHECK {} # ERROR: Nothing says which port to check
  real_server "10.0.0.13" {
    require = "any" # WARNING: the server has 1 check
    PING_CHECK {}
  }
  real_server "10.0.0.14" {}
}
