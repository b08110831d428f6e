bfd_instance "a" {
  neighbor_ip = "10.0.0.9"
  min_rx      = 50 # ERROR: needs a unit: 50 seconds or "50ms"?
  min_tx      = "11s" # WARNING: The interval is very long for BFD
  idle_tx     = "10ms" # ERROR: must be 1s to
}
bfd_instance "b" {
  neighbor_ip = "10.0.0.9" # ERROR: Two bfd_instances have the same neighbour
  source_ip   = "2001:db8::1" # ERROR: Families differ
  ttl         = 64
  max_hops    = 65 # ERROR: ttl is 64; 255 accepts every TTL
}
bfd_instance "a-name-of-more-than-thirty-one-bytes" { # ERROR: must have at most 31 bytes
  neighbour_ip = "10.0.0.8" # ERROR: did you mean "neighbor_ip"?
  hoplimit     = 5 # ERROR: did you mean "ttl"?
  vrrp         = true # ERROR: left out: whoever tracks it gets its events
}
bfd_instance "c" { # ERROR: Missing argument "neighbor_ip"
  multiplier = 0 # ERROR: must be 1 to 255
}
bfd_instance "d" {
  neighbor_ip = "224.0.0.1" # ERROR: must be the address of a host
}
