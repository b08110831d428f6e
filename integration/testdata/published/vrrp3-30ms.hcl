# vrrp3-30ms.conf carried over.
global {
  router_id                = "SLB-SAD"
  script_user              = "root"
  enable_script_security   = false
  vrrp_skip_check_adv_addr = true
  vrrp_version             = 3
}

vrrp_script "chk_upyun" {
  script   = ["/etc/director/bin/check_vip.sh"]
  interval = 1
  fall     = 1
  rise     = 1
  weight   = -30
}

vrrp_instance "upyun_lb" {
  strict_mode       = false
  advert_int        = 0.03
  state             = "BACKUP"
  interface         = "eth0"
  virtual_router_id = 19
  priority          = { a = 100, b = 90 }[hostname]
  notify            = ["/etc/director/bin/change_state.sh"]
  track_script "chk_upyun" {}
  virtual_ipaddress "192.168.147.19" { label = "eth0:9" }
}
