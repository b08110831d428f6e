# dual-master-fwmark.conf carried over, without its virtual server, too.
global {
  router_id = { a = "node1.zhejian.com", b = "node2.zhejian.com" }[hostname]

  vrrp_version           = 2
  vrrp_mcast_group4      = "224.0.100.67"
  script_user            = "root"
  enable_script_security = false
}

locals {
  routers = {
    VIR_1 = { vrid = 44, password = "f1bf7fde", address = "172.16.0.80/16", label = "eth0:0", master = "a" }
    VIR_2 = { vrid = 45, password = "f2bf7ade", address = "172.16.0.90/16", label = "eth0:1", master = "b" }
  }
}

dynamic "vrrp_instance" {
  for_each = local.routers
  labels   = [vrrp_instance.key]
  content {
    state             = vrrp_instance.value.master == hostname ? "MASTER" : "BACKUP"
    interface         = "eth0"
    virtual_router_id = vrrp_instance.value.vrid
    priority          = vrrp_instance.value.master == hostname ? 100 : 98
    advert_int        = 1
    authentication {
      auth_type = "PASS"
      auth_pass = vrrp_instance.value.password
    }
    dynamic "virtual_ipaddress" {
      for_each = [vrrp_instance.value.address]
      labels   = [virtual_ipaddress.value]
      content {
        dev   = "eth0"
        label = vrrp_instance.value.label
      }
    }
    track_interface "eth0" {}
    notify_master = ["/etc/director/notify.sh", "master"]
    notify_backup = ["/etc/director/notify.sh", "backup"]
    notify_fault  = ["/etc/director/notify.sh", "fault"]
  }
}
