virtual_server "web" {
  address = "10.0.0.1:80"
  HTTP_GET {
    http_protocol = 1.0 # ERROR: not a number
    url { path = "/" }
  }
  real_server "10.0.0.11:80" {}
}
