vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  auth_hmac {
    active_key  = 3 # ERROR: There is no key 3
    time_window = 301 # ERROR: must be 1s to 5m
    key "1" { value = "geheim-but-short" } # ERROR: needs 32 to 64 bytes, not 16
    key "2" { value = "hex:geheim0123456789" } # ERROR: needs pairs of hexadecimal digits
    key "2" { value = "geheim-0123456789abcdef0123456789" } # ERROR: Key listed twice
  }
  virtual_ipaddress "10.0.0.1/24" {}
}
vrrp_instance "VI_2" {
  interface         = "eth0"
  virtual_router_id = 52
  version           = 2
  auth_hmac { # ERROR: auth_hmac and authentication exclude each other
    active_key = 1
    key "1" { value = "file:no-such-file" } # ERROR: no-such-file: no such file or directory
    key "256" { value = "geheim-0123456789abcdef0123456789" } # ERROR: must be a number, 1 to 255
    key "7" { valeu = "geheim-0123456789abcdef0123456789" } # ERROR: did you mean "value"?
  }
  authentication {
    auth_type = "PASS"
    auth_pass = "geheim"
  }
  virtual_ipaddress "10.0.0.2/24" {}
}
