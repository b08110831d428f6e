vrrp_instance "VI_1" {
  interface = "eth0
  # ERROR(-1): Unterminated string
}
