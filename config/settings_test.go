package config

import (
	"net/netip"
	"testing"
	"time"

	"director/internal/netif"
	"director/internal/script"
	"director/vrrp"
)

func TestGlobalSettings(t *testing.T) {
	cfg := built(t, `
global {
  vrrp_startup_delay            = "1500ms"
  vrrp_delay_after_boot         = 20
  log_unknown_vrids             = true
  dynamic_interfaces            = "allow_if_changes"
  disable_local_igmp            = true
  vrrp_netlink_monitor_rcv_bufs = 1048576
  nftables                      = "vips"
  nftables_priority             = -10
  nftables_counters             = true
  nftables_ifindex              = true
  vrrp_garp_interval            = "1ms"
  vrrp_gna_interval             = "2ms"
}
garp_group {
  interfaces    = ["eth0", "eth1"]
  garp_interval = "10ms"
}
garp_group { interfaces = "eth2" }
interface_up_down_delays "eth0" { down = "1500ms" }
interface_up_down_delays "eth9" {
  down = 9
  up   = 0
}
`+oneInstance(""))
	same(t, Global{
		RouterID: "lvs1", Scripts: script.Policy{Security: true},
		StartupDelay: 1500 * time.Millisecond, DelayAfterBoot: 20 * time.Second, LogUnknownVRIDs: true,
		Firewall:         netif.Firewall{Table: "vips", Priority: -10, Counters: true, ByIndex: true},
		DisableLocalIGMP: true, NetlinkBuffer: 1 << 20,
		InterfaceDelays: []InterfaceDelay{{"eth0", 1500 * time.Millisecond, 1500 * time.Millisecond}, {"eth9", 9 * time.Second, 0}},
		AnnounceGroups: []netif.AnnounceGroup{
			{Interfaces: []string{"eth0", "eth1"}, Interval: 10 * time.Millisecond, NAInterval: 2 * time.Millisecond},
			{Interfaces: []string{"eth2"}, Interval: time.Millisecond, NAInterval: 2 * time.Millisecond},
		},
	}, cfg.Global)
}

func TestInstanceSettings(t *testing.T) {
	cfg := built(t, `
global {
  vrrp_owner_ignore_adverts = true
  vrrp_garp_extra_if        = 60
  vrrp_garp_extra_if_all    = true
  vrrp_rx_bufs_policy       = ["MTU", "ADVERT"]
}
`+oneInstance(`
  nopreempt             = true
  timer_expired_backup  = true
  unicast_fault_no_peer = true
  old_unicast_checksum  = "never"
  accept                = false
  promote_secondaries   = true
  garp_extra_if         = 0
  unicast_src_ip        = "10.0.0.5"
  unicast_peer "10.0.0.5" {}`)+otherInstance(`
  nopreempt             = true
  timer_expired_backup  = 100
  owner_ignore_adverts  = false
  kernel_rx_buf_size    = 65536
  garp_extra_if_all     = false
  old_unicast_checksum  = true
  unicast_peer "10.0.0.6" {}`))
	one, two := cfg.Instances[0], cfg.Instances[1]
	same(t, vrrp.Config{
		Name: "VI_1", Interface: "eth0", Family: vrrp.IPv4, Version: 3, VRID: 51, Priority: 100, AdvertInt: time.Second, DownTimerAdverts: 3,
		NoPreempt: true, Source: netip.MustParseAddr("10.0.0.5"), UnicastTTL: 255, Addresses: []netip.Addr{netip.MustParseAddr("10.0.0.1")},
		OwnerIgnoreAdverts: true, TimerExpiredBackup: 254, OldChecksum: vrrp.OldChecksumNever, UnicastFaultNoPeer: true,
		ReceiveBuffer: 3 * (mtuBytes + advertHeader + 4),
	}, one.VRRP)
	if !one.Refuse || !one.PromoteSecondaries || one.Announce.Extra != 0 || !one.Announce.ExtraAll {
		t.Errorf("not as written: %+v", one)
	}
	if two.VRRP.TimerExpiredBackup != 100 || two.VRRP.OwnerIgnoreAdverts || two.VRRP.ReceiveBuffer != 65536 || two.VRRP.OldChecksum != vrrp.OldChecksumAlways ||
		two.Refuse || two.PromoteSecondaries || two.Announce.Extra != time.Minute || two.Announce.ExtraAll {
		t.Errorf("not as written: %+v", two)
	}
}

func TestReceiveBuffers(t *testing.T) {
	for text, want := range map[string]int{
		"":                            0,
		`vrrp_rx_bufs_policy = "MTU"`: 4500,
		`vrrp_rx_bufs_policy = 2000`:  6000,
		"vrrp_rx_bufs_policy = 2000\nvrrp_rx_bufs_multiplier = 1": 2000,
	} {
		cfg := built(t, "global {\n"+text+"\n}\n"+oneInstance(""))
		if got := cfg.Instances[0].VRRP.ReceiveBuffer; got != want {
			t.Errorf("%s: %d, want %d", text, got, want)
		}
	}
}

