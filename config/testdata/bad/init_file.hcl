track_file "load" {
  file = "/run/load"
  init_file { value = 300 } # WARNING: The number is beyond any priority
  init_file {} # ERROR: A second block "init_file"
}
track_file "other" {
  file      = "/run/other"
  init_file = true # ERROR: "init_file" is a block
}
