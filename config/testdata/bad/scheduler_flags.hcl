virtual_server "web" {
  address = "10.0.0.1:80"
  lb_algo = "rr"
  sh_port = true # ERROR: it needs lb_algo = "sh"
  mh_fallback = true # ERROR: it needs lb_algo = "mh"
  ops = true # ERROR: it needs protocol = "UDP", or fwmark
  real_server "10.0.0.11:80" {}
}
