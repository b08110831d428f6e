# script-pair.conf carried over, without the mail that director does not send yet.
global {
  router_id = "LVS_DEVEL"

  vrrp_version           = 2
  script_user            = "root"
  enable_script_security = false
}

vrrp_script "chk_nginx" {
  script   = ["/etc/director/check_ng.sh"]
  interval = 3
}

vrrp_instance "VI_1" {
  state             = { a = "MASTER", b = "BACKUP" }[hostname]
  interface         = "eth0"
  virtual_router_id = 51
  priority          = { a = 100, b = 90 }[hostname]
  advert_int        = 1
  authentication {
    auth_type = "PASS"
    auth_pass = "hell>com"
  }
  virtual_ipaddress "192.168.188.109" {}
  track_script "chk_nginx" {}
}
