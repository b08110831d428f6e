package vrrp_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"director/vrrp"
)

var (
	receiveSrc  = netip.MustParseAddr("192.0.2.1")
	receiveOwn  = netip.MustParseAddr("192.0.2.2")
	receiveSrc6 = netip.MustParseAddr("fe80::1")
)

// receiveCase is an advert that is good but for one change, and what a receiver
// that fits it, but for one change, makes of it.
type receiveCase struct {
	name   string
	config func(*vrrp.Config)
	packet func(*vrrp.Packet)
	sum    vrrp.ChecksumMode    // how the sender computes it
	sumDst netip.Addr           // and for which destination, if not for the real one
	change func(*vrrp.Received) // after the checksum
	want   vrrp.Drop
	note   string // part of the first note
}

func (c *receiveCase) run(t *testing.T) {
	cfg := receiveConfig()
	if c.config != nil {
		c.config(cfg)
	}
	r := vrrp.NewReceiver(cfg)
	advert, drop := r.Check(c.received(t, cfg))
	if drop != c.want {
		t.Errorf("%v, want %v", drop, c.want)
	}
	if accepted := drop == vrrp.Accepted; accepted != advert.Source.IsValid() {
		t.Errorf("%v with advert %+v", drop, advert)
	}
	notes := r.Notes()
	if drop != vrrp.Accepted && (len(notes) != 1 || notes[0].Drop != drop) {
		t.Errorf("notes %+v", notes)
	}
	if c.note != "" && !slices.ContainsFunc(notes, func(n vrrp.Note) bool { return strings.Contains(n.Text, c.note) }) {
		t.Errorf("no note says %q: %+v", c.note, notes)
	}
	for _, n := range notes {
		if strings.Contains(n.Text, "s3cret") {
			t.Errorf("a note tells the password: %q", n.Text)
		}
	}
}

// received is the advert of a sender with the receiver's configuration.
func (c *receiveCase) received(t *testing.T, cfg *vrrp.Config) *vrrp.Received {
	t.Helper()
	p := vrrp.Packet{
		Version: cfg.Version, VRID: cfg.VRID, Priority: 150, Interval: cfg.AdvertInt, Auth: cfg.Auth,
		Addresses: slices.Clone(cfg.Addresses),
	}
	if cfg.Auth == vrrp.AuthPass {
		copy(p.AuthData[:], cfg.AuthPassword)
	}
	if c.packet != nil {
		c.packet(&p)
	}
	rx := &vrrp.Received{Protocol: vrrp.ProtocolVRRP, TTL: 255, Src: receiveSrc, Dst: vrrp.GroupIPv4}
	switch {
	case cfg.Family == vrrp.IPv6:
		rx.Src, rx.Dst = receiveSrc6, vrrp.GroupIPv6
	case cfg.Unicast():
		rx.Dst = receiveOwn
	}
	dst := rx.Dst
	if c.sumDst.IsValid() {
		dst = c.sumDst
	}
	var err error
	if rx.Payload, err = p.Append(nil, rx.Src, dst, c.sum); err != nil {
		t.Fatal(err)
	}
	if c.change != nil {
		c.change(rx)
	}
	return rx
}

// receiveConfig is a version 3 backup.
func receiveConfig() *vrrp.Config {
	return &vrrp.Config{
		Name: "test", Interface: "eth0", Family: vrrp.IPv4, Version: 3, VRID: 51, Priority: 100,
		AdvertInt: time.Second, Source: receiveOwn,
		Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.50"), netip.MustParseAddr("192.0.2.51")},
	}
}

func receiveUnicast(c *vrrp.Config) { c.Peers = []vrrp.Peer{{Addr: receiveSrc}} }

func receiveIPv6(c *vrrp.Config) {
	c.Family, c.Source, c.Addresses = vrrp.IPv6, netip.MustParseAddr("fe80::2"), []netip.Addr{codecVI6}
}

func receiveV2(c *vrrp.Config) { c.Version = 2 }

func runReceiveCases(t *testing.T, cases []receiveCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, c.run)
	}
}

