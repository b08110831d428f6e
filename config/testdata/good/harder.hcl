# The harder parts of the language, without what later versions bring.
variable "vrid" { default = 60 }

locals {
  second   = local.first # any order
  first    = 100
  priority = { lvs1 = 150, lvs2 = local.second }[hostname]
  shops    = { "10.2.0.11" = 2, "10.2.0.12" = 2, "10.2.0.13" = 1 }
  nodes    = { LAN = "eth1", DMZ = "eth2" }
}

vrrp_instance "WAN" {
  interface         = "eth0"
  virtual_router_id = var.vrid
  priority          = local.priority
  virtual_ipaddress "198.51.100.10/24" {}
  virtual_ipaddress_excluded "2001:db8:60::10/64" { preferred_lft = "forever" }
}

# Root blocks can be dynamic too, and dynamic blocks can nest.
dynamic "vrrp_instance" {
  for_each = local.nodes
  labels   = [vrrp_instance.key]
  content {
    interface         = vrrp_instance.value
    virtual_router_id = var.vrid + 1
    priority          = local.priority
    version           = 2
    authentication {
      auth_type = "PASS"
      auth_pass = trimspace(file("vrrp.pass"))
    }
    dynamic "virtual_ipaddress" {
      for_each = range(1, 4)
      iterator = host
      labels   = [cidrhost("10.${length(vrrp_instance.key)}.${index(keys(local.nodes), vrrp_instance.key)}.0/24", host.value)]
      content { dev = vrrp_instance.value }
    }
  }
}

virtual_server "shops" {
  address       = "198.51.100.10:80"
  lb_algo       = "mh"
  mh_port       = true
  lb_kind       = "TUN"
  tun_type      = "gue"
  tun_port      = 6080
  alpha         = true
  quorum        = 3
  hysteresis    = 1
  sorry_server  = "10.2.0.99:80"
  retry         = null # as if it were not there
  HTTP_GET {
    connect_port = 8080
    virtualhost  = "shop.example.net"
    url {
      path        = "/health"
      status_code = ["200-299", 304]
    }
    url {
      path          = "/cart"
      regex         = "items: \\d+"
      regex_options = "caseless"
    }
  }
  dynamic "real_server" {
    for_each = local.shops
    labels   = [real_server.key]
    content { weight = real_server.value }
  }
}

virtual_server "dns" {
  address                 = "198.51.100.10:53"
  protocol                = "UDP"
  ops                     = true
  persistence_granularity = "255.255.255.0"
  weight                  = 10
  real_server "10.2.0.21:53" {
    TCP_CHECK {}
  }
  real_server "10.2.0.22:53" {
    weight     = 20
    delay_loop = "2s"
    TCP_CHECK { delay_loop = "500ms" }
    TCP_CHECK {}
  }
}

virtual_server "six" {
  address   = "[2001:db8:60::10]:443"
  real_server "[2001:db8:60::21]:443" {}
}
