global {
  notify_fifo_user   = "nobody" # ERROR: there is no notify_fifo
  notify_fifo_script = "/bin/cat" # ERROR: there is no notify_fifo
}
