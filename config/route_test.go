package config

import (
	"net/netip"
	"testing"
	"time"

	"director/bfd"
	"director/internal/netif"
)

// withNames lets names of routing tables be those of testdata.
const withNames = "global { iproute_etc_dir = \"iproute2\" }\n"

func TestRoutes(t *testing.T) {
	cfg := built(t, withNames+oneInstance(`
  virtual_routes "10.1.0.0/16" {
    via      = "fe80::1"
    dev      = "eth1"
    src      = "10.0.0.1"
    table    = "dmz"
    metric   = 7
    scope    = "link"
    protocol = "static"
    tos      = "0x10"
    realms   = "3/4"
    onlink   = true
    insert   = "append"
    no_track = true
  }
  virtual_routes "default" {
    via           = "2001:db8::1"
    from          = "2001:db8:7::/48"
    table         = "main"
    pref          = "high"
    expires       = "1m"
    ttl_propagate = "disabled"
  }
  virtual_routes "default" {
    src = "10.0.0.1"
    dev = "eth0"
    vrf = "blue"
  }
  virtual_routes "10.2.0.1" {
    type  = "throw"
    table = "lab"
  }`))
	addr, prefix := netip.MustParseAddr, netip.MustParsePrefix
	same(t, []netif.Route{
		{Dest: prefix("10.1.0.0/16"), Via: addr("fe80::1"), Dev: "eth1", Src: addr("10.0.0.1"), Table: 101, Metric: 7, Scope: netif.ScopeLink, HasScope: true,
			Protocol: 4, TOS: 16, Realms: 3<<16 | 4, OnLink: true, Insert: "append", NoTrack: true},
		{Dest: prefix("::/0"), From: prefix("2001:db8:7::/48"), Via: addr("2001:db8::1"), Pref: "high", Expires: time.Minute, TTLPropagate: "disabled"},
		{Dest: prefix("0.0.0.0/0"), Src: addr("10.0.0.1"), Dev: "eth0", VRF: "blue"},
		{Type: "throw", Dest: prefix("10.2.0.1/32"), Table: 102},
	}, cfg.Instances[0].Routes)
}

func TestRouteMetrics(t *testing.T) {
	cfg := built(t, `
static_routes "10.1.0.0/16" {
  mtu                = 1400
  advmss             = 1360
  rtt                = "100ms"
  rttvar             = "20ms"
  rto_min            = "5ms"
  reordering         = 3
  window             = 4
  cwnd               = 5
  ssthresh           = 6
  initcwnd           = 7
  initrwnd           = 8
  hoplimit           = 9
  quickack           = true
  fastopen_no_cookie = true
  features           = "ecn"
  congctl            = "bbr"
  lock               = ["mtu", "cwnd", "congctl"]
}
static_routes "10.2.0.0/16" { dev = "eth7" }`)
	same(t, []netif.Route{{
		Dest: netip.MustParsePrefix("10.1.0.0/16"), Dev: "eth0",
		Metrics: netif.RouteMetrics{MTU: 1400, AdvMSS: 1360, Window: 4, Cwnd: 5, InitCwnd: 7, InitRwnd: 8, SSThresh: 6, Reordering: 3, HopLimit: 9,
			RTT: 100 * time.Millisecond, RTTVar: 20 * time.Millisecond, RTOMin: 5 * time.Millisecond, QuickAck: true, FastOpenNoCookie: true,
			Features: 1, CongCtl: "bbr", Lock: 1<<2 | 1<<7 | 1<<16},
	}, {Dest: netip.MustParsePrefix("10.2.0.0/16"), Dev: "eth7"}}, cfg.Static.Routes)
}