func TestReceiverDrops(t *testing.T) {
	cut := func(n int) func(*vrrp.Received) {
		return func(rx *vrrp.Received) { rx.Payload = rx.Payload[:n] }
	}
	runReceiveCases(t, []receiveCase{
		{name: "a good advert is accepted"},
		{name: "IPv6", config: receiveIPv6},
		{name: "version 2", config: receiveV2},
		{name: "padding is tolerated", change: func(rx *vrrp.Received) { rx.Payload = append(rx.Payload, 0, 1, 2) }},
		{name: "nothing", change: cut(0), want: vrrp.DropLength},
		{name: "half a header", change: cut(7), want: vrrp.DropLength},
		{name: "half an address", change: cut(14), want: vrrp.DropLength, note: "14 bytes"},
		{name: "IP header with another length", want: vrrp.DropLength,
			change: func(rx *vrrp.Received) { rx.Header = make([]byte, 20) }},
		{name: "the other family", want: vrrp.DropFamily,
			change: func(rx *vrrp.Received) { rx.Src, rx.Dst = receiveSrc6, vrrp.GroupIPv6 }},
		{name: "another router's", packet: func(p *vrrp.Packet) { p.VRID = 52 }, want: vrrp.DropVRID},
		{name: "TTL 254", change: func(rx *vrrp.Received) { rx.TTL = 254 }, want: vrrp.DropTTL, note: "TTL 254"},
		{name: "TTL unknown", change: func(rx *vrrp.Received) { rx.TTL = -1 }, want: vrrp.DropTTL},
		{name: "version 2 for version 3", packet: func(p *vrrp.Packet) { p.Version = 2 }, want: vrrp.DropVersion, note: "version 2, want 3"},
		{name: "version 3 for version 2", config: receiveV2, packet: func(p *vrrp.Packet) { p.Version = 3 }, want: vrrp.DropVersion},
		{name: "another type", change: func(rx *vrrp.Received) { rx.Payload[0] = 0x32 }, want: vrrp.DropType},
		{name: "a flipped bit", change: func(rx *vrrp.Received) { rx.Payload[9] ^= 4 }, want: vrrp.DropChecksum, note: "wrong checksum"},
		{name: "unicast for multicast", sumDst: receiveOwn,
			change: func(rx *vrrp.Received) { rx.Dst = receiveOwn }, want: vrrp.DropCast},
		{name: "multicast for unicast", config: receiveUnicast, sumDst: vrrp.GroupIPv4,
			change: func(rx *vrrp.Received) { rx.Dst = vrrp.GroupIPv4 }, want: vrrp.DropCast},
		{name: "another group", config: func(c *vrrp.Config) { c.Group = netip.MustParseAddr("224.0.0.19") }, want: vrrp.DropCast},
		{name: "our own source", config: func(c *vrrp.Config) { c.Source = receiveSrc }, want: vrrp.DropOwnSource},
		{name: "no address", packet: func(p *vrrp.Packet) { p.Addresses = nil }, want: vrrp.DropCount},
		{name: "no address where none is configured", config: func(c *vrrp.Config) { c.Addresses = nil }},
		{name: "interval 0 in version 3", want: vrrp.DropInterval,
			change: func(rx *vrrp.Received) { rx.Payload[4], rx.Payload[5] = 0xf0, 0 }},
		{name: "another interval in version 3 is learned", packet: func(p *vrrp.Packet) { p.Interval *= 3 },
			note: "every 3s, ours is 1s"},
		{name: "another interval in version 2", config: receiveV2, packet: func(p *vrrp.Packet) { p.Interval *= 3 },
			want: vrrp.DropInterval, note: "interval 3s, ours is 1s"},
		{name: "other addresses are accepted and noted", note: "addresses [192.0.2.51]",
			packet: func(p *vrrp.Packet) { p.Addresses = p.Addresses[1:] }},
		{name: "authentication type", config: receiveV2, packet: func(p *vrrp.Packet) { p.Auth = vrrp.AuthPass },
			want: vrrp.DropAuthType, note: "type 1, want 0"},
		{name: "authentication data without authentication are ignored", config: receiveV2,
			packet: func(p *vrrp.Packet) { p.AuthData[0] = 1 }},
		{name: "wrong password", want: vrrp.DropAuth,
			config: func(c *vrrp.Config) { c.Version, c.Auth, c.AuthPassword = 2, vrrp.AuthPass, "s3cret" },
			packet: func(p *vrrp.Packet) { copy(p.AuthData[:], "sEcret") }},
		{name: "authentication header not wanted", want: vrrp.DropAH, change: func(rx *vrrp.Received) {
			rx.Protocol, rx.Payload = vrrp.ProtocolAH, append(make([]byte, vrrp.AHLen), rx.Payload...)
		}},
		{name: "authentication header missing", want: vrrp.DropAH, note: "missing",
			config: func(c *vrrp.Config) { c.Version, c.Auth, c.AuthPassword = 2, vrrp.AuthAH, "s3cret" }},
		{name: "authentication header missing before a message shorter than it", want: vrrp.DropAH,
			config: func(c *vrrp.Config) {
				c.Version, c.Auth, c.AuthPassword, c.Addresses = 2, vrrp.AuthAH, "s3cret", c.Addresses[:1]
			}, change: func(rx *vrrp.Received) { rx.Payload = slices.Clip(rx.Payload) }},
		{name: "half an authentication header", want: vrrp.DropLength, change: func(rx *vrrp.Received) {
			rx.Protocol, rx.Payload = vrrp.ProtocolAH, rx.Payload[:10]
		}},
	})
}

