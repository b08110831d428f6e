package config

import (
	"net/netip"
	"testing"
	"time"

	"director/checkers"

	"github.com/google/go-cmp/cmp"
)

func TestDNSChecks(t *testing.T) {
	cfg := load(t, "testdata/good/dns.hcl", "lvs1")
	ap := netip.MustParseAddrPort
	want := [][]checkers.Spec{{{
		Kind: checkers.DNSCheck, Target: ap("10.2.0.21:53"), ConnectTimeout: 5 * time.Second, DelayLoop: 20 * time.Second,
		Retry: 3, DelayBeforeRetry: 20 * time.Second, Warmup: 20 * time.Second,
		DNS: &checkers.DNS{Type: "NS", Name: "example.net."},
	}}, {{
		Kind: checkers.DNSCheck, Target: ap("10.2.0.22:53"), ConnectTimeout: 5 * time.Second, DelayLoop: 20 * time.Second,
		Retry: 3, DelayBeforeRetry: 250 * time.Millisecond, Warmup: 20 * time.Second,
		DNS: &checkers.DNS{Type: "SOA", Name: "."},
	}, {
		Kind: checkers.DNSCheck, Target: ap("[2001:db8::22]:5353"),
		Bind: netip.MustParseAddr("2001:db8::1"), BindPort: 5300, BindInterface: "eth1", FWMark: 7,
		ConnectTimeout: time.Second, DelayLoop: 2 * time.Second, Retry: 0, DelayBeforeRetry: 3 * time.Second,
		Alpha: true, LogAllFailures: true,
		DNS: &checkers.DNS{Type: "AAAA", Name: "www.example.net."},
	}}}
	var got [][]checkers.Spec
	for _, rs := range cfg.Services[0].Servers {
		got = append(got, rs.Checks)
		for _, s := range rs.Checks {
			if _, err := checkers.New(s, checkers.Env{}); err != nil {
				t.Error(err)
			}
		}
	}
	if diff := cmp.Diff(want, got, opts); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
