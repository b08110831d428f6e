package integration

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"director/integration/lab"
)

// A setup is what both routers of a handover have to be told alike.
type setup struct {
	wire
	vmac bool
	// group: two instances in a sync group.
	group bool
	// nopreempt: the other one does not preempt, so that priority 1 is not
	// enough.
	nopreempt bool
}

// setups are the kinds of handover.
var setups = []setup{
	{wire: wires[0]},
	{wire: wires[2]},
	{wire: wires[3]},
	{wire: wires[4]},
	{wire: wires[2], vmac: true},
	{wire: wires[2], group: true},
	{wire: wires[2], nopreempt: true},
}

func (s setup) String() string {
	text := s.name
	for _, more := range []struct {
		is   bool
		name string
	}{{s.vmac, "VMAC"}, {s.group, "sync group"}, {s.nopreempt, "nopreempt"}} {
		if more.is {
			text += ", " + more.name
		}
	}
	return text
}

// echoPort is where routers and real servers send back what they get.
const echoPort = 7

// served are the addresses that clients ask.
func (s setup) served() []netip.Addr {
	vips := s.vips()
	served := []netip.Addr{vips[len(vips)-1].Addr()}
	if s.group {
		served = append(served, vip2)
	}
	return served
}

// instances are the virtual routers that both take part in.
func (s setup) instances() []virtual {
	all := []virtual{{"VI_1", 51, s.vips()}}
	if s.group {
		all = append(all, virtual{"VI_2", 52, []netip.Prefix{netip.PrefixFrom(vip2, 24)}})
	}
	return all
}

// virtual is one virtual router.
type virtual struct {
	name string
	vrid int
	vips []netip.Prefix
}

// hcl is the configuration of a director.
func (s setup) hcl(r *router) string {
	var b strings.Builder
	for _, i := range s.instances() {
		fmt.Fprintf(&b, "vrrp_instance %q {\n  interface = \"eth0\"\n  virtual_router_id = %d\n  version = %d\n  priority = %d\n  advert_int = %v\n",
			i.name, i.vrid, s.version, r.priority, s.interval.Seconds())
		if r.nopreempt {
			b.WriteString("  nopreempt = true\n")
		}
		if s.vmac {
			b.WriteString("  use_vmac {}\n")
		}
		if s.unicast {
			fmt.Fprintf(&b, "  unicast_src_ip = %q\n  unicast_peer %q {}\n", r.own, r.peer)
		}
		for _, vip := range i.vips {
			fmt.Fprintf(&b, "  virtual_ipaddress %q {}\n", vip)
		}
		b.WriteString("}\n")
	}
	if s.group {
		b.WriteString("vrrp_sync_group \"all\" {\n  group = [\"VI_1\", \"VI_2\"]\n}\n")
	}
	return b.String()
}

// conf is that of keepalived.
func (s setup) conf(r *router) string {
	var b strings.Builder
	fmt.Fprintf(&b, "global_defs {\n router_id %s\n vrrp_version %d\n vrrp_garp_master_delay 1\n}\n", r.Name, s.version)
	if s.group {
		b.WriteString("vrrp_sync_group all {\n group {\n  VI_1\n  VI_2\n }\n}\n")
	}
	for _, i := range s.instances() {
		fmt.Fprintf(&b, "vrrp_instance %s {\n interface eth0\n virtual_router_id %d\n state BACKUP\n priority %d\n advert_int %v\n",
			i.name, i.vrid, r.priority, s.interval.Seconds())
		if r.nopreempt {
			b.WriteString(" nopreempt\n")
		}
		if s.vmac {
			b.WriteString(" use_vmac\n")
		}
		if s.unicast {
			fmt.Fprintf(&b, " unicast_src_ip %s\n unicast_peer {\n  %s\n }\n", r.own, r.peer)
		}
		b.WriteString(" virtual_ipaddress {\n")
		for _, vip := range i.vips {
			fmt.Fprintf(&b, "  %s\n", vip)
		}
		b.WriteString(" }\n}\n")
	}
	return b.String()
}

