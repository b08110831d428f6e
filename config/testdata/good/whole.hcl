# The language's harder parts, without what later versions bring.
variable "vrid" { default = 60 }
locals {
  priority = { lvs1 = 150, lvs2 = 100 }[hostname]
}

global {
  notify_fifo      = "/run/director/events"
  notify_fifo_user = "nagios:nagios"
  iproute_etc_dir  = "../iproute2"
}

garp_group { interfaces = ["eth0", "eth1"] }
track_group "edge" { group = ["WAN", "LAN"] }

static_ipaddress "192.168.50.2/24" {
  dev         = "eth2"
  brd         = "+"
  track_group = "edge"
}
static_routes "10.99.0.0/16" {
  via  = "192.168.50.1"
  mtu  = 1400
  lock = ["mtu"]
}
static_rules {
  from       = "192.168.50.0/24"
  table      = "wan"
  preference = 1000
}

bfd_instance "ns2" { neighbor_ip = "10.2.0.22" }
bfd_instance "core" {
  neighbor_ip = "198.51.100.1"
  min_rx      = "20ms"
}

track_file "load" {
  file = "/run/director-load"
  init_file {}
}
vrrp_track_process "bird" {
  process     = ["bird", "-c", "/etc/bird.conf"]
  param_match = "initial"
}

vrrp_sync_group "EDGE" {
  group              = ["WAN", "LAN"]
  notify_master      = ["/usr/local/bin/edge", "up"]
  notify_master_user = "nagios"
  track_process "bird" {}
  track_bfd "core" {}
}

vrrp_instance "WAN" {
  interface         = "eth0"
  virtual_router_id = var.vrid
  priority          = local.priority
  vmac_xmit_base    = true
  use_vmac { name = "wan0" }
  auth_hmac {
    key "1" { value = "hex:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f" }
    active_key = 1
  }
  virtual_ipaddress "198.51.100.10/24" {}
  virtual_ipaddress_excluded "2001:db8:60::10/64" { preferred_lft = "forever" }
  virtual_routes "default" {
    table = 100
    nexthop { via = "198.51.100.1" }
    nexthop { via = "198.51.100.2" }
  }
  virtual_routes "192.0.2.0/24" { type = "blackhole" }
  virtual_rules {
    from       = "198.51.100.10"
    table      = 100
    preference = 2000
  }
}

vrrp_instance "LAN" {
  interface         = "eth1"
  virtual_router_id = var.vrid + 1
  priority          = local.priority
  version           = 2
  authentication {
    auth_type = "PASS"
    auth_pass = trimspace(file("vrrp.pass"))
  }
  virtual_ipaddress "10.2.0.1/24" {}
}

virtual_server "shops" {
  fwmark          = 7
  vrrp_sync_group = "EDGE"
  real_server "10.2.0.11:80" {}
}
virtual_server "dns" {
  address         = "10.2.0.1:53"
  protocol        = "UDP"
  vrrp_sync_group = "EDGE"
  real_server "10.2.0.21:53" {}
}
virtual_server "marked" {
  fwmark = 8
  real_server "10.2.0.12:80" {}
}
