package integration

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"director/integration/lab"
)

// sent is what is to be seen of a router's adverts.
type sent struct {
	lines  []string
	source string // of IPv6 without it: the link-local address
	to     string
	mac    string // empty: the rival's
	ttl    uint8
	// version and sum say how the message is made, addresses what it carries.
	version   uint8
	sum       string
	addresses []string // nil: that of the router
}

const (
	group4, mac4 = "224.0.0.18", "01:00:5e:00:00:12"
	group6, mac6 = "ff02::12", "33:33:00:00:00:12"
)

// six gives a router an IPv6 address.
func six(n int) string { return fmt.Sprintf("virtual_ipaddress \"fe80::5:%d/64\" {}", n) }

var sentPlainly = []sent{
	{lines: []string{`virtual_ipaddress "10.99.1.77/24" {}`, `virtual_ipaddress "10.99.2.9/32" {}`, `virtual_ipaddress "10.99.1.200/24" {}`},
		source: me, to: group4, mac: mac4, ttl: 255, version: 3, sum: "pseudo-header", addresses: []string{"10.99.1.77", "10.99.2.9", "10.99.1.200"}},
	{lines: []string{"version = 2"}, source: me, to: group4, mac: mac4, ttl: 255, version: 2, sum: "message"},
	{lines: []string{`mcast_src_ip = "10.99.0.3"`}, source: "10.99.0.3", to: group4, mac: mac4, ttl: 255, version: 3, sum: "pseudo-header"},
	{lines: []string{`mcast_dst_ip = "224.0.0.100"`}, source: me, to: "224.0.0.100", mac: "01:00:5e:00:00:64", ttl: 255, version: 3, sum: "pseudo-header"},
	{lines: fromPeer(""), source: me, to: rivalAddress, ttl: 255, version: 3, sum: "pseudo-header"},
	{lines: fromPeer("", "unicast_ttl = 42"), source: me, to: rivalAddress, ttl: 42, version: 3, sum: "pseudo-header"},
	{lines: fromPeer("", "old_unicast_checksum = true"), source: me, to: rivalAddress, ttl: 255, version: 3, sum: "old"},
	{lines: []string{"v3_checksum_as_v2 = true"}, source: me, to: group4, mac: mac4, ttl: 255, version: 3, sum: "message"},
	{lines: []string{`v3_checksum_as_v2 = "either"`}, source: me, to: group4, mac: mac4, ttl: 255, version: 3, sum: "pseudo-header"},
	{lines: []string{"no_virtual_ipaddress = true # virtual_ipaddress"}, source: me, to: group4, mac: mac4, ttl: 255, version: 3, sum: "pseudo-header", addresses: []string{}},
	{lines: []string{six(1)}, to: group6, mac: mac6, ttl: 255, version: 3, sum: "pseudo-header", addresses: []string{"fe80::5:1"}},
	{lines: []string{six(2), `mcast_dst_ip = "ff02::99"`}, to: "ff02::99", mac: "33:33:00:00:00:99", ttl: 255, version: 3, sum: "pseudo-header", addresses: []string{"fe80::5:2"}},
	{lines: []string{six(3), `unicast_src_ip = "fd99::2"`, `unicast_peer "fd99::9" {}`}, source: "fd99::2", to: "fd99::9", ttl: 255, version: 3,
		sum: "pseudo-header", addresses: []string{"fe80::5:3"}},
	{lines: []string{six(4), `unicast_src_ip = "fd99::2"`, `unicast_peer "fd99::9" {}`, "unicast_ttl = 43"}, source: "fd99::2", to: "fd99::9", ttl: 43,
		version: 3, sum: "pseudo-header", addresses: []string{"fe80::5:4"}},
}

func testSent(t *testing.T) {
	looksLike(t, "", sentPlainly)
	lab.Claim(t, "adverts on the wire: source (mcast_src_ip, unicast_src_ip), destination (mcast_dst_ip, peer), TTL (unicast_ttl), class 0xc0, identification, order of addresses, checksums (v3_checksum_as_v2, old_unicast_checksum), none with no_virtual_ipaddress")
}

