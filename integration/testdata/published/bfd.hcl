# bfd.conf carried over.
global {
  router_id    = "LVS_UPYUN"
  vrrp_version = 2
}

bfd_instance "bfdp" {
  neighbor_ip = { a = "10.0.2.8", b = "10.0.2.4" }[hostname]
  source_ip   = { a = "10.0.2.4", b = "10.0.2.8" }[hostname]
}

vrrp_instance "VI_1" {
  state             = "BACKUP"
  interface         = "eth0"
  virtual_router_id = 51
  priority          = 100
  advert_int        = 1
  virtual_ipaddress "10.0.2.100/24" {}
  track_bfd "bfdp" { weight = 40 }
}
