global {
  notify_fifo           = "run/events" # ERROR: needs an absolute path
  vrrp_notify_fifo      = "/run/vrrp"
  lvs_notify_fifo       = "/run/../run/vrrp" # ERROR: Two FIFOs have the same path
  lvs_notify_fifo_json  = "true" # ERROR: needs true or false, without quotes
  script_user           = "a:b:c" # ERROR: the group must not contain
}
