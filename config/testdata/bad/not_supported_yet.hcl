vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  smtp_alert        = true # ERROR: "smtp_alert" is not supported yet
  virtual_ipaddress "10.0.0.1/24" {}
}

virtual_server_group "shops" { # ERROR: "virtual_server_group" is not supported yet
  address = ["10.0.0.1:80"]
}
global {
  umask = "0177" # ERROR: "umask" is not supported yet
  http { listen = "127.0.0.1:9280" } # ERROR: "http" is not supported yet
}
virtual_server "web" {
  address = "10.0.0.1:80"
  real_server "10.0.0.11:80" {
    notify_up = ["/bin/true"] # ERROR: "notify_up" is not supported yet
  }
}
