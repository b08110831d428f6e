package integration

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"director/integration/lab"
)

// A wire is how two routers talk: what both have to be told alike.
type wire struct {
	name     string
	version  int
	ipv6     bool
	unicast  bool
	interval time.Duration
}

// wires are all that keepalived 2.2.7 can do: version 2 knows whole seconds and
// no IPv6.
var wires = []wire{
	{"version 2, IPv4, multicast", 2, false, false, time.Second},
	{"version 2, IPv4, unicast", 2, false, true, time.Second},
	{"version 3, IPv4, multicast", 3, false, false, 100 * time.Millisecond},
	{"version 3, IPv4, unicast", 3, false, true, 100 * time.Millisecond},
	{"version 3, IPv6, multicast", 3, true, false, 100 * time.Millisecond},
	{"version 3, IPv6, unicast", 3, true, true, 100 * time.Millisecond},
}

// vips are the virtual addresses; the first of IPv6 is link-local (RFC 9568
// section 5.2.9).
func (w wire) vips() []netip.Prefix {
	if w.ipv6 {
		return []netip.Prefix{netip.MustParsePrefix("fe80::5:1/64"), netip.MustParsePrefix("fd99::100/64")}
	}
	return []netip.Prefix{netip.MustParsePrefix("10.99.0.100/24")}
}

// down is the master-down interval of a backup with a priority.
func (w wire) down(priority int) time.Duration { return 3*w.interval + w.skew(priority) }

// skew follows RFC 9568 section 6.1, and RFC 3768 for version 2, where it is a
// fraction of a second whatever the interval.
func (w wire) skew(priority int) time.Duration {
	unit := w.interval
	if w.version == 2 {
		unit = time.Second
	}
	return time.Duration(256-priority) * unit / 256
}

// A router is a machine with one of two programs on it.
type router struct {
	*lab.Host
	lab       *lab.Lab
	wire      wire
	program   string // "director" or "keepalived"
	own, peer netip.Addr
	priority  int
	nopreempt bool
	// further are lines of the vrrp_instance.
	further []string

	process *lab.Process
}

// source is the address its adverts come from.
func (r *router) source() netip.Addr {
	if r.wire.ipv6 && !r.wire.unicast {
		return r.LinkLocal("eth0")
	}
	return r.own
}

func (r *router) start() {
	switch r.program {
	case "keepalived":
		r.process = r.Keepalived(r.keepalivedConf(), false)
	case "director":
		path := r.lab.File(r.Name+"/director.hcl", r.directorConf())
		r.process = r.Director(path).Process
	}
}

func (r *router) keepalivedConf() string {
	var b strings.Builder
	fmt.Fprintf(&b, "global_defs {\n router_id %s\n vrrp_version %d\n vrrp_garp_master_delay 1\n}\n", r.Name, r.wire.version)
	fmt.Fprintf(&b, "vrrp_instance VI_1 {\n interface eth0\n virtual_router_id 51\n state BACKUP\n")
	fmt.Fprintf(&b, " priority %d\n advert_int %v\n", r.priority, r.wire.interval.Seconds())
	if r.nopreempt {
		b.WriteString(" nopreempt\n")
	}
	if r.wire.unicast {
		fmt.Fprintf(&b, " unicast_src_ip %s\n unicast_peer {\n  %s\n }\n", r.own, r.peer)
	}
	for _, line := range r.further {
		fmt.Fprintf(&b, " %s\n", line)
	}
	b.WriteString(" virtual_ipaddress {\n")
	for _, vip := range r.wire.vips() {
		fmt.Fprintf(&b, "  %s\n", vip)
	}
	b.WriteString(" }\n}\n")
	return b.String()
}

func (r *router) directorConf() string {
	var b strings.Builder
	fmt.Fprintf(&b, "vrrp_instance \"VI_1\" {\n  interface         = \"eth0\"\n  virtual_router_id = 51\n")
	fmt.Fprintf(&b, "  version           = %d\n  priority          = %d\n  advert_int        = %v\n",
		r.wire.version, r.priority, r.wire.interval.Seconds())
	if r.nopreempt {
		b.WriteString("  nopreempt         = true\n")
	}
	if r.wire.unicast {
		fmt.Fprintf(&b, "  unicast_src_ip    = %q\n  unicast_peer %q {}\n", r.own, r.peer)
	}
	for _, line := range r.further {
		fmt.Fprintf(&b, "  %s\n", line)
	}
	for _, vip := range r.wire.vips() {
		fmt.Fprintf(&b, "  virtual_ipaddress %q {}\n", vip)
	}
	b.WriteString("}\n")
	return b.String()
}

// A pair is two routers on a segment that somebody watches.
type pair struct {
	lab     *lab.Lab
	wire    wire
	a, b    *router
	lan     *lab.Segment
	witness *lab.Witness
}

// newPair makes two machines; b has the higher address. Nothing runs yet.
func newPair(t lab.T, w wire, programA, programB string) *pair {
	t.Helper()
	l := lab.New(t)
	lan := l.Segment("lan")
	a := l.Host("a", lan.At("10.99.0.2/24", "fd99::2/64"))
	b := l.Host("b", lan.At("10.99.0.3/24", "fd99::3/64"))
	addressA, addressB := netip.MustParseAddr("10.99.0.2"), netip.MustParseAddr("10.99.0.3")
	if w.ipv6 {
		addressA, addressB = netip.MustParseAddr("fd99::2"), netip.MustParseAddr("fd99::3")
	}
	return &pair{
		lab: l, wire: w, lan: lan, witness: lan.Witness(),
		a: &router{Host: a, lab: l, wire: w, program: programA, own: addressA, peer: addressB, priority: 100},
		b: &router{Host: b, lab: l, wire: w, program: programB, own: addressB, peer: addressA, priority: 100},
	}
}

// holds reports whether a router holds all the virtual addresses.
func (p *pair) holds(r *router) bool {
	for _, vip := range p.wire.vips() {
		if !r.Has(vip.Addr()) {
			return false
		}
	}
	return true
}

// lacks reports whether a router holds none of the virtual addresses.
func (p *pair) lacks(r *router) bool {
	for _, vip := range p.wire.vips() {
		if r.Has(vip.Addr()) {
			return false
		}
	}
	return true
}
