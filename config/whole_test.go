package config

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"director/bfd"
	"director/internal/netif"
	"director/internal/notify"
	"director/internal/script"
	"director/internal/track"
	"director/vrrp"

	"github.com/google/go-cmp/cmp"
)

// built loads a text without mistakes; files it names are relative to testdata.
func built(t *testing.T, text string) *Config {
	t.Helper()
	cfg, diags := loaded(t, text, "testdata")
	if len(diags) > 0 {
		t.Fatalf("%s\nof:\n%s", diags, text)
	}
	return cfg
}

// loaded loads a text with a directory for its files.
func loaded(t *testing.T, text, base string) (*Config, Diagnostics) {
	t.Helper()
	base, err := filepath.Abs(base)
	if err != nil {
		t.Fatal(err)
	}
	s := source(text)
	s.Base, s.Sealed = base, false
	return s.Load()
}

// same compares what was built with what must be.
func same(t *testing.T, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got, opts); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// oneInstance is a text with an instance of VRID 51 on eth0 at 10.0.0.1/24.
func oneInstance(body string) string { return instanceText("VI_1", 51, "10.0.0.1/24", body) }

// otherInstance is one more.
func otherInstance(body string) string { return instanceText("VI_2", 52, "10.0.0.2/24", body) }

func instanceText(name string, vrid int, address, body string) string {
	text := "vrrp_instance \"NAME\" {\n interface = \"eth0\"\n virtual_router_id = VRID\n virtual_ipaddress \"ADDRESS\" {}\n"
	r := strings.NewReplacer("NAME", name, "VRID", string(rune('0'+vrid/10))+string(rune('0'+vrid%10)), "ADDRESS", address)
	return r.Replace(text) + body + "\n}\n"
}

func TestTheWholeMeansWhatItSays(t *testing.T) {
	cfg := load(t, "testdata/good/whole.hcl", "lvs1")
	addr, prefix := netip.MustParseAddr, netip.MustParsePrefix
	bird, core := track.ID{Kind: track.Process, Name: "bird"}, track.ID{Kind: track.BFD, Name: "core"}
	tracks := []track.Use{{ID: bird}, {ID: core}, {ID: track.ID{Kind: track.Interface, Name: "eth2"}}}
	announce := netif.Schedule{Repeat: 5, Delay: 5 * time.Second, RefreshRepeat: 1, LowerPrioRepeat: 5, LowerPrioDelay: 5 * time.Second}
	key := make([]byte, 32)
	for i := range key {
		key[i] = byte(i)
	}
	hop := func(a string) netif.NextHop { return netif.NextHop{Via: addr(a), Weight: 1} }
	want := &Config{
		Global: Global{
			RouterID: "lvs1", Scripts: script.Policy{Security: true}, Firewall: netif.Firewall{Priority: -1},
			FIFOs:          notify.FIFOs{All: notify.FIFO{Path: "/run/director/events", User: "nagios", Group: "nagios"}},
			AnnounceGroups: []netif.AnnounceGroup{{Interfaces: []string{"eth0", "eth1"}}},
		},
		Groups: []SyncGroup{{Name: "EDGE", Members: []string{"WAN", "LAN"},
			Notify: notify.Scripts{Master: script.Command{Args: []string{"/usr/local/bin/edge", "up"}, User: "nagios"}}}},
		Static: Static{
			Addresses: []netif.Address{{Key: netif.Key{Interface: "eth2", Prefix: prefix("192.168.50.2/24")}, Broadcast: addr("192.168.50.255")}},
			Routes:    []netif.Route{{Dest: prefix("10.99.0.0/16"), Via: addr("192.168.50.1"), Metrics: netif.RouteMetrics{MTU: 1400, Lock: 1 << 2}}},
			Rules: []netif.Rule{{Family: 4, From: prefix("192.168.50.0/24"), Table: 100, Preference: 1000,
				SuppressPrefixLength: -1, SuppressIfGroup: -1}},
		},
		Files: []track.FileSpec{{Name: "load", Path: "/run/director-load", Init: true}},
		Processes: []track.ProcessSpec{{Name: "bird", Command: "bird", Params: []string{"-c", "/etc/bird.conf"}, Match: track.MatchInitial,
			FullCommand: true, Quorum: 1, QuorumMax: -1}},
		Sessions: []bfd.Config{
			{Name: "ns2", Neighbor: addr("10.2.0.22"), MinRx: 10 * time.Millisecond, MinTx: 10 * time.Millisecond, IdleTx: time.Second, Multiplier: 5, TTL: 255},
			{Name: "core", Neighbor: addr("198.51.100.1"), MinRx: 20 * time.Millisecond, MinTx: 10 * time.Millisecond, IdleTx: time.Second, Multiplier: 5, TTL: 255},
		},
		Instances: []Instance{{
			VRRP: vrrp.Config{Name: "WAN", Interface: "eth0", Family: vrrp.IPv4, Version: 3, VRID: 60, Priority: 150, AdvertInt: time.Second,
				DownTimerAdverts: 3, UnicastTTL: 255, Addresses: []netip.Addr{addr("198.51.100.10")}, Grouped: true,
				HMAC: vrrp.HMACConfig{Keys: []vrrp.HMACKey{{ID: 1, Key: key}}, Active: 1, Window: 5 * time.Second}},
			Addresses: []netif.Address{{Key: netif.Key{Interface: "wan0", Prefix: prefix("198.51.100.10/24")}},
				{Key: netif.Key{Interface: "wan0", Prefix: prefix("2001:db8:60::10/64")}}},
			Announce: announce, Group: "EDGE", Tracks: tracks, XmitBase: true,
			Link: netif.VirtualLink{Name: "wan0", Parent: "eth0", MAC: "00:00:5e:00:01:3c", IPv4: true, IPv6: true},
			Routes: []netif.Route{
				{Dest: prefix("0.0.0.0/0"), Table: 100, NextHops: []netif.NextHop{hop("198.51.100.1"), hop("198.51.100.2")}},
				{Dest: prefix("192.0.2.0/24"), Type: "blackhole"},
			},
			Rules: []netif.Rule{{Family: 4, From: prefix("198.51.100.10/32"), Table: 100, Preference: 2000, SuppressPrefixLength: -1, SuppressIfGroup: -1}},
		}, {
			VRRP: vrrp.Config{Name: "LAN", Interface: "eth1", Family: vrrp.IPv4, Version: 2, VRID: 61, Priority: 150, AdvertInt: time.Second,
				DownTimerAdverts: 3, UnicastTTL: 255, Auth: vrrp.AuthPass, AuthPassword: "s3cr3t", Addresses: []netip.Addr{addr("10.2.0.1")}, Grouped: true},
			Addresses: []netif.Address{{Key: netif.Key{Interface: "eth1", Prefix: prefix("10.2.0.1/24")}}},
			Announce:  announce, Group: "EDGE", Tracks: tracks,
		}},
	}
	bound := map[string]string{}
	for _, vs := range cfg.Services {
		bound[vs.Name] = vs.Instance
	}
	same(t, map[string]string{"shops": "WAN", "dns": "LAN", "marked": "WAN"}, bound)
	cfg.Services = nil
	same(t, want, cfg)
}