func TestNexthopsAndTunnels(t *testing.T) {
	cfg := built(t, oneInstance(`
  virtual_routes "10.1.0.0/16" {
    nexthop {
      via    = "10.0.0.9"
      dev    = "eth1"
      weight = 256
      onlink = true
      realms = 5
    }
    nexthop {
      dev = "tun0"
      encap "mpls" {
        labels = [100, 200]
        ttl    = 9
      }
    }
  }
  virtual_routes "10.2.0.0/16" {
    dev = "tun0"
    encap "ip" {
      id  = 7
      src = "10.0.0.1"
      dst = "10.0.0.2"
      tos = 16
      ttl = 64
    }
  }
  virtual_routes "10.3.0.0/16" {
    dev = "tun0"
    encap "ip6" {
      dst      = "2001:db8::2"
      tc       = 8
      hoplimit = 33
    }
  }
  virtual_routes "2001:db8:3::/48" {
    dev = "eth1"
    encap "ila" { locator = "1:2:3:4" }
  }`))
	addr, prefix := netip.MustParseAddr, netip.MustParsePrefix
	same(t, []netif.Route{
		{Dest: prefix("10.1.0.0/16"), NextHops: []netif.NextHop{
			{Via: addr("10.0.0.9"), Dev: "eth1", Weight: 256, OnLink: true, Realms: 5},
			{Dev: "tun0", Weight: 1, Encap: netif.Encap{Kind: "mpls", Labels: []uint32{100, 200}, TTL: 9}},
		}},
		{Dest: prefix("10.2.0.0/16"), Dev: "tun0", Encap: netif.Encap{Kind: "ip", ID: 7, Src: addr("10.0.0.1"), Dst: addr("10.0.0.2"), TOS: 16, TTL: 64}},
		{Dest: prefix("10.3.0.0/16"), Dev: "tun0", Encap: netif.Encap{Kind: "ip6", Dst: addr("2001:db8::2"), TOS: 8, TTL: 33}},
		{Dest: prefix("2001:db8:3::/48"), Dev: "eth1", Encap: netif.Encap{Kind: "ila", Locator: "1:2:3:4"}},
	}, cfg.Instances[0].Routes)
}

func TestRules(t *testing.T) {
	cfg := built(t, withNames+oneInstance(`
  virtual_rules {
    from                  = "10.0.0.0/8"
    to                    = "10.9.0.1"
    not                   = true
    tos                   = 8
    fwmark                = "0x1/0xff"
    iif                   = "eth1"
    oif                   = "eth2"
    uidrange              = "1000-1999"
    tunnel_id             = 77
    ipproto               = "tcp"
    sport                 = 80
    dport                 = "8000-8010"
    table                 = "wan"
    preference            = 5
    realms                = "2/1"
    suppress_prefixlength = 0
    suppress_ifgroup      = "default"
    protocol              = "boot"
    no_track              = true
  }
  virtual_rules {
    from       = "::/0"
    goto       = 100
    preference = 6
  }
  virtual_rules {
    fwmark     = 3
    type       = "prohibit"
    preference = 7
  }
  virtual_rules {
    l3mdev     = true
    preference = 8
  }
  virtual_rules {
    iif        = "eth3"
    preference = 0
  }`))
	prefix := netip.MustParsePrefix
	same(t, []netif.Rule{
		{Family: 4, Not: true, From: prefix("10.0.0.0/8"), To: prefix("10.9.0.1/32"), TOS: 8, FWMark: 1, FWMask: 255, HasMark: true, IIF: "eth1", OIF: "eth2",
			UIDLow: 1000, UIDHigh: 1999, HasUID: true, SPortLow: 80, SPortHigh: 80, DPortLow: 8000, DPortHigh: 8010, TunnelID: 77, IPProto: 6,
			Table: 100, Preference: 5, Realms: 2<<16 | 1, Protocol: 3, NoTrack: true},
		{Family: 6, From: prefix("::/0"), Goto: 100, Preference: 6, SuppressPrefixLength: -1, SuppressIfGroup: -1},
		{Family: 4, FWMark: 3, FWMask: 1<<32 - 1, HasMark: true, Type: "prohibit", Preference: 7, SuppressPrefixLength: -1, SuppressIfGroup: -1},
		{Family: 4, L3MDev: true, Preference: 8, SuppressPrefixLength: -1, SuppressIfGroup: -1},
		{Family: 4, IIF: "eth3", Table: 254, SuppressPrefixLength: -1, SuppressIfGroup: -1},
	}, cfg.Instances[0].Rules)
}

func TestRulesWithoutPreference(t *testing.T) {
	rule := func(name, from string) string { return name + " { from = \"" + from + "\" }\n" }
	cfg, diags := loaded(t, oneInstance(rule("virtual_rules", "10.2.0.0/16")+rule("virtual_rules", "2001:db8::/32"))+
		rule("static_rules", "10.1.0.0/16"), ".")
	if len(diags) != 3 || diags.HasErrors() {
		t.Fatal(diags)
	}
	same(t, []uint32{16384, 16383, 16384},
		[]uint32{cfg.Static.Rules[0].Preference, cfg.Instances[0].Rules[0].Preference, cfg.Instances[0].Rules[1].Preference})
}

