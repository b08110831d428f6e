package bfd_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"director/bfd"
)

func TestValidate(t *testing.T) {
	for _, c := range []struct {
		want   string // empty: nothing is wrong
		change func(*bfd.Config)
	}{
		{"", func(*bfd.Config) {}},
		{"", func(c *bfd.Config) { c.Source = netip.Addr{} }},
		{"", func(c *bfd.Config) { c.Neighbor, c.Source = netip.MustParseAddr("fe80::1%eth0"), netip.Addr{} }},
		{"no address of a neighbor", func(c *bfd.Config) { c.Neighbor = netip.Addr{} }},
		{"no address of a neighbor", func(c *bfd.Config) { c.Neighbor = netip.MustParseAddr("224.0.0.1") }},
		{"no address of a neighbor", func(c *bfd.Config) { c.Neighbor = netip.MustParseAddr("::ffff:192.0.2.1") }},
		{"its interface is missing", func(c *bfd.Config) { c.Neighbor, c.Source = netip.MustParseAddr("fe80::1"), netip.Addr{} }},
		{"does not fit", func(c *bfd.Config) { c.Source = netip.MustParseAddr("2001:db8::1") }},
		{"does not fit", func(c *bfd.Config) { c.Source = c.Neighbor }},
		{"min_rx", func(c *bfd.Config) { c.MinRx = time.Microsecond }},
		{"min_tx", func(c *bfd.Config) { c.MinTx = 2 * time.Hour }},
		{"idle_tx", func(c *bfd.Config) { c.IdleTx = 999 * time.Millisecond }},
		{"multiplier", func(c *bfd.Config) { c.Multiplier = 0 }},
	} {
		cfg := config()
		c.change(&cfg)
		err := cfg.Validate()
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
	twice := []bfd.Config{config(), config()}
	err := bfd.New(nil, nil, nil).Configure(twice)
	if err == nil || !strings.Contains(err.Error(), "is there twice") || !strings.Contains(err.Error(), "the neighbor and the source of") {
		t.Errorf("%v", err)
	}
}
