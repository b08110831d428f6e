vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  priority = var.prio # ERROR: Unknown variable "prio": there is no such variable
  advert_int = local.int # ERROR: Unknown local "int"
  nopreempt = foo # ERROR: Unknown variable
  version = nofunc(3) # ERROR: Call to unknown function
  state = env.DIRECTOR_TEST_NOT_SET # ERROR: Environment variable not set: DIRECTOR_TEST_NOT_SET
  preempt_delay = { lvs2 = 3 }[hostname] # ERROR: No value for hostname "lvs1"
  virtual_ipaddress "10.0.0.1/24" {}
}
