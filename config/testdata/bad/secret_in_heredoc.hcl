vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  version = 2
  authentication {
    auth_type = "PASS"
    # ERROR(+1): must be a single line
    auth_pass = <<EOT
geheim
geheim2
EOT
  }
  virtual_ipaddress "10.0.0.1/24" {}
}
