vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  virtual_ipaddress "10.0.0.1/24" {}
}
virtual_server "a" {
  address       = "10.0.0.1:80"
  vrrp_instance = "VI_2" # ERROR: Unknown vrrp_instance "VI_2": did you mean "VI_1"?
  real_server "10.0.0.11:80" {}
}
virtual_server "b" {
  address       = "10.0.0.1:81"
  program       = "always" # ERROR: then nothing is bound
  vrrp_instance = "VI_1"
  real_server "10.0.0.11:80" {}
}
virtual_server "c" {
  address = "10.0.9.1:80" # WARNING: The service is always programmed
  real_server "10.0.0.11:80" {}
}
virtual_server "d" {
  address         = "10.0.0.1:82"
  vrrp_sync_group = "G1" # ERROR: Unknown vrrp_sync_group "G1": no vrrp_sync_group has that name
  real_server "10.0.0.11:80" {}
}
