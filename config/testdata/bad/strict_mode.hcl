global {
  vrrp_strict             = true
  vrrp_down_timer_adverts = 4 # ERROR: strict_mode refuses down_timer_adverts
}
vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  state                   = "MASTER" # ERROR: strict_mode refuses state = "MASTER" below priority 255
  priority                = 100
  higher_prio_send_advert = true # ERROR: strict_mode refuses higher_prio_send_advert
  lower_prio_no_advert    = false # ERROR: leave it out: it is on
  garp_lower_prio_repeat  = 3 # ERROR: strict_mode refuses garp_lower_prio_repeat
  garp_lower_prio_delay   = 3 # ERROR: strict_mode refuses garp_lower_prio_delay
  vmac_xmit_base          = true # ERROR: strict_mode refuses vmac_xmit_base
  use_vmac { mac = "02:00:00:00:00:01" } # ERROR: strict_mode refuses a MAC address of one's own
  virtual_ipaddress "10.0.0.1/24" {}
}
