package vrrp_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"director/vrrp"
)

var (
	codecSrc = netip.MustParseAddr("192.0.2.1")
	codecVIP = netip.MustParseAddr("192.0.2.50")
	codecVI6 = netip.MustParseAddr("fe80::50")
)

// codecPacket is a good version 3 advert.
func codecPacket() vrrp.Packet {
	return vrrp.Packet{Version: 3, VRID: 51, Priority: 100, Interval: time.Second, Addresses: []netip.Addr{codecVIP}}
}

func TestAppendRefusesWhatTheFormatCannotCarry(t *testing.T) {
	cases := []struct {
		name   string
		change func(*vrrp.Packet)
		dst    netip.Addr
		want   string
	}{
		{"a good advert", func(*vrrp.Packet) {}, vrrp.GroupIPv4, ""},
		{"no address", func(p *vrrp.Packet) { p.Addresses = nil }, vrrp.GroupIPv4, ""},
		{"version 4", func(p *vrrp.Packet) { p.Version = 4 }, vrrp.GroupIPv4, "version 4"},
		{"version 2 over IPv6", func(p *vrrp.Packet) { p.Version = 2 }, vrrp.GroupIPv6, "version 2 has no IPv6"},
		{"VRID 0", func(p *vrrp.Packet) { p.VRID = 0 }, vrrp.GroupIPv4, "VRID 0"},
		{"256 addresses", func(p *vrrp.Packet) { p.Addresses = make([]netip.Addr, 256) }, vrrp.GroupIPv4, "256 addresses"},
		{"an IPv6 address over IPv4", func(p *vrrp.Packet) { p.Addresses = []netip.Addr{codecVI6} }, vrrp.GroupIPv4, "not of IPv4"},
		{"no valid address", func(p *vrrp.Packet) { p.Addresses = []netip.Addr{{}} }, vrrp.GroupIPv4, "not of IPv4"},
		{"an IPv4 source for IPv6", func(p *vrrp.Packet) { p.Addresses = nil }, vrrp.GroupIPv6, "source 192.0.2.1 is not of IPv6"},
		{"interval 0", func(p *vrrp.Packet) { p.Interval = 0 }, vrrp.GroupIPv4, "interval 0s"},
		{"interval between centiseconds", func(p *vrrp.Packet) { p.Interval = 15 * time.Millisecond }, vrrp.GroupIPv4, "interval 15ms"},
		{"the longest interval", func(p *vrrp.Packet) { p.Interval = vrrp.MaxInterval }, vrrp.GroupIPv4, ""},
		{"a longer interval", func(p *vrrp.Packet) { p.Interval = 40960 * time.Millisecond }, vrrp.GroupIPv4, "interval 40.96s"},
		{"version 2 between seconds", func(p *vrrp.Packet) { p.Version, p.Interval = 2, 1500*time.Millisecond }, vrrp.GroupIPv4, "interval 1.5s"},
		{"version 2 longer than a byte", func(p *vrrp.Packet) { p.Version, p.Interval = 2, 256*time.Second }, vrrp.GroupIPv4, "interval 4m16s"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p := codecPacket()
			c.change(&p)
			b, err := p.Append([]byte("kept"), codecSrc, c.dst, vrrp.ChecksumPseudoHeader)
			if got := errorText(err); c.want == "" && got != "" || !strings.Contains(got, c.want) {
				t.Errorf("error %q, want %q", got, c.want)
			}
			if !strings.HasPrefix(string(b), "kept") || (err != nil) != (len(b) == 4) {
				t.Errorf("returned %q", b)
			}
		})
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestDecodeDrops(t *testing.T) {
	good, err := (&vrrp.Packet{Version: 3, VRID: 51, Priority: 100, Interval: time.Second,
		Addresses: []netip.Addr{codecVIP, codecVIP}}).Append(nil, codecSrc, vrrp.GroupIPv4, vrrp.ChecksumPseudoHeader)
	if err != nil {
		t.Fatal(err)
	}
	with := func(i int, v byte) []byte {
		b := append([]byte(nil), good...)
		b[i] = v
		return b
	}
	cases := []struct {
		name    string
		message []byte
		family  vrrp.Family
		want    vrrp.Drop
	}{
		{"whole", good, vrrp.IPv4, vrrp.Accepted},
		{"with padding", append(with(0, 0x31), 1, 2, 3), vrrp.IPv4, vrrp.Accepted},
		{"empty", nil, vrrp.IPv4, vrrp.DropLength},
		{"a byte short of a header", good[:7], vrrp.IPv4, vrrp.DropLength},
		{"a byte short of its addresses", good[:len(good)-1], vrrp.IPv4, vrrp.DropLength},
		{"count larger than the list", with(3, 3), vrrp.IPv4, vrrp.DropLength},
		{"IPv4 addresses over IPv6", good, vrrp.IPv6, vrrp.DropLength},
		{"version 2 without its trailer", with(0, 0x21), vrrp.IPv4, vrrp.DropLength},
		{"version 2 over IPv6", with(0, 0x21), vrrp.IPv6, vrrp.DropVersion},
		{"version 1", with(0, 0x11), vrrp.IPv4, vrrp.DropVersion},
		{"version 4", with(0, 0x41), vrrp.IPv4, vrrp.DropVersion},
		{"type 0", with(0, 0x30), vrrp.IPv4, vrrp.DropType},
		{"type 2", with(0, 0x32), vrrp.IPv4, vrrp.DropType},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var p vrrp.Packet
			if got := p.Decode(c.message, c.family); got != c.want {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}

func TestReservedBitsAreIgnored(t *testing.T) {
	p := codecPacket()
	b, err := p.Append(nil, codecSrc, vrrp.GroupIPv4, vrrp.ChecksumPseudoHeader)
	if err != nil {
		t.Fatal(err)
	}
	b[4] |= 0xf0
	if drop := p.Decode(b, vrrp.IPv4); drop != vrrp.Accepted || p.Interval != time.Second {
		t.Errorf("%v, interval %v", drop, p.Interval)
	}
}

func TestDropNames(t *testing.T) {
	seen := map[string]bool{}
	for d := range vrrp.Drop(vrrp.NumDrops) {
		if name := d.String(); name == "" || name == "unknown" || seen[name] {
			t.Errorf("drop %d is named %q", d, name)
		} else {
			seen[name] = true
		}
	}
	if got := vrrp.Drop(vrrp.NumDrops).String(); got != "unknown" {
		t.Error(got)
	}
}