// A handover is two routers that clients ask: a is a director and has the higher
// priority.
type handover struct {
	*pair
	setup
	director *lab.Director // on a
	// steady ask each address every millisecond, from client.
	steady []*lab.Probes
	client *lab.Host
	other  *lab.Host // where somebody else asks from
	outbox map[*router]*lab.Outbox
	canary *lab.Canary
}

// newHandover makes the machines; nothing runs yet.
func newHandover(t lab.T, s setup, other string) *handover {
	t.Helper()
	l := lab.New(t)
	lan := l.Segment("lan")
	h := &handover{setup: s, outbox: map[*router]*lab.Outbox{}}
	h.pair = &pair{lab: l, wire: s.wire}
	own := []string{"10.99.0.2", "10.99.0.3"}
	if s.ipv6 {
		own = []string{"fd99::2", "fd99::3"}
	}
	h.a = &router{Host: l.Host("a", lan.At("10.99.0.2/24", "fd99::2/64")), lab: l, wire: s.wire, program: "director",
		own: addr(own[0]), peer: addr(own[1]), priority: 150}
	h.b = &router{Host: l.Host("b", lan.At("10.99.0.3/24", "fd99::3/64")), lab: l, wire: s.wire, program: other,
		own: addr(own[1]), peer: addr(own[0]), priority: 100, nopreempt: s.nopreempt}
	h.client = l.Host("client", lan.At("10.99.0.8/24", "fd99::8/64"))
	h.canary = h.client.Canary()
	h.other = l.Host("other", lan.At("10.99.0.9/24", "fd99::9/64"))
	h.witness = lan.Witness()
	for _, r := range []*router{h.a, h.b} {
		r.Echo(echoPort)
		h.outbox[r] = r.Outbox()
	}
	return h
}

// ask starts the clients that ask steadily.
func (h *handover) ask() {
	for _, vip := range h.served() {
		h.steady = append(h.steady, h.client.Probes(netip.AddrPortFrom(vip, echoPort), time.Millisecond))
	}
}

// askAnew starts a client that asks who has the first address before each
// question.
func (h *handover) askAnew() *lab.Probes {
	return h.other.FreshProbes(netip.AddrPortFrom(h.served()[0], echoPort), time.Millisecond)
}

// launch starts the program of a router with the set-up's configuration.
func (h *handover) launch(r *router) {
	if r.program == "keepalived" {
		r.process = r.Keepalived(h.conf(r), false)
		return
	}
	d := r.Director(h.lab.File(r.Name+"/director.hcl", h.hcl(r)))
	r.process = d.Process
	if r == h.a {
		h.director = d
	}
}

// bothUp makes a master and b a backup that knows it.
func (h *handover) bothUp() {
	h.launch(h.a)
	h.settled(h.a, h.b)
	h.launch(h.b)
	h.listens(h.b)
	h.settled(h.a, h.b)
}

// listens waits until the program on a router says that it is a backup.
func (h *handover) listens(r *router) {
	h.lab.Eventually(room, r.String()+" listens", func() bool {
		return r.process.Said("Entering BACKUP STATE") || r.process.Said("to=BACKUP")
	})
}

// settled waits until one router has all the addresses and the other none, and
// for a time in which every probe is answered.
func (h *handover) settled(master, other *router) {
	all := h.served()
	h.lab.Eventually(h.down(0)+2*room, master.String()+" holds the addresses, "+other.String()+" does not", func() bool {
		return !slices.ContainsFunc(all, func(a netip.Addr) bool { return !master.Has(a) || other.Has(a) })
	})
	h.lab.Eventually(4*room, "every probe is answered", func() bool {
		begin := time.Now()
		end := begin.Add(200 * time.Millisecond)
		time.Sleep(time.Until(end))
		for _, p := range h.steady {
			if seen := p.Between(begin, end); len(seen) == 0 || len(seen.Lost()) > 0 {
				return false
			}
		}
		return true
	})
}
