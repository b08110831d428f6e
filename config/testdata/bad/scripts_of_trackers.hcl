vrrp_script "a" { # ERROR: Missing argument "script"
  interval = 0 # ERROR: must be 1ms or more, not 0s
  rise     = 0 # ERROR: must be 1 or more, not 0
}
vrrp_script "b" {
  script  = "/usr/bin/test -e /x && exit 1" # ERROR: write ["/bin/sh", "-c", "/usr/bin/test -e /x && exit 1"]
  timeout = "0s" # ERROR: must be 1ms or more
  user    = "nobody:" # ERROR: set_supplementary_groups = true
}
vrrp_script "c" {
  script = "</dev/tcp/127.0.0.1/80" # ERROR: write ["/bin/bash", "-c", "</dev/tcp/127.0.0.1/80"]
  user   = "nobody nogroup" # ERROR: write "user:group"
}
vrrp_script "d" {
  script = "/bin/echo 'a b' c" # ERROR: write ["/bin/echo", "a b", "c"]
}
vrrp_script "e" {
  script = ["bin/true"] # ERROR: the program needs an absolute path
}
vrrp_script "f" {
  script = ["/bin/true", 5] # ERROR: write numbers in quotes
}
vrrp_script "g" {
  script = [] # ERROR: must name a program
}
vrrp_script "h" {
  script = true # ERROR: needs a list such as
}
vrrp_script "h" { # ERROR: vrrp_script "h" defined twice
  script = "/bin/true"
}
vrrp_script "i" {
  script = "echo $HOME" # ERROR: no shell reads it
}
