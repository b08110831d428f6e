package ipvs

import "net/netip"

// Large is a table of services with servers each, all of weight w.
func Large(services, servers int, w uint32) []Service {
	var all []Service
	for i := range services {
		vip := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)}), 80)
		s := Service{Key: Key{Family: INET, Protocol: TCP, Address: vip}, Scheduler: "wlc"}
		for j := range servers {
			addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 2, byte(j >> 8), byte(j)}), 80)
			s.Servers = append(s.Servers, Server{ServerKey: ServerKey{addr}, Forward: DR, Weight: w})
		}
		all = append(all, s)
	}
	return all
}