func testSentByDefault(t *testing.T) {
	looksLike(t, "global {\n  vrrp_version = 2\n  vrrp_mcast_group4 = \"224.0.0.101\"\n  vrrp_mcast_group6 = \"ff02::101\"\n}\n", []sent{
		{source: me, to: "224.0.0.101", mac: "01:00:5e:00:00:65", ttl: 255, version: 2, sum: "message"},
		{lines: []string{"version = 3", `mcast_dst_ip = "224.0.0.18"`}, source: me, to: group4, mac: mac4, ttl: 255, version: 3, sum: "pseudo-header"},
		{lines: []string{six(5)}, to: "ff02::101", mac: "33:33:00:00:01:01", ttl: 255, version: 3, sum: "pseudo-header", addresses: []string{"fe80::5:5"}},
	})
	lab.Claim(t, "vrrp_version, vrrp_mcast_group4 and vrrp_mcast_group6 are the defaults of every instance; IPv6 has version 3")
}

// looksLike runs routers that own their addresses and reads their adverts.
func looksLike(t *testing.T, global string, all []sent) {
	r := newRig(t, "10.99.0.2/24", "10.99.0.3/24", "fd99::2/64")
	link, err := r.rival.Links().LinkByName("eth0")
	if err != nil {
		t.Fatal(err)
	}
	conf := global
	for n, s := range all {
		conf += numbered(n+1, append(s.lines, "priority = 255")...)
	}
	r.start(conf)
	for n, s := range all {
		if s.source == "" {
			s.source = r.LinkLocal("eth0").String()
		}
		if s.mac == "" {
			s.mac = link.Attrs().HardwareAddr.String()
		}
		if s.addresses == nil {
			s.addresses = []string{vip(n + 1).String()}
		}
		p := r.advert(n + 1)
		got := fmt.Sprintf("%s > %s, to %s, TTL %d, class %#x, version %d, checksum over %s, addresses %v",
			p.Source, p.Destination, p.ToMAC, p.TTL, p.Class, p.Payload[0]>>4, sumOver(p), carried(p))
		want := fmt.Sprintf("%s > %s, to %s, TTL %d, class 0xc0, version %d, checksum over %s, addresses %v",
			s.source, s.to, s.mac, s.ttl, s.version, s.sum, s.addresses)
		if got != want {
			t.Errorf("%q:\n%s, want\n%s", s.lines, got, want)
		}
		if p.Source.Is4() {
			r.inTurn(t, n+1)
		}
	}
}

// inTurn looks at what the headers of successive adverts must have.
func (r *rig) inTurn(t *testing.T, vrid int) {
	t.Helper()
	r.lab.Eventually(room+2e9, "it advertises again", func() bool { return len(r.adverts(vrid, r.advert(vrid).At)) > 1 })
	two := r.adverts(vrid, r.advert(vrid).At)
	if two[0].ID == 0 || two[1].ID != two[0].ID+1 || two[0].Fragment != 0 {
		t.Errorf("VRID %d: identification %d and %d, flags %#x", vrid, two[0].ID, two[1].ID, two[0].Fragment)
	}
}

// carried are the addresses in an advert.
func carried(p lab.Packet) []string {
	list := []string{}
	size := len(p.Source.AsSlice())
	for rest := p.Payload[8:]; len(list) < int(p.Payload[3]); rest = rest[size:] {
		a, _ := netip.AddrFromSlice(rest[:size])
		list = append(list, a.String())
	}
	return list
}

// sumOver tells over what the checksum of an advert is right.
func sumOver(p lab.Packet) string {
	pseudo := func(to netip.Addr) []byte {
		b := slices.Concat(p.Source.AsSlice(), to.AsSlice())
		if p.Source.Is4() {
			return binary.BigEndian.AppendUint16(append(b, 0, lab.VRRP), uint16(len(p.Payload)))
		}
		return append(binary.BigEndian.AppendUint32(b, uint32(len(p.Payload))), 0, 0, 0, lab.VRRP)
	}
	switch {
	case internetChecksum(slices.Concat(pseudo(p.Destination), p.Payload)) == 0:
		return "pseudo-header"
	case internetChecksum(p.Payload) == 0:
		return "message"
	case p.Source.Is4() && internetChecksum(slices.Concat(pseudo(addr(group4)), p.Payload)) == 0:
		return "old"
	}
	return "nothing"
}
