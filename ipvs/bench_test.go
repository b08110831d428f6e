package ipvs_test

import (
	"fmt"
	"net/netip"
	"testing"

	"director/ipvs"
)

// large is a table of services with servers each, all of weight w.
func large(services, servers int, w uint32) []ipvs.Service {
	var all []ipvs.Service
	for i := range services {
		vip := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)}), 80)
		s := ipvs.Service{Key: ipvs.Key{Family: ipvs.INET, Protocol: ipvs.TCP, Address: vip}, Scheduler: "wlc"}
		for j := range servers {
			addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 2, byte(j >> 8), byte(j)}), 80)
			s.Servers = append(s.Servers, ipvs.Server{ServerKey: ipvs.ServerKey{Address: addr}, Forward: ipvs.DR, Weight: w})
		}
		all = append(all, s)
	}
	return all
}

func BenchmarkDiff(b *testing.B) {
	for _, size := range []struct{ services, servers int }{{1, 10000}, {1000, 10}} {
		have, want := large(size.services, size.servers, 1), large(size.services, size.servers, 2)
		for name, pair := range map[string][2][]ipvs.Service{
			"equal": {have, have}, "every weight": {have, want}, "from nothing": {nil, want}, "to nothing": {have, nil},
		} {
			b.Run(fmt.Sprintf("%dx%d/%s", size.services, size.servers, name), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					ipvs.Diff(pair[0], pair[1])
				}
			})
		}
	}
}
