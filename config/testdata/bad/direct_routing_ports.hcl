virtual_server "web" {
  address = "10.0.0.1:80"
  lb_kind = "DR"
  real_server "10.0.0.11:80" {}
  real_server "10.0.0.12:8080" {} # WARNING: DR changes no port: clients get 80
  real_server "10.0.0.11:8080" {} # ERROR: Real server listed twice # WARNING: The port counts for checks only
}
