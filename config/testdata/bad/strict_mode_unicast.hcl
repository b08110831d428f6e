vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  strict_mode       = true
  priority          = 255
  state             = "BACKUP" # ERROR: strict_mode refuses state = "BACKUP" with priority 255
  unicast_src_ip    = "10.0.0.2"
  unicast_peer "10.0.0.3" {} # ERROR: strict_mode refuses unicast_peer
  virtual_ipaddress "10.0.0.1/24" {}
}
