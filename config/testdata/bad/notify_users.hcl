vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  notify_master_user = "nobody" # ERROR: notify_master_user does not fit here: there is no notify_master
  notify_backup      = "notify.sh backup; true" # ERROR: write ["/bin/sh", "-c", "notify.sh backup; true"]
  notify_backup_user = "nobody"
  notify             = ["/bin/true"]
  notify_user        = ":nogroup" # ERROR: the user must not be empty
  notify_unknown     = "/bin/true" # ERROR: Unknown argument "notify_unknown"
  virtual_ipaddress "10.0.0.1/24" {}
}
