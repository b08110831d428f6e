vrrp_instance VI_1 {
  interface eth0 # ERROR: Invalid block definition
}
