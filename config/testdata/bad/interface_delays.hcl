interface_up_down_delays "eth0" {
  down = 3 # WARNING: vrrp_instance "VI_1" bounds it to 1.99609375s
}
interface_up_down_delays "eth0" { # ERROR: interface_up_down_delays "eth0" defined twice
  down = 1
}
interface_up_down_delays "eth1" { # ERROR: Missing argument "down"
  up = 256 # ERROR: must be 0s to 4m15s
}
interface_up_down_delays "averylonginterface" { # ERROR: must have at most 15 bytes
  down = 1
}
vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  virtual_ipaddress "10.0.0.1/24" {}
}
