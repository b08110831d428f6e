# VAR: pass=geheim
variable "pass" { default = "geheim2" }
vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  version = 2
  authentication {
    auth_type = "PASS"
    auth_pass = tostring(parseint(var.pass, 10)) # ERROR: Invalid function argument: (the reason is not shown: it may hold a secret)
  }
  virtual_ipaddress "10.0.0.1/24" {}
}
