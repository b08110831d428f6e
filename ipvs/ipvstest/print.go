package ipvstest

import (
	"cmp"
	"slices"
	"strings"

	"director/ipvs"
)

// String prints the table as "ipvsadm -Sn" does, in a stable order.
func (k *Kernel) String() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	services := slices.Clone(k.services)
	slices.SortFunc(services, func(a, b *ipvs.Service) int { return compareKeys(a.Key, b.Key) })
	var b strings.Builder
	for _, s := range services {
		b.WriteString(ipvs.Op{Kind: ipvs.AddService, Service: *s}.String() + "\n")
		servers := slices.Clone(s.Servers)
		slices.SortFunc(servers, func(a, b ipvs.Server) int { return a.Address.Compare(b.Address) })
		for _, server := range servers {
			b.WriteString(ipvs.Op{Kind: ipvs.AddServer, Service: *s, Server: server}.String() + "\n")
		}
	}
	return b.String()
}

// compareKeys orders by firewall mark, protocol, address and port.
func compareKeys(a, b ipvs.Key) int {
	return cmp.Or(
		cmp.Compare(a.FWMark, b.FWMark),
		cmp.Compare(a.Family, b.Family),
		cmp.Compare(a.Protocol, b.Protocol),
		a.Address.Compare(b.Address),
	)
}
