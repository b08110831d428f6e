package config

import (
	"fmt"
	"net/netip"
	"time"

	"director/ipvs"
)

// defaultPersistence is keepalived's persistence_timeout.
const defaultPersistence = 360 * time.Second

// buildServices builds all virtual servers and compares them with each other.
func (b *builder) buildServices(nodes []*node) {
	names, taken := map[string]*node{}, map[ipvs.Key]*node{}
	for _, n := range nodes {
		b.unique(n, names)
		vs := b.service(n)
		b.cfg.Services = append(b.cfg.Services, vs)
		if vs.Service.Family == 0 {
			continue
		}
		if first := taken[vs.Service.Key]; first != nil {
			at, other := n.identity(), first.identity()
			b.clash(n.at(at), "Two services are the same to the kernel",
				fmt.Sprintf("%s is already virtual_server %q", vs.Service.Key, first.label), first.at(other), "first here")
			continue
		}
		taken[vs.Service.Key] = n
	}
}

// identity is the argument that says what a virtual server matches.
func (n *node) identity() string {
	if n.has("fwmark") {
		return "fwmark"
	}
	return "address"
}

// service builds one virtual_server.
func (b *builder) service(n *node) VirtualServer {
	vs := VirtualServer{Name: n.label, Place: place(n.header)}
	s := &vs.Service
	b.matches(n, s)
	s.Scheduler = or(n, "lb_algo", "wlc")
	b.flags(n, s)
	b.persistence(n, s)
	b.servers(n, &vs)
	b.sorry(n, &vs)
	b.quorum(n, &vs)
	b.bind(n, &vs)
	return vs
}

// matches settles what the service matches. The family stays 0 where that is
// unknown because of an error.
func (b *builder) matches(n *node, s *ipvs.Service) {
	address, fwmark := n.values["address"], n.values["fwmark"]
	switch {
	case n.has("address") && n.has("fwmark"):
		b.clash(fwmark.name, "address and fwmark exclude each other", "a service matches one of them", address.name, "because of this")
		return
	case !n.has("address") && !n.has("fwmark"):
		if !n.misspelt("address") && !n.misspelt("fwmark") && !n.misspelt("group") {
			b.fail(n.header, "Nothing says what the service matches", "write address or fwmark")
		}
		return
	case n.has("fwmark"):
		b.mark(n, s)
		return
	}
	if n.has("ip_family") {
		b.fail(n.values["ip_family"].name, "ip_family does not fit here", "the address says the family; it is for fwmark")
	}
	ap, ok := get[netip.AddrPort](n, "address")
	if !ok {
		return
	}
	s.Address = ap
	s.Family = ipvsFamily(ap.Addr())
	s.Protocol = map[string]ipvs.Protocol{"": ipvs.TCP, "TCP": ipvs.TCP, "UDP": ipvs.UDP, "SCTP": ipvs.SCTP}[or(n, "protocol", "")]
	if ap.Port() == 0 && !n.has("persistence_timeout") {
		b.fail(n.at("address"), "An address without port needs persistence_timeout", "write the port, or persistence_timeout for all ports")
	}
}

// mark settles a firewall-mark service.
func (b *builder) mark(n *node, s *ipvs.Service) {
	if v, ok := n.values["protocol"]; ok {
		b.fail(v.name, "protocol does not fit here", "a mark stands for all protocols: leave it out")
	}
	mark, ok := get[int64](n, "fwmark")
	if !ok {
		return
	}
	s.FWMark = uint32(mark)
	switch or(n, "ip_family", "") {
	case "inet":
		s.Family = ipvs.INET
	case "inet6":
		s.Family = ipvs.INET6
	default:
		s.Family = ipvs.INET
		for _, r := range n.all("real_server") {
			if ap, f := readAddrPort(r.label); f == nil {
				s.Family = ipvsFamily(ap.Addr())
				break
			}
		}
	}
}

func ipvsFamily(a netip.Addr) ipvs.Family {
	if a.Is4() {
		return ipvs.INET
	}
	return ipvs.INET6
}

func familyName(f ipvs.Family) string {
	if f == ipvs.INET6 {
		return "IPv6"
	}
	return "IPv4"
}

