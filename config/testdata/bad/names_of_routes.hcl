vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  virtual_routes "10.9.0.0/16" {
    dev   = "eth0"
    table = "mian" # ERROR: did you mean "main"?
    realms = "1/70000" # ERROR: "70000" is no number of 0 to 65535
    tos   = "0x1ff" # ERROR: "0x1ff" is no number of 0 to 255
  }
  virtual_routes "10.10.0.0/16" {
    dev   = "eth0"
    table = "quite-unknown" # ERROR: write the number, or add it to nowhere/rt_tables
    scope = 256 # ERROR: must be a whole number, 0 to 255, or a name
  }
  virtual_routes "10.11.0.0/16" {
    dev   = "eth0"
    table = "100" # ERROR: write the number without quotes
  }
  virtual_ipaddress "10.0.0.1/24" {}
}
global { iproute_etc_dir = "nowhere" }