func TestKeyFiles(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "text", "0123456789abcdef0123456789abcdef\n")
	write(t, dir, "digits", "hex:"+strings.Repeat("ff", 64)+"\n")
	text := oneInstance(`
  auth_hmac {
    active_key  = 2
    anti_replay = "monotonic"
    mode        = "receive-only"
    time_window = 30
    key "1" { value = "file:text" }
    key "2" { value = "file:` + filepath.Join(dir, "digits") + `" }
    key "255" { value = "0123456789abcdef 123456789abcdef" }
  }`)
	cfg, diags := loaded(t, text, dir)
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	same(t, vrrp.HMACConfig{
		Keys: []vrrp.HMACKey{{ID: 1, Key: []byte("0123456789abcdef0123456789abcdef")}, {ID: 2, Key: []byte(strings.Repeat("\xff", 64))},
			{ID: 255, Key: []byte("0123456789abcdef 123456789abcdef")}},
		Active: 2, Window: 30 * time.Second, Monotonic: true, Mode: vrrp.HMACReceiveOnly,
	}, cfg.Instances[0].VRRP.HMAC)
	if err := os.Chmod(filepath.Join(dir, "text"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, diags := loaded(t, text, dir); len(diags) != 1 || diags[0].Severity != Warning {
		t.Errorf("a key that others can read: %v", diags)
	}
}

func TestWindowOfSlowAdverts(t *testing.T) {
	cfg := built(t, oneInstance(`
  advert_int = 4
  auth_hmac {
    active_key = 1
    key "1" { value = "0123456789abcdef0123456789abcdef" }
  }`))
	same(t, 12*time.Second, cfg.Instances[0].VRRP.HMAC.Window)
}

func TestKeysAndTablesAreKeptInTheSource(t *testing.T) {
	dir := t.TempDir()
	for _, sub := range []string{"names", "names/rt_tables.d"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	write(t, dir, "key", "0123456789abcdef0123456789abcdef")
	write(t, dir, "names/rt_tables", "7 wan\n")
	write(t, dir, "names/rt_tables.d/more.conf", "8 lan\n")
	write(t, dir, "names/rt_tables.d/more.bak", "9 lan\n")
	write(t, dir, "a.hcl", "global { iproute_etc_dir = \"names\" }\n"+oneInstance(`
  auth_hmac {
    active_key = 1
    key "1" { value = "file:key" }
  }
  virtual_routes "10.1.0.0/16" {
    dev   = "eth0"
    table = "wan"
  }
  virtual_routes "10.2.0.0/16" {
    dev   = "eth0"
    table = "lan"
  }`))
	cfg, src, diags := Load(Options{Paths: []string{dir}, Node: "lvs1"})
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	inst := cfg.Instances[0]
	same(t, []uint32{7, 8}, []uint32{inst.Routes[0].Table, inst.Routes[1].Table})
	write(t, dir, "key", "short")
	write(t, dir, "names/rt_tables", "70 wan\n")
	write(t, dir, "names/rt_tables.d/other.conf", "80 lan\n")
	again, diags := src.Load()
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	same(t, cfg, again)
}

func TestWhatAKeyFileHoldsIsNotShown(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "key", "geheim-in-a-file\n")
	cfg, diags := loaded(t, oneInstance(`
  auth_hmac {
    active_key = 1
    key "1" { value = "file:key" }
  }
  # geheim-in-a-file is the key
  accept = "geheim-in-a-file"`), dir)
	if cfg != nil || len(diags) != 2 {
		t.Fatal(diags)
	}
	if text := diags.String(); strings.Contains(text, secretText) || !strings.Contains(text, "needs 32 to 64 bytes, not 16") {
		t.Errorf("says:\n%s", text)
	}
}
