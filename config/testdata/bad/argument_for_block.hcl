vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  authentication = "geheim" # ERROR: "authentication" is a block
  virtual_ipaddress "10.0.0.1/24" {}
}
