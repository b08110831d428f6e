vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  virtual_routes "10.9.0.0/16" {
    dev      = "eth0"
    lock     = ["mtu", "speed"] # ERROR: needs one of "mtu"
    rtt      = 100 # ERROR: needs a unit: 100 seconds or "100ms"?
    hoplimit = 256 # ERROR: must be 1 to 255
    features = ["ecn", "sack"] # ERROR: needs "ecn"
  }
  virtual_routes "10.10.0.0/16" {
    dev  = "eth0"
    lock = ["mtu"] # ERROR: lock needs mtu
    cwnd = 10 # ERROR: write lock = ["cwnd"]
  }
  virtual_ipaddress "10.0.0.1/24" {}
}
