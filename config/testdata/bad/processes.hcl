vrrp_track_process "a" {
  process     = "nginx"
  param_match = "initial" # ERROR: There are no parameters to match
}
vrrp_track_process "b" {
  process    = "nginx"
  quorum     = 5 # ERROR: quorum is above quorum_max
  quorum_max = 4
}
vrrp_track_process "c" {
  process = "a-name-of-20-bytes-x" # ERROR: the kernel keeps 15 bytes of it: write full_command = true
  delay   = 3601 # ERROR: must be 0s to 1h
}
vrrp_track_process "d" {
  process     = ["nginx", 5] # ERROR: needs a string, not a number
  param_match = "any" # ERROR: needs one of "exact", "initial", "partial"
}
vrrp_track_process "e" {} # ERROR: Missing argument "process"
