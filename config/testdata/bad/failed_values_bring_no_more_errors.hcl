locals {
  servers = nonsense # ERROR: Unknown variable
  vips    = local.absent # ERROR: Unknown local "absent"
}
vrrp_instance "VI_1" {
  interface         = local.servers
  virtual_router_id = local.vips
  dynamic "virtual_ipaddress" {
    for_each = local.vips
    labels   = [virtual_ipaddress.value]
    content {}
  }
}
virtual_server "web" {
  address = "10.0.0.1:80"
  quorum  = 2
  dynamic "real_server" {
    for_each = local.servers
    labels   = [real_server.value]
    content { weight = real_server.value }
  }
}
virtual_server "other" {
  address = "10.0.0.1:81"
  quorum  = 2
  dynamic "real_server" {
    for_each = 5 # ERROR: Invalid dynamic for_each value
    labels   = [real_server.value]
    content {}
  }
}
