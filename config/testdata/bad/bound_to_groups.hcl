vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  virtual_ipaddress "10.0.0.1/24" {}
}
vrrp_instance "VI_2" {
  interface         = "eth0"
  virtual_router_id = 52
  virtual_ipaddress "10.0.0.2/24" {}
}
vrrp_sync_group "G1" { group = ["VI_1", "VI_2"] }
virtual_server "a" {
  address         = "10.0.0.1:80"
  vrrp_instance   = "VI_1"
  vrrp_sync_group = "G1" # ERROR: vrrp_sync_group and vrrp_instance exclude each other
  real_server "10.0.0.11:80" {}
}
virtual_server "b" {
  fwmark          = 1
  program         = "always" # ERROR: program = "always" and vrrp_sync_group exclude each other
  vrrp_sync_group = "G1"
  real_server "10.0.0.11:80" {}
}
virtual_server "c" {
  fwmark          = 2
  vrrp_sync_group = "G2" # ERROR: Unknown vrrp_sync_group "G2": did you mean "G1"?
  real_server "10.0.0.11:80" {}
}
vrrp_instance "VI_3" {
  interface         = "eth0"
  virtual_router_id = 53
  virtual_ipaddress "10.0.0.3/24" {}
}
virtual_server "d" {
  address         = "10.0.0.3:80"
  vrrp_sync_group = "G1" # WARNING: vrrp_instance "VI_3" has it, and is not in "G1"
  real_server "10.0.0.11:80" {}
}
