package config

import (
	"fmt"
	"net/netip"

	"director/ipvs"

	"github.com/hashicorp/hcl/v2"
)

// origin is one of the places where a forwarding argument may stand: a block,
// and what comes before the argument's name there.
type origin struct {
	n      *node
	prefix string
}

// forwardArgs are what says how a server is reached.
var forwardArgs = []string{"lb_kind", "tun_type", "tun_port", "tun_csum"}

// from returns an argument of the nearest origin, or def, and where its name
// stands.
func from[T any](scope []origin, name string, def T) (T, hcl.Range) {
	for _, o := range scope {
		if v, ok := get[T](o.n, o.prefix+name); ok {
			return v, o.n.values[o.prefix+name].name
		}
	}
	return def, scope[0].n.header
}

// forwarding settles how a server is reached. The nearest of scope wins.
func (b *builder) forwarding(scope []origin, s *ipvs.Server) {
	kind, _ := from(scope, "lb_kind", "NAT")
	s.Forward = map[string]ipvs.Forward{"NAT": ipvs.NAT, "DR": ipvs.DR, "TUN": ipvs.TUN}[kind]
	if s.Forward != ipvs.TUN {
		// What the service says for its other servers is no mistake here.
		for _, name := range forwardArgs[1:] {
			if v, ok := scope[0].n.values[scope[0].prefix+name]; ok {
				b.fail(v.name, scope[0].prefix+name+" does not fit here", `it needs %slb_kind = "TUN"`, scope[0].prefix)
			}
		}
		return
	}
	b.tunnel(scope, s)
}

// tunnel settles the encapsulation of a TUN server.
func (b *builder) tunnel(scope []origin, s *ipvs.Server) {
	kind, kindAt := from(scope, "tun_type", "ipip")
	port, portAt := from(scope, "tun_port", int64(0))
	csum, csumAt := from(scope, "tun_csum", "nocsum")
	s.Tunnel = map[string]ipvs.TunnelType{"ipip": ipvs.IPIP, "gue": ipvs.GUE, "gre": ipvs.GRE}[kind]
	s.TunnelFlags = map[string]ipvs.TunnelFlags{
		"nocsum": ipvs.TunnelNoChecksum, "csum": ipvs.TunnelChecksum, "remcsum": ipvs.TunnelRemoteChecksum,
	}[csum]
	if s.Tunnel == ipvs.GUE {
		s.TunnelPort = uint16(port)
	}
	switch {
	case s.Tunnel == ipvs.GUE && port == 0:
		b.fail(kindAt, "gue needs tun_port", "the UDP port of the tunnel")
	case s.Tunnel != ipvs.GUE && port != 0:
		b.fail(portAt, "tun_port does not fit here", `it needs tun_type = "gue"`)
	case s.Tunnel == ipvs.IPIP && csum != "nocsum":
		b.fail(csumAt, "tun_csum does not fit here", "ipip has no checksums")
	case s.Tunnel == ipvs.GRE && csum == "remcsum":
		b.fail(csumAt, `Invalid value for "tun_csum"`, "gre has no remcsum")
	}
}

// sorry builds the sorry server.
func (b *builder) sorry(n *node, vs *VirtualServer) {
	vs.SorryInhibit = or(n, "sorry_server_inhibit", false)
	if !n.has("sorry_server") {
		for _, name := range append([]string{"inhibit"}, forwardArgs...) {
			if v, ok := n.values["sorry_server_"+name]; ok {
				b.fail(v.name, "sorry_server_"+name+" does not fit here", "there is no sorry_server")
			}
		}
		return
	}
	ap, ok := get[netip.AddrPort](n, "sorry_server")
	if !ok {
		return
	}
	s := &ipvs.Server{Weight: 1}
	b.forwarding([]origin{{n, "sorry_server_"}, {n, ""}}, s)
	s.Address = b.serverAddress(n.at("sorry_server"), "The port has no effect", ap, &vs.Service, s.Forward)
	if b.serverFamily(n.at("sorry_server"), ap.Addr(), &vs.Service, s.Forward) {
		vs.Sorry = s
	}
	for _, r := range vs.Servers {
		if r.Server.ServerKey == s.ServerKey && r.Inhibit != vs.SorryInhibit {
			b.fail(n.at("sorry_server"), fmt.Sprintf("The sorry server is real_server %q", r.Name),
				"then inhibit_on_failure and sorry_server_inhibit must be equal")
		}
	}
}
