# two-scripts.conf carried over. The published password has ten characters, of
# which keepalived takes eight; here they have to be written.
global {
  router_id = "node1.zhejian.com"

  vrrp_version           = 2
  vrrp_mcast_group4      = "224.0.100.19"
  script_user            = "root"
  enable_script_security = false
}

vrrp_script "chk_down" {
  script   = ["/bin/bash", "-c", "[[ -f /etc/director/down ]] && exit 1 || exit 0"]
  interval = 1
  weight   = -5
}

vrrp_script "chk_nginx" {
  script   = ["/etc/director/killall", "-0", "nginx"]
  interval = 1
  weight   = -5
  fall     = 2
  rise     = 1
}

vrrp_instance "VIR_1" {
  state             = { a = "MASTER", b = "BACKUP" }[hostname]
  interface         = "eth0"
  virtual_router_id = 14
  priority          = { a = 100, b = 92 }[hostname]
  advert_int        = 1
  authentication {
    auth_type = "PASS"
    auth_pass = "123456_p"
  }
  virtual_ipaddress "10.1.0.93/16" { dev = "eth0" }
  track_script "chk_down" {}
  track_script "chk_nginx" {}
  notify_master = ["/etc/director/notify.sh", "master"]
  notify_backup = ["/etc/director/notify.sh", "backup"]
  notify_fault  = ["/etc/director/notify.sh", "fault"]
}
