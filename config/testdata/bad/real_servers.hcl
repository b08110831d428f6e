virtual_server "web" {
  address = "10.0.0.1:80"
  real_server "10.0.0.11:80" {}
  real_server "10.0.0.11:80" {} # ERROR: Real server listed twice: already at line 3
  real_server "10.0.0.11" {} # ERROR: Real server listed twice: already at line 3
  real_server "10.0.0.12:99999" {} # ERROR: the port must be a number
  real_server "[2001:db8::1]:80" {} # ERROR: Families differ: the service is IPv4
  real_server "10.0.0.13:80" { weight = 65536 } # ERROR: must be 0 to 65535
  real_server "10.0.0.14:80" {
    uthreshold = 10
    lthreshold = 20 # ERROR: lthreshold is above uthreshold
  }
}
virtual_server "empty" { # ERROR: Missing real_server
  address = "10.0.0.1:81"
}
