virtual_server "web" {
  address = "10.0.0.1:80"
  real_server "10.0.0.11:80" {}
}
virtual_server "b" {
  address = "10.0.0.1:81"
  dynamic "real_sever" { # ERROR: did you mean "real_server"?
    for_each = []
    content {}
  }
  dynamic "real_server" { # ERROR: Missing labels
    for_each = ["10.0.0.1:80"]
    content {}
  }
  dynamic "real_server" {
    for_each = ["10.0.0.12:80", "10.0.0.12:80"]
    labels   = [real_server.value] # ERROR: Real server listed twice: "10.0.0.12:80" comes twice from one dynamic block
    content { wieght = 1 } # ERROR: did you mean "weight"?
  }
  dynamic "real_server" {
    for_each = 5 # ERROR: Invalid dynamic for_each value
    labels   = [real_server.value]
    content {}
  }
  real_server "10.0.0.11:80" {}
}
dynamic "locals" { # ERROR: "locals" cannot be dynamic
  for_each = [1]
  content {}
}
