# The tour of the language, without what later versions bring.
global {
  router_id = hostname
}

locals {
  web = ["10.1.0.69", "10.1.0.71"]
}

vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  priority          = { lvs1 = 150, lvs2 = 100 }[hostname]
  advert_int        = "100ms"
  unicast_src_ip    = { lvs1 = "10.1.0.2", lvs2 = "10.1.0.3" }[hostname]
  unicast_peer "10.1.0.2" {} # the node's own address is skipped, so the file is the same everywhere
  unicast_peer "10.1.0.3" {}

  virtual_ipaddress "10.1.0.93/16" { label = "eth0:0" }
}

virtual_server "web" {
  address             = "10.1.0.93:80"
  lb_algo             = "wlc"
  lb_kind             = "DR"
  delay_loop          = 3
  persistence_timeout = "5m"
  sorry_server        = "127.0.0.1:80"

  HTTP_GET {
    connect_timeout    = 1
    retry              = 3
    delay_before_retry = 1
    url {
      path        = "/"
      status_code = 200
    }
  }

  dynamic "real_server" {
    for_each = local.web
    labels   = ["${real_server.value}:80"]
    content { weight = 1 }
  }
}

virtual_server "marked" {
  fwmark        = 3
  vrrp_instance = "VI_1"
  lb_algo       = "rr"
  lb_kind       = "NAT"
  real_server "10.1.0.80:8080" {
    TCP_CHECK { connect_timeout = 3 }
  }
}
