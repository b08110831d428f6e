package vrrp_test

import (
	"maps"
	"net/netip"
	"slices"
	"testing"

	"director/vrrp"
)

// benchAdverts are a version 3 advert with twenty addresses, IPv4 and IPv6, as
// sent and as received, and a version 2 one with an authentication header.
func benchAdverts(tb testing.TB) map[string]*benchAdvert {
	tb.Helper()
	all := map[string]*benchAdvert{}
	for name, change := range map[string]func(*vrrp.Config){
		"v2": receiveV2, "v3 IPv4": func(*vrrp.Config) {}, "v3 IPv6": receiveIPv6,
		"v2 PASS": func(c *vrrp.Config) { c.Version, c.Auth, c.AuthPassword = 2, vrrp.AuthPass, "s3cret" },
	} {
		cfg := receiveConfig()
		change(cfg)
		for len(cfg.Addresses) < 20 {
			cfg.Addresses = append(cfg.Addresses, cfg.Addresses[len(cfg.Addresses)-1].Next())
		}
		a := &benchAdvert{cfg: cfg}
		_, a.src, a.dst = fuzzFamily(cfg.Family == vrrp.IPv6)
		a.packet = vrrp.Packet{Version: cfg.Version, VRID: cfg.VRID, Priority: 150, Interval: cfg.AdvertInt, Auth: cfg.Auth, Addresses: cfg.Addresses}
		copy(a.packet.AuthData[:], cfg.AuthPassword)
		message, err := a.packet.Append(nil, a.src, a.dst, cfg.Checksum)
		if err != nil {
			tb.Fatal(err)
		}
		a.rx = &vrrp.Received{Payload: message, Protocol: vrrp.ProtocolVRRP, TTL: 255, Src: a.src, Dst: a.dst}
		all[name] = a
	}
	return all
}

type benchAdvert struct {
	cfg      *vrrp.Config
	packet   vrrp.Packet
	src, dst netip.Addr
	rx       *vrrp.Received
}

// operations are what happens to each advert, ready to be repeated.
func (a *benchAdvert) operations(tb testing.TB) map[string]func() {
	buf := make([]byte, 0, 512)
	var decoded vrrp.Packet
	r := vrrp.NewReceiver(a.cfg)
	return map[string]func(){
		"encode": func() {
			if _, err := a.packet.Append(buf, a.src, a.dst, a.cfg.Checksum); err != nil {
				tb.Fatal(err)
			}
		},
		"decode": func() {
			if drop := decoded.Decode(a.rx.Payload, a.cfg.Family); drop != vrrp.Accepted {
				tb.Fatal(drop)
			}
		},
		"receive": func() {
			if _, drop := r.Check(a.rx); drop != vrrp.Accepted {
				tb.Fatal(drop)
			}
		},
	}
}

func TestCodecAllocatesNothing(t *testing.T) {
	for name, a := range benchAdverts(t) {
		for what, f := range a.operations(t) {
			f() // capacity, and what there is to note
			if n := testing.AllocsPerRun(100, f); n != 0 {
				t.Errorf("%s %s: %v allocations", name, what, n)
			}
		}
	}
}

func TestAHAllocatesNothing(t *testing.T) {
	key, message, buf := vrrp.NewAHKey("s3cret"), make([]byte, 20), make([]byte, 0, 100)
	sequence := uint32(0)
	if n := testing.AllocsPerRun(100, func() {
		sequence++
		key.AppendAH(buf, message, vrrp.AHFields{Src: receiveSrc, Dst: vrrp.GroupIPv4, ID: 1, Sequence: sequence})
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkCodec(b *testing.B) {
	adverts := benchAdverts(b)
	for _, name := range slices.Sorted(maps.Keys(adverts)) {
		operations := adverts[name].operations(b)
		for _, what := range slices.Sorted(maps.Keys(operations)) {
			b.Run(name+"/"+what, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					operations[what]()
				}
			})
		}
	}
}