// flags settles the scheduler flags and one-packet scheduling.
func (b *builder) flags(n *node, s *ipvs.Service) {
	for _, f := range []struct {
		name, only string
		flag       ipvs.Flags
	}{
		{"flag_1", "", ipvs.SchedFlag1}, {"flag_2", "", ipvs.SchedFlag2}, {"flag_3", "", ipvs.SchedFlag3},
		{"sh_fallback", "sh", ipvs.SchedFlag1}, {"sh_port", "sh", ipvs.SchedFlag2},
		{"mh_fallback", "mh", ipvs.SchedFlag1}, {"mh_port", "mh", ipvs.SchedFlag2},
	} {
		if !or(n, f.name, false) {
			continue
		}
		if f.only != "" && s.Scheduler != f.only {
			b.fail(n.values[f.name].name, fmt.Sprintf("%s does not fit here", f.name), "it needs lb_algo = %q", f.only)
		}
		s.Flags |= f.flag
	}
	if or(n, "ops", false) {
		s.Flags |= ipvs.OnePacket
		if s.FWMark == 0 && s.Family != 0 && s.Protocol != ipvs.UDP {
			b.fail(n.values["ops"].name, "ops does not fit here", `it needs protocol = "UDP", or fwmark`)
		}
	}
}

// persistence settles how long clients stay with a server.
func (b *builder) persistence(n *node, s *ipvs.Service) {
	s.Timeout = or(n, "persistence_timeout", time.Duration(0))
	on, isBool := get[bool](n, "persistence_timeout")
	if isBool && on {
		s.Timeout = defaultPersistence
	}
	if isBool && !on && s.Address.IsValid() && s.Address.Port() == 0 {
		b.fail(n.at("persistence_timeout"), "An address without port needs persistence_timeout", "needs true or a duration")
	}
	if g, ok := get[granularity](n, "persistence_granularity"); ok {
		s.MaskBits = g.bits
		if s.Timeout == 0 {
			s.Timeout = defaultPersistence
		}
		switch {
		case s.Family == ipvs.INET && g.bits > 32:
			b.fail(n.at("persistence_granularity"), `Invalid value for "persistence_granularity"`, "must be 1 to 32 for IPv4")
		case s.Family == ipvs.INET6 && g.mask:
			b.fail(n.at("persistence_granularity"), `Invalid value for "persistence_granularity"`, "needs a prefix length, 1 to 128, for IPv6")
		}
	}
	s.Engine = or(n, "persistence_engine", "")
	if s.Engine == "" || s.Family == 0 {
		return
	}
	switch name := n.values["persistence_engine"].name; {
	case s.Protocol != ipvs.UDP || s.Address.Port() == 0:
		b.fail(name, "persistence_engine does not fit here", `sip needs protocol = "UDP" and a port`)
	case s.Timeout == 0:
		b.fail(name, "persistence_engine does not fit here", "it needs persistence_timeout")
	}
}

// quorum checks that the quorum can be reached.
func (b *builder) quorum(n *node, vs *VirtualServer) {
	vs.Quorum = uint32(or(n, "quorum", int64(1)))
	vs.Hysteresis = uint32(or(n, "hysteresis", int64(0)))
	if vs.Hysteresis >= vs.Quorum {
		b.fail(n.at("hysteresis"), "hysteresis must be below quorum", "quorum is %d", vs.Quorum)
		return
	}
	sum := uint64(0)
	for _, r := range vs.Servers {
		sum += uint64(r.Server.Weight)
	}
	if len(vs.Servers) < len(n.all("real_server")) || len(vs.Servers) == 0 || n.partial {
		return // the sum is not known
	}
	switch need := uint64(vs.Quorum) + uint64(vs.Hysteresis); {
	case sum == 0 && !n.has("quorum"):
		b.warn(n.header, "No real server takes connections", "all weights are 0")
	case uint64(vs.Quorum) > sum:
		b.fail(n.at("quorum"), "The quorum can never be reached", "all weights together are %d", sum)
	case need > sum:
		b.fail(n.at("hysteresis"), "The quorum can never be reached", "quorum and hysteresis are %d, all weights together %d", need, sum)
	}
}