func TestStaticAddresses(t *testing.T) {
	cfg := built(t, `
static_ipaddress "10.0.1.1/24" {}
static_ipaddress "2001:db8::1" {
  dev      = "eth1"
  dad      = true
  no_track = true
}
static_ipaddress "10.0.1.1/24" { dev = "eth2" }`)
	key := func(dev, a string) netif.Key { return netif.Key{Interface: dev, Prefix: netip.MustParsePrefix(a)} }
	same(t, []netif.Address{
		{Key: key("eth0", "10.0.1.1/24")}, {Key: key("eth1", "2001:db8::1/128"), DAD: true, NoTrack: true, Deprecated: true},
		{Key: key("eth2", "10.0.1.1/24")},
	}, cfg.Static.Addresses)
}

func TestSessions(t *testing.T) {
	cfg := built(t, `
bfd_instance "six" { neighbor_ip = "2001:db8::9" }
bfd_instance "all" {
  neighbor_ip = "10.0.0.9"
  source_ip   = "10.0.0.1"
  min_rx      = "50ms"
  min_tx      = "1500us"
  idle_tx     = "2s"
  multiplier  = 3
  passive     = true
  ttl         = 200
  max_hops    = 200
  multihop    = true
}
bfd_instance "far" {
  neighbor_ip = "10.0.0.8"
  ttl         = 10
  max_hops    = -1
}`)
	addr := netip.MustParseAddr
	same(t, []bfd.Config{
		{Name: "six", Neighbor: addr("2001:db8::9"), MinRx: 10 * time.Millisecond, MinTx: 10 * time.Millisecond, IdleTx: time.Second, Multiplier: 5, TTL: 64},
		{Name: "all", Neighbor: addr("10.0.0.9"), Source: addr("10.0.0.1"), MinRx: 50 * time.Millisecond, MinTx: 1500 * time.Microsecond, IdleTx: 2 * time.Second,
			Multiplier: 3, Passive: true, TTL: 200, MaxHops: 200, Multihop: true},
		{Name: "far", Neighbor: addr("10.0.0.8"), MinRx: 10 * time.Millisecond, MinTx: 10 * time.Millisecond, IdleTx: time.Second, Multiplier: 5, TTL: 10, MaxHops: 255},
	}, cfg.Sessions)
}

func TestKindsOfRoutes(t *testing.T) {
	testKinds(t, []kindTest{
		{tableKind, `100`, number{n: 100}},
		{tableKind, `"wan"`, number{name: "wan"}},
		{tableKind, `0`, "!must be a whole number, 1 to 4294967295"},
		{tableKind, `1.5`, "!must be a whole number"},
		{tableKind, `-1`, "!must be a whole number"},
		{tableKind, `"100"`, "!write the number without quotes"},
		{tableKind, `"0x0"`, "!must be 1 to"},
		{tableKind, `true`, "!type"},
		{octetKind, `"0x1F"`, number{n: 31}},
		{octetKind, `"0x100"`, "!is no number of 0 to 255"},
		{octetKind, `"0xzz"`, "!is no number of 0 to 255"},
		{realmsKind, `"1/cosmos"`, realms{number{n: 1}, number{name: "cosmos"}}},
		{realmsKind, `"cosmos"`, realms{to: number{name: "cosmos"}}},
		{realmsKind, `"1/"`, "!must not be empty"},
		{realmsKind, `8`, realms{to: number{n: 8}}},
		{markKind, `"5"`, mark{5, 1<<32 - 1}},
		{markKind, `"010"`, "!is no number"},
		{markKind, `"1/2"`, "!must cover the mark"},
		{rangeKind("ports", 65535), `"5-5"`, span32{5, 5}},
		{rangeKind("ports", 65535), `"5"`, "!without quotes"},
		{rangeKind("ports", 65535), `"5-"`, "!must go upwards"},
		{networkKind, `"0.0.0.0/0"`, netip.MustParsePrefix("0.0.0.0/0")},
		{networkKind, `"10.0.0.1"`, netip.MustParsePrefix("10.0.0.1/32")},
		{networkKind, `"10.0.0.1/8"`, `!did you mean "10.0.0.0/8"?`},
		{protoKind, `"tcp"`, uint64(6)},
		{protoKind, `0`, "!must be a whole number"},
		{macKind, `"02:00:00:AA:bb:cc"`, "02:00:00:aa:bb:cc"},
		{macKind, `"02:00:00:aa:bb"`, "02:00:00:aa:bb"},
		{macKind, `"2:0:0:a:b:c"`, "!needs six octets"},
		{textSeconds(0.001, 10), `"5ms"`, 5 * time.Millisecond},
		{textSeconds(0.001, 10), `50`, `!needs a unit: 50 seconds or "50ms"?`},
		{textSeconds(0.001, 10), `"11s"`, "!must be 1ms to 10s"},
	})
}
