package config

import (
	"net/netip"

	"director/ipvs"

	"github.com/hashicorp/hcl/v2"
)

// servers builds the real servers of a service.
func (b *builder) servers(n *node, vs *VirtualServer) {
	nodes := n.all("real_server")
	if n.lacks("real_server") {
		b.fail(n.header, "Missing real_server", "a service needs at least one")
	}
	taken := make(map[ipvs.ServerKey]*node, len(nodes))
	vs.Servers = make([]RealServer, 0, len(nodes))
	for _, r := range nodes {
		rs, target, ok := b.server(r, n, &vs.Service)
		if !ok {
			continue
		}
		if first := taken[rs.Server.ServerKey]; first != nil {
			b.fail(r.labelRange, "Real server listed twice", "%s", already(r, first))
			continue
		}
		taken[rs.Server.ServerKey] = r
		rs.Checks = b.checks(r, n, target)
		b.require(r, n, &rs)
		vs.Servers = append(vs.Servers, rs)
	}
}

// server builds one real server. target is where its checks go by default.
func (b *builder) server(r, vs *node, s *ipvs.Service) (rs RealServer, target netip.AddrPort, ok bool) {
	ap, f := readAddrPort(r.label)
	if f != nil {
		b.fail(r.labelRange, "Invalid address of a real_server", "%s", f.hint)
		return rs, ap, false
	}
	scope := []*node{r, vs}
	rs = RealServer{Name: r.label, Inhibit: nearestOf(scope, "inhibit_on_failure", false)}
	rs.Server = ipvs.Server{
		Weight: uint32(nearestOf(scope, "weight", int64(1))),
		Upper:  uint32(nearestOf(scope, "uthreshold", int64(0))),
		Lower:  uint32(nearestOf(scope, "lthreshold", int64(0))),
	}
	if rs.Server.Lower > rs.Server.Upper && rs.Server.Upper > 0 {
		at := vs.at("lthreshold")
		if r.has("lthreshold") || r.has("uthreshold") {
			at = r.at("lthreshold")
		}
		b.fail(at, "lthreshold is above uthreshold", "uthreshold is %d", rs.Server.Upper)
	}
	b.forwarding([]origin{{r, ""}, {vs, ""}}, &rs.Server)
	target = ap
	if ap.Port() == 0 {
		target = netip.AddrPortFrom(ap.Addr(), s.Address.Port())
	}
	rs.Server.Address = b.serverAddress(r.labelRange, "The port counts for checks only", ap, s, rs.Server.Forward)
	return rs, target, b.serverFamily(r.labelRange, ap.Addr(), s, rs.Server.Forward)
}

// serverAddress is the address in the kernel: DR and TUN change no port. use is
// what is said where another one is given.
func (b *builder) serverAddress(at hcl.Range, use string, ap netip.AddrPort, s *ipvs.Service, f ipvs.Forward) netip.AddrPort {
	port := s.Address.Port()
	if f != ipvs.DR && f != ipvs.TUN {
		if ap.Port() != 0 {
			port = ap.Port()
		}
		return netip.AddrPortFrom(ap.Addr(), port)
	}
	if ap.Port() != 0 && ap.Port() != port && s.FWMark == 0 && s.Family != 0 {
		b.warn(at, use, "%s changes no port: clients get %d", f, port)
	}
	return netip.AddrPortFrom(ap.Addr(), port)
}

// serverFamily reports a server of the other family; only a tunnel can carry
// that.
func (b *builder) serverFamily(at hcl.Range, a netip.Addr, s *ipvs.Service, f ipvs.Forward) bool {
	if s.Family == 0 || ipvsFamily(a) == s.Family || f == ipvs.TUN {
		return true
	}
	b.fail(at, "Families differ", "the service is %s; only lb_kind = \"TUN\" may differ", familyName(s.Family))
	return false
}
