virtual_server "web" {
  address = "10.0.0.1:80"
  lb_kind = "TUN"
  real_server "10.0.0.11:80" { tun_type = "gue" } # ERROR: gue needs tun_port
  real_server "10.0.0.12:80" { tun_port = 6080 } # ERROR: it needs tun_type = "gue"
  real_server "10.0.0.13:80" { tun_csum = "csum" } # ERROR: ipip has no checksums
  real_server "10.0.0.14:80" {
    tun_type = "gre"
    tun_csum = "remcsum" # ERROR: gre has no remcsum
  }
  real_server "10.0.0.15:80" {
    lb_kind  = "NAT"
    tun_type = "ipip" # ERROR: it needs lb_kind = "TUN"
  }
}
