# cloud-unicast-pair.conf carried over. keepalived means "no pause" with its
# garp_interval 0 and refuses it; here it is legal, and the default. It runs
# scripts as root and trusts every folder; here both are written.
global {
  router_id = "LVS_DEVEL"

  vrrp_version             = 2
  vrrp_skip_check_adv_addr = true
  vrrp_garp_interval       = 0
  vrrp_gna_interval        = 0

  script_user            = "root"
  enable_script_security = false
}

vrrp_instance "VI_1" {
  state             = "BACKUP"
  interface         = "eth0"
  virtual_router_id = 51
  nopreempt         = true
  priority          = 50
  advert_int        = 1
  authentication {
    auth_type = "PASS"
    auth_pass = "1111"
  }
  unicast_src_ip = { a = "10.0.0.12", b = "10.0.0.4" }[hostname]
  unicast_peer "10.0.0.12" {}
  unicast_peer "10.0.0.4" {}
  virtual_ipaddress "10.0.0.5" {}

  notify_master       = ["/etc/director/notify_action.sh", "MASTER"]
  notify_backup       = ["/etc/director/notify_action.sh", "BACKUP"]
  notify_fault        = ["/etc/director/notify_action.sh", "FAULT"]
  notify_stop         = ["/etc/director/notify_action.sh", "STOP"]
  garp_master_delay   = 1
  garp_master_refresh = 5

  track_interface "eth0" {}
  track_interface "eth1" {}
}
