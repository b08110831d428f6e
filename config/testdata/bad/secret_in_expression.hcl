locals { pass = { lvs2 = "geheim" } }
vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  version = 2
  authentication {
    auth_type = "PASS"
    auth_pass = local.pass[hostname] # ERROR: No value for hostname "lvs1"
  }
  priority = local.pass # ERROR: not an object
  virtual_ipaddress "10.0.0.1/24" {}
}
