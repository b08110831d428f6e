package config

import (
	"bytes"
	"encoding/gob"
	"net/netip"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"director/checkers"
	"director/internal/netif"
	"director/internal/script"
	"director/ipvs"
	"director/vrrp"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// opts compare values that hold addresses and patterns.
var opts = cmp.Options{
	cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
	cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b }),
	cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }),
	cmp.Comparer(func(a, b *regexp.Regexp) bool { return a.String() == b.String() }),
	cmpopts.EquateEmpty(),
}

// load loads a file without mistakes.
func load(t *testing.T, file, node string) *Config {
	t.Helper()
	cfg, _, diags := Load(Options{Paths: []string{file}, Node: node})
	if len(diags) > 0 {
		t.Fatalf("%s:\n%s", file, diags)
	}
	return cfg
}

func TestGoodFilesLoadForEveryNode(t *testing.T) {
	files, err := filepath.Glob("testdata/good/*.hcl")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		for _, node := range []string{"lvs1", "lvs2"} {
			load(t, file, node)
		}
	}
}

func TestTheTourMeansWhatItSays(t *testing.T) {
	cfg := load(t, "testdata/good/tour.hcl", "lvs2")
	addr, ap := netip.MustParseAddr, netip.MustParseAddrPort
	check := checkers.Spec{
		Kind: checkers.HTTPGet, ConnectTimeout: time.Second, DelayLoop: 3 * time.Second, Retry: 3,
		DelayBeforeRetry: time.Second, Warmup: 3 * time.Second,
		HTTP: &checkers.HTTP{Protocol: "1.0", URLs: []checkers.URL{{Path: "/", Status: []checkers.StatusRange{{First: 200, Last: 200}}}}},
	}
	web := func(a string) RealServer {
		c := check
		c.Target = ap(a)
		return RealServer{Name: a, Checks: []checkers.Spec{c},
			Server: ipvs.Server{ServerKey: ipvs.ServerKey{Address: ap(a)}, Forward: ipvs.DR, Weight: 1}}
	}
	want := &Config{
		Global: Global{RouterID: "lvs2", Scripts: script.Policy{Security: true}, Firewall: netif.Firewall{Priority: -1}},
		Instances: []Instance{{
			VRRP: vrrp.Config{
				Name: "VI_1", Interface: "eth0", Family: vrrp.IPv4, Version: 3, VRID: 51, Priority: 100,
				AdvertInt: 100 * time.Millisecond, DownTimerAdverts: 3, Source: addr("10.1.0.3"), UnicastTTL: 255,
				Peers:     []vrrp.Peer{{Addr: addr("10.1.0.2"), MaxTTL: 255}},
				Addresses: []netip.Addr{addr("10.1.0.93")},
			},
			Addresses: []netif.Address{{
				Key:   netif.Key{Interface: "eth0", Prefix: netip.MustParsePrefix("10.1.0.93/16")},
				Label: "eth0:0",
			}},
			Announce: netif.Schedule{Repeat: 5, Delay: 5 * time.Second, RefreshRepeat: 1, LowerPrioRepeat: 5, LowerPrioDelay: 5 * time.Second},
		}},
		Services: []VirtualServer{{
			Name: "web", Instance: "VI_1", Quorum: 1, Place: "testdata/good/tour.hcl:22",
			Service: ipvs.Service{Key: ipvs.Key{Family: ipvs.INET, Protocol: ipvs.TCP, Address: ap("10.1.0.93:80")},
				Scheduler: "wlc", Timeout: 5 * time.Minute},
			Servers: []RealServer{web("10.1.0.69:80"), web("10.1.0.71:80")},
			Sorry:   &ipvs.Server{ServerKey: ipvs.ServerKey{Address: ap("127.0.0.1:80")}, Forward: ipvs.DR, Weight: 1},
		}, {
			Name: "marked", Instance: "VI_1", Quorum: 1, Place: "testdata/good/tour.hcl:47",
			Service: ipvs.Service{Key: ipvs.Key{Family: ipvs.INET, FWMark: 3}, Scheduler: "rr"},
			Servers: []RealServer{{
				Name:   "10.1.0.80:8080",
				Server: ipvs.Server{ServerKey: ipvs.ServerKey{Address: ap("10.1.0.80:8080")}, Forward: ipvs.NAT, Weight: 1},
				Checks: []checkers.Spec{{Kind: checkers.TCPCheck, Target: ap("10.1.0.80:8080"), ConnectTimeout: 3 * time.Second,
					DelayLoop: 60 * time.Second, Retry: 1, DelayBeforeRetry: time.Second, Warmup: 60 * time.Second}},
			}},
		}},
	}
	if diff := cmp.Diff(want, cfg, opts); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestTheNearestSettingWins(t *testing.T) {
	cfg := load(t, "testdata/good/harder.hcl", "lvs1")
	got := map[string][]any{}
	for _, vs := range cfg.Services {
		for _, rs := range vs.Servers {
			got[rs.Name] = []any{rs.Server.Weight}
			for _, c := range rs.Checks {
				got[rs.Name] = append(got[rs.Name], c.DelayLoop)
			}
		}
	}
	want := map[string][]any{
		"10.2.0.11": {uint32(2), time.Minute}, "10.2.0.12": {uint32(2), time.Minute}, "10.2.0.13": {uint32(1), time.Minute},
		"10.2.0.21:53": {uint32(10), time.Minute}, "10.2.0.22:53": {uint32(20), 500 * time.Millisecond, 2 * time.Second},
		"[2001:db8:60::21]:443": {uint32(1)},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if n := len(cfg.Instances); n != 3 {
		t.Fatalf("%d instances, want 3", n)
	}
	for _, inst := range cfg.Instances[1:] {
		if inst.VRRP.AuthPassword != "s3cr3t" || len(inst.VRRP.Addresses) != 3 || inst.VRRP.Version != 2 {
			t.Errorf("instance %s is not as written", inst.VRRP.Name)
		}
	}
}

func TestSourceGivesTheSameConfigurationAgain(t *testing.T) {
	t.Setenv("DIRECTOR_TEST_ROUTER", "r1")
	t.Setenv("DIRECTOR_VAR_vrid", "77")
	dir := t.TempDir()
	write(t, dir, "a.hcl", `
		global { router_id = env.DIRECTOR_TEST_ROUTER }
		variable "vrid" { type = number }
		vrrp_instance "V" {
		  interface         = "eth0"
		  virtual_router_id = var.vrid
		  version           = 2
		  authentication {
		    auth_type = "PASS"
		    auth_pass = try(file("absent"), file("pass"))
		  }
		  virtual_ipaddress "10.0.0.1/24" {}
		}`)
	write(t, dir, "pass", "first")
	cfg, src, diags := Load(Options{Paths: []string{dir}, Node: "n1"})
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(src); err != nil {
		t.Fatal(err)
	}
	// The world changes; the source does not.
	write(t, dir, "pass", "second")
	write(t, dir, "absent", "no longer")
	write(t, dir, "a.hcl", "nonsense")
	t.Setenv("DIRECTOR_TEST_ROUTER", "r2")
	t.Setenv("DIRECTOR_VAR_vrid", "78")
	var stored Source
	if err := gob.NewDecoder(&b).Decode(&stored); err != nil {
		t.Fatal(err)
	}
	again, diags := stored.Load()
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	if diff := cmp.Diff(cfg, again, opts); diff != "" {
		t.Errorf("-first +again:\n%s", diff)
	}
	if again.Global.RouterID != "r1" || again.Instances[0].VRRP.VRID != 77 || again.Instances[0].VRRP.AuthPassword != "first" {
		t.Errorf("not what was there at first: %+v", again.Global)
	}
}
