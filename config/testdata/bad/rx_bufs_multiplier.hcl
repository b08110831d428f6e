global {
  vrrp_rx_bufs_multiplier = 0 # ERROR: must be 1 to 1000, not 0
}
global_defs { # ERROR: the block is called "global"
}