func TestReceiverReadsChecksumsInThreeWays(t *testing.T) {
	reading := func(m vrrp.ChecksumMode) func(*vrrp.Config) { return func(c *vrrp.Config) { c.Checksum = m } }
	const with, without, either = vrrp.ChecksumPseudoHeader, vrrp.ChecksumMessageOnly, vrrp.ChecksumEither
	old := func(m vrrp.ChecksumMode) func(*vrrp.Config) {
		return func(c *vrrp.Config) { receiveUnicast(c); c.Checksum = m }
	}
	runReceiveCases(t, []receiveCase{
		{name: "with for with", config: reading(with), sum: with, note: "RFC 5798"},
		{name: "without for with", config: reading(with), sum: without, want: vrrp.DropChecksum, note: "RFC 9568), which the setting does not allow"},
		{name: "with for without", config: reading(without), sum: with, want: vrrp.DropChecksum, note: "RFC 5798), which the setting does not allow"},
		{name: "without for without", config: reading(without), sum: without, note: "RFC 9568"},
		{name: "with for either", config: reading(either), sum: with, note: "RFC 5798"},
		{name: "without for either", config: reading(either), sum: without, note: "RFC 9568"},
		{name: "unicast with for with", config: old(with), sum: with, note: "RFC 5798"},
		{name: "unicast old for with", config: old(with), sumDst: vrrp.GroupIPv4, note: "keepalived up to 1.3.6"},
		{name: "unicast old for either", config: old(either), sumDst: vrrp.GroupIPv4, note: "keepalived up to 1.3.6"},
		{name: "unicast old for without", config: old(without), sumDst: vrrp.GroupIPv4, want: vrrp.DropChecksum},
		{name: "the old way is one of unicast only", sumDst: vrrp.GroupIPv4, want: vrrp.DropChecksum,
			config: func(c *vrrp.Config) { c.Group = netip.MustParseAddr("224.0.0.19") },
			change: func(rx *vrrp.Received) { rx.Dst = netip.MustParseAddr("224.0.0.19") }},
		{name: "IPv6 has one reading", config: func(c *vrrp.Config) { receiveIPv6(c); c.Checksum = without }, sum: without},
		{name: "version 2 has one reading", config: func(c *vrrp.Config) { receiveV2(c); c.Checksum = with }, sum: with},
	})
}

func TestReceiverKnowsItsPeers(t *testing.T) {
	stranger := netip.MustParseAddr("192.0.2.9")
	from := func(src netip.Addr) func(*vrrp.Config) {
		return func(c *vrrp.Config) { c.Peers = []vrrp.Peer{{Addr: src}} }
	}
	strict := func(src netip.Addr) func(*vrrp.Config) {
		return func(c *vrrp.Config) { from(src)(c); c.CheckUnicastSource = true }
	}
	bounds := func(low, high uint8) func(*vrrp.Config) {
		return func(c *vrrp.Config) {
			c.Peers = []vrrp.Peer{{Addr: stranger}, {Addr: receiveSrc, CheckTTL: true, MinTTL: low, MaxTTL: high}}
		}
	}
	ttl := func(n int) func(*vrrp.Received) { return func(rx *vrrp.Received) { rx.TTL = n } }
	runReceiveCases(t, []receiveCase{
		{name: "any source by default", config: from(stranger)},
		{name: "any TTL by default", config: from(receiveSrc), change: ttl(1)},
		{name: "a peer", config: strict(receiveSrc)},
		{name: "a stranger", config: strict(stranger), want: vrrp.DropPeer},
		{name: "a peer with a zone", config: func(c *vrrp.Config) {
			receiveIPv6(c)
			c.Peers = []vrrp.Peer{{Addr: receiveSrc6.WithZone("eth0")}}
			c.CheckUnicastSource = true
		}, sumDst: netip.MustParseAddr("fe80::2"), change: func(rx *vrrp.Received) { rx.Dst = netip.MustParseAddr("fe80::2") }},
		{name: "TTL in bounds", config: bounds(253, 254), change: ttl(253)},
		{name: "TTL too low", config: bounds(253, 254), change: ttl(252), want: vrrp.DropTTL, note: "TTL 252"},
		{name: "TTL too high", config: bounds(253, 254), change: ttl(255), want: vrrp.DropTTL},
		{name: "bounds of one peer make strangers of others", want: vrrp.DropPeer, config: func(c *vrrp.Config) {
			c.Peers = []vrrp.Peer{{Addr: stranger, CheckTTL: true, MaxTTL: 255}}
		}},
	})
}
