global {
  vrrp_rx_bufs_multiplier = 2 # ERROR: there is no vrrp_rx_bufs_policy
}
