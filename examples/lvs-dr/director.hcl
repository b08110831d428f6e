# Two directors, two web servers, one virtual address, LVS direct routing.
#
# Both directors run this same file:
#
#   director run -c director.hcl -i lvs1     on the first
#   director run -c director.hcl -i lvs2     on the second
#
# Without -i the node's name is the first label of its host name.

# Who holds the virtual address: the living director of the highest priority.
vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  advert_int        = "1s"

  # The one thing that differs between the nodes.
  priority = { lvs1 = 150, lvs2 = 100 }[hostname]

  # On eth0 of the master, and in its adverts.
  virtual_ipaddress "10.99.0.100/24" {}
}

# What clients reach at that address. The service is in the kernel only while
# VI_1 is MASTER here, because VI_1 holds its address.
virtual_server "web" {
  address = "10.99.0.100:80"
  lb_algo = "wlc" # fewest connections, by weight
  lb_kind = "DR"  # the web servers answer the clients themselves

  # Checked on every director, master or not, so that a backup knows already.
  delay_loop         = 1
  connect_timeout    = 1
  retry              = 1 # one more try, then it is out
  delay_before_retry = "500ms"

  HTTP_GET {
    url {
      path        = "/"
      status_code = 200
    }
  }

  # A web server has the virtual address too, on lo, and does not answer ARP
  # for it.
  real_server "10.99.0.11:80" {}
  real_server "10.99.0.12:80" {}
}
