vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  auth_hmac {
    active_key = 1
    key "1" { value = "file:../secret.key" } # ERROR: The key has the wrong length # WARNING: Others can read the file of the key
    key "2" { value = 5 } # ERROR: Wrong type for "value"
  }
  virtual_ipaddress "10.0.0.1/24" {}
}
# geheim-in-a-file is the key
locals { x = nonsense } # ERROR: Unknown variable
