package vrrp_test

import (
	"encoding/hex"
	"net/netip"
	"slices"
	"testing"

	"director/vrrp"
)

// fuzzFamily turns a fuzzed bool into a family and addresses of it.
func fuzzFamily(six bool) (f vrrp.Family, src, dst netip.Addr) {
	if six {
		return vrrp.IPv6, receiveSrc6, vrrp.GroupIPv6
	}
	return vrrp.IPv4, receiveSrc, vrrp.GroupIPv4
}

// What can be decoded can be encoded, unless the format's limits were broken,
// and decodes to the same again.
func FuzzDecode(f *testing.F) {
	for _, file := range vectorFiles(f) {
		for _, v := range file.Distinct {
			if b, err := hex.DecodeString(v.VRRP); err == nil && v.Kind == "vrrp" {
				f.Add(b, netip.MustParseAddr(v.Dst).Is6())
			}
		}
	}
	f.Fuzz(func(t *testing.T, b []byte, six bool) {
		family, src, dst := fuzzFamily(six)
		var p vrrp.Packet
		switch drop := p.Decode(b, family); drop {
		case vrrp.Accepted:
		case vrrp.DropLength, vrrp.DropVersion, vrrp.DropType:
			return
		default:
			t.Fatalf("Decode does not say %v", drop)
		}
		again, err := p.Append(nil, src, dst, vrrp.ChecksumPseudoHeader)
		if err != nil {
			if p.VRID != 0 && p.Interval != 0 {
				t.Fatal(err)
			}
			return
		}
		if len(again) > len(b) {
			t.Fatalf("%d bytes became %d", len(b), len(again))
		}
		q := vrrp.Packet{}
		if drop := q.Decode(again, family); drop != vrrp.Accepted {
			t.Fatal(drop)
		}
		if !slices.Equal(p.Addresses, q.Addresses) {
			t.Fatalf("addresses %v became %v", p.Addresses, q.Addresses)
		}
		p.Addresses, q.Addresses = nil, nil
		if p.VRID != q.VRID || p.Priority != q.Priority || p.Interval != q.Interval || p.Auth != q.Auth || p.AuthData != q.AuthData {
			t.Fatalf("%+v became %+v", p, q)
		}
	})
}

// No packet makes a receiver panic, or accept what cannot be an advert of its
// router.
func FuzzReceive(f *testing.F) {
	for i, c := range verdictCases(f) {
		for _, frame := range c.Frames[:1] {
			b, err := hex.DecodeString(frame)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(uint8(i), b[14:])
		}
	}
	cases := verdictCases(f)
	f.Fuzz(func(t *testing.T, which uint8, packet []byte) {
		cfg := cases[int(which)%len(cases)].config(t)
		rx, ok := fuzzReceived(packet)
		if !ok {
			return
		}
		r := vrrp.NewReceiver(cfg)
		advert, drop := r.Check(rx)
		if int(drop) >= vrrp.NumDrops {
			t.Fatalf("drop %d", drop)
		}
		if len(r.Notes()) > 3 {
			t.Fatal("too much to say about one advert")
		}
		if drop != vrrp.Accepted {
			return
		}
		if advert.Source != rx.Src || advert.Interval <= 0 || advert.Source == cfg.Source {
			t.Fatalf("accepted: %+v", advert)
		}
		if cfg.Auth == vrrp.AuthAH && r.Sequence() == 0 {
			t.Fatal("accepted without verification")
		}
	})
}

// fuzzReceived makes of an IP packet what a socket would deliver.
func fuzzReceived(ip []byte) (*vrrp.Received, bool) {
	switch {
	case len(ip) >= 20 && ip[0]>>4 == 4 && ip[0]&15 >= 5 && len(ip) >= int(ip[0]&15)*4:
		n := int(ip[0]&15) * 4
		return &vrrp.Received{
			Header: ip[:n], Payload: ip[n:], Protocol: ip[9], TTL: int(ip[8]),
			Src: netip.AddrFrom4([4]byte(ip[12:])), Dst: netip.AddrFrom4([4]byte(ip[16:])),
		}, true
	case len(ip) >= 40 && ip[0]>>4 == 6:
		return &vrrp.Received{
			Payload: ip[40:], Protocol: ip[6], TTL: int(ip[7]),
			Src: netip.AddrFrom16([16]byte(ip[8:])), Dst: netip.AddrFrom16([16]byte(ip[24:])),
		}, true
	}
	return nil, false
}
