virtual_server "web" {
  address = "10.0.0.1:80"
  lvs_sched = "rr" # ERROR: did you mean "lb_algo"?
  lvs_method = "DR" # ERROR: did you mean "lb_kind"?
  nb_get_retry = 3 # ERROR: did you mean "retry"?
  real_server "10.0.0.11:80" {}
}

global_defs {} # ERROR: the block is called "global"
router_id = "a" # ERROR: it stands in the block "global"