func TestStrictMode(t *testing.T) {
	cfg := built(t, "global { vrrp_strict = true }\n"+oneInstance("")+otherInstance("  strict_mode = false")+
		instanceText("VI_3", 53, "10.0.0.3/24", "  priority = 255")+
		instanceText("VI_4", 54, "10.0.0.4/24", "  accept = true")+
		instanceText("VI_5", 55, "10.0.0.5/24", "  owner_ignore_adverts = false"))
	type effect struct {
		refuse, ignore, noAdvert bool
		repeat                   int
		delay                    time.Duration
	}
	var got []effect
	for _, inst := range cfg.Instances {
		c := inst.VRRP
		got = append(got, effect{inst.Refuse, c.OwnerIgnoreAdverts, c.LowerPrioNoAdvert, inst.Announce.LowerPrioRepeat, inst.Announce.LowerPrioDelay})
	}
	same(t, true, got[0] == effect{true, true, true, 0, 0})
	same(t, true, got[1] == effect{false, false, false, 5, 5 * time.Second})
	same(t, true, got[2] == effect{false, true, true, 0, 0})
	same(t, true, got[3] == effect{false, true, true, 0, 0})
	same(t, true, got[4] == effect{true, false, true, 0, 0})
}

func TestInstanceWithoutInterface(t *testing.T) {
	cfg := built(t, `
vrrp_instance "V" {
  virtual_router_id = 51
  vrf               = "blue"
  unicast_src_ip    = "10.0.0.2"
  unicast_peer "10.0.0.3" {}
  virtual_ipaddress "10.0.0.1/24" { dev = "eth1" }
}`)
	c := cfg.Instances[0].VRRP
	if c.Interface != "" || c.VRF != "blue" || cfg.Instances[0].Addresses[0].Interface != "eth1" {
		t.Errorf("not as written: %+v", cfg.Instances[0])
	}
}

func TestInstanceWithoutAddress(t *testing.T) {
	for text, want := range map[string]vrrp.Family{
		"":                          vrrp.IPv4,
		`mcast_src_ip = "fe80::1"`:  vrrp.IPv6,
		`mcast_dst_ip = "ff02::99"`: vrrp.IPv6,
		`unicast_peer "fe80::2" {}`: vrrp.IPv6,
		`virtual_ipaddress_excluded "2001:db8::1/64" {}`: vrrp.IPv6,
	} {
		cfg := built(t, "vrrp_instance \"V\" {\ninterface = \"eth0\"\nvirtual_router_id = 1\nno_virtual_ipaddress = true\n"+text+"\n}")
		if c := cfg.Instances[0].VRRP; c.Family != want || len(c.Addresses) != 0 {
			t.Errorf("%s: %s", text, c.Family)
		}
	}
}

func TestUnicastInstancesShareAVRID(t *testing.T) {
	unicast := func(name, address string, peers ...string) string {
		body := "  unicast_src_ip = \"10.0.0.200\"\n"
		for _, p := range peers {
			body += "  unicast_peer \"" + p + "\" {}\n"
		}
		return instanceText(name, 51, address, body)
	}
	cfg := built(t, unicast("A", "10.0.0.1/24", "10.0.0.12", "10.0.0.9")+unicast("B", "10.0.0.2/24", "10.0.0.11")+
		instanceText("C", 51, "10.0.0.3/24", "")+instanceText("D", 52, "10.0.0.4/24", "  unicast_src_ip = \"10.0.0.200\"\n  unicast_peer \"10.0.0.9\" {}"))
	var got []string
	for _, inst := range cfg.Instances {
		got = append(got, inst.VRRP.Share)
	}
	same(t, []string{"10.0.0.9", "10.0.0.11", "", ""}, got)
}

func TestServicesOfSyncGroups(t *testing.T) {
	service := func(name, body string) string {
		return "virtual_server \"" + name + "\" {\n" + body + "\n real_server \"10.0.0.11:80\" {}\n}\n"
	}
	group := "vrrp_sync_group \"G\" { group = [\"VI_1\", \"VI_2\"] }\n"
	cfg := built(t, oneInstance("")+otherInstance("")+group+
		service("address", "address = \"10.0.0.2:80\"\nvrrp_sync_group = \"G\"")+
		service("elsewhere", "address = \"10.0.9.9:80\"\nvrrp_sync_group = \"G\"")+
		service("mark", "fwmark = 1")+
		service("always", "fwmark = 2\nprogram = \"always\""))
	got := map[string]string{}
	for _, vs := range cfg.Services {
		got[vs.Name] = vs.Instance
	}
	same(t, map[string]string{"address": "VI_2", "elsewhere": "VI_1", "mark": "VI_1", "always": ""}, got)
	_, diags := loaded(t, oneInstance("")+otherInstance("")+instanceText("VI_3", 53, "10.0.0.3/24", "")+group+service("mark", "fwmark = 1"), ".")
	if len(diags) != 1 || diags[0].Summary != "It is not clear when to program the service" {
		t.Errorf("a mark with an instance outside the group: %v", diags)
	}
}
