package integration

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"director/integration/lab"
	"director/internal/api"
)

// frrWires are the wires that FRR's vrrpd can do: it knows neither unicast nor
// authentication.
var frrWires = []wire{
	{name: "version 2, IPv4", version: 2, interval: time.Second},
	{name: "version 3, IPv4", version: 3, interval: 30 * time.Millisecond},
	{name: "version 3, IPv6", version: 3, ipv6: true, interval: 30 * time.Millisecond},
}

// TestFRR sets a director beside FRR 8.4: its vrrpd with the higher and with the
// lower priority, and its bfdd.
func TestFRR(t *testing.T) {
	lab.Need(t, lab.Netns, lab.Zebra)
	for _, w := range frrWires {
		t.Run(w.name+", director before FRR", func(t *testing.T) {
			t.Parallel()
			p := newFRRPair(t, w)
			p.director.priority = 150
			p.walk(p.director, p.frr)
		})
		t.Run(w.name+", FRR before director", func(t *testing.T) {
			t.Parallel()
			p := newFRRPair(t, w)
			p.frr.priority = 150
			p.walk(p.frr, p.director)
		})
	}
	t.Run("BFD, IPv4", func(t *testing.T) {
		t.Parallel()
		testBFDD(t, addr("10.99.0.2"), addr("10.99.0.3"))
	})
	t.Run("BFD, IPv6", func(t *testing.T) {
		t.Parallel()
		testBFDD(t, addr("fd99::2"), addr("fd99::3"))
	})
}

// A station is a machine with one of the two programs, and a web server that
// says whose machine it is.
type station struct {
	*router
	// mac is the hardware address by which it advertises and answers for the
	// virtual addresses.
	mac net.HardwareAddr
	web *lab.Process
	// begin starts the program.
	begin func() *lab.Process
}

// start starts what does not run.
func (s *station) start() {
	if s.web == nil || !s.web.Running() {
		s.web = s.Serve(80)
	}
	s.process = s.begin()
}

// frrPair is a director and an FRR on a segment, somebody who watches them and
// somebody who asks for the last virtual address.
type frrPair struct {
	t             lab.T
	lab           *lab.Lab
	wire          wire
	director, frr *station
	running       *lab.Director
	zebra         *lab.FRR
	witness       *lab.Witness
	asker         *lab.Asker
}

func newFRRPair(t lab.T, w wire) *frrPair {
	t.Helper()
	l := lab.New(t)
	lan := l.Segment("lan")
	p := &frrPair{t: t, lab: l, wire: w, witness: lan.Witness()}
	client := l.Host("client", lan.At("10.99.0.9/24", "fd99::9/64"))
	vips := w.vips()
	p.asker = client.Asker(netip.AddrPortFrom(vips[len(vips)-1].Addr(), 80))

	a := l.Host("director", lan.At("10.99.0.2/24", "fd99::2/64"))
	link, err := a.Links().LinkByName("eth0")
	l.Expect(err == nil, "eth0 of %s: %v", a.Name, err)
	p.director = &station{router: &router{Host: a, lab: l, wire: w, program: "director", own: addr("10.99.0.2"), priority: 100},
		mac: link.Attrs().HardwareAddr}
	p.director.begin = func() *lab.Process {
		p.running = a.Director(l.File("director/director.hcl", p.director.directorConf()))
		return p.running.Process
	}

	b := l.Host("frr", lan.At("10.99.0.3/24", "fd99::3/64"))
	p.frr = &station{router: &router{Host: b, lab: l, wire: w, program: "FRR", own: addr("10.99.0.3"), priority: 100},
		mac: net.HardwareAddr{0, 0, 0x5e, 0, 1, 51}} // RFC 9568 section 7.3
	if w.ipv6 {
		p.frr.mac[4] = 2
	}
	p.frr.begin = p.vrrpd
	return p
}

// vrrpd starts FRR's VRRP. On a machine that was just booted the virtual link
// comes first, then zebra, and the addresses when vrrpd has taken charge of the
// link: before, the kernel would answer for them.
func (p *frrPair) vrrpd() *lab.Process {
	if p.zebra != nil && p.zebra.Running() {
		return p.zebra.Daemon(lab.VRRPD, p.vrrpdConf())
	}
	p.frr.VirtualLink(virtualLink, p.frr.mac)
	p.zebra = p.frr.FRR()
	vrrpd := p.zebra.Daemon(lab.VRRPD, p.vrrpdConf())
	p.lab.Eventually(5*room, "vrrpd has taken the carrier of "+virtualLink, func() bool {
		return !p.carrier() || p.zebra.Said("Setting protodown off")
	})
	for _, vip := range p.wire.vips() {
		p.frr.AddAddress(virtualLink, vip)
	}
	return vrrpd
}

const virtualLink = "vrrp-51"

// carrier reports whether FRR's virtual link has one. When vrrpd takes it, the
// kernel may need a second until the link falls silent: it puts off such changes.
func (p *frrPair) carrier() bool {
	link, err := p.frr.Links().LinkByName(virtualLink)
	p.lab.Expect(err == nil, "%s: %v", virtualLink, err)
	return link.Attrs().OperState == netlink.OperUp
}

// lingers reports whether FRR may still answer for the addresses as a backup.
func (p *frrPair) lingers() bool { return p.zebra != nil && p.zebra.Running() && p.carrier() }

func (p *frrPair) vrrpdConf() string {
	var b strings.Builder
	fmt.Fprintf(&b, "interface eth0\n vrrp 51 version %d\n vrrp 51 priority %d\n vrrp 51 advertisement-interval %d\n",
		p.wire.version, p.frr.priority, p.wire.interval.Milliseconds())
	family := "ip"
	if p.wire.ipv6 {
		family = "ipv6"
	}
	for _, vip := range p.wire.vips() {
		fmt.Fprintf(&b, " vrrp 51 %s %s\n", family, vip.Addr())
	}
	return b.String()
}

// serves asks once who has the address: this station alone, and its web server
// answers.
func (p *frrPair) serves(s *station) bool {
	begin := time.Now()
	return p.asker.Ask().By == s.Name && p.lab.Becomes(p.wire.interval, func() bool { return s.alone(p.asker.Answered(begin)) })
}

// alone reports whether the station, and nobody else, is in a list.
func (s *station) alone(macs []net.HardwareAddr) bool { return len(macs) > 0 && !s.others(macs) }

// others reports whether somebody else is in a list.
func (s *station) others(macs []net.HardwareAddr) bool {
	return slices.ContainsFunc(macs, func(mac net.HardwareAddr) bool { return !bytes.Equal(mac, s.mac) })
}

// advertises reports whether this station alone advertised since a moment, and
// always its priority.
func (p *frrPair) advertises(s *station, since time.Time) bool {
	var macs []net.HardwareAddr
	for _, a := range p.witness.Adverts(since) {
		if int(a.Priority) != s.priority {
			return false
		}
		macs = append(macs, a.MAC)
	}
	return s.alone(macs)
}

// becomesMaster waits until a station alone advertises and serves, and then
// watches for longer than any router waits that it stays so.
func (p *frrPair) becomesMaster(s *station) {
	down := p.wire.down(0) + p.wire.interval
	p.lab.Eventually(down+p.wire.interval+room, s.String()+" alone advertises and serves", func() bool {
		return (s == p.frr || !p.lingers()) && p.serves(s) && p.advertises(s, time.Now().Add(-p.wire.interval-p.wire.interval/2))
	})
	p.staysMaster(s)
}

func (p *frrPair) staysMaster(s *station) {
	begin := time.Now()
	p.lab.Always(p.wire.down(0)+p.wire.interval, s.String()+" alone serves", func() bool {
		attempt := p.asker.Ask()
		if attempt.By != s.Name || s.others(p.asker.Answered(begin)) {
			p.t.Logf("asked: %+v, answered by %v", attempt, p.asker.Answered(begin))
			return false
		}
		return true
	})
	p.lab.Expect(s.alone(p.asker.Answered(begin)), "nobody said that it has the address of %s", s)
	p.lab.Expect(p.advertises(s, begin), "not %s alone advertised: %v", s, p.witness.Adverts(begin))
}

// gap is the time between the last advert of one station before another's first
// one since a moment, and that one.
func (p *frrPair) gap(from, to *station, begin time.Time) time.Duration {
	var last time.Time
	for _, a := range p.witness.Adverts(begin.Add(-p.wire.interval - room)) {
		switch {
		case bytes.Equal(a.MAC, from.mac):
			last = a.At
		case bytes.Equal(a.MAC, to.mac) && a.At.After(begin):
			return a.At.Sub(last)
		}
	}
	p.t.Fatalf("%s did not follow %s", to, from)
	return 0
}

// walk takes both through all that can happen to them.
func (p *frrPair) walk(high, low *station) {
	low.start()
	p.becomesMaster(low)
	high.start()
	p.becomesMaster(high)
	lab.Claim(p.t, "%s with priority 150 preempts %s with 100: it alone advertises, answers for the address and serves",
		high.program, low.program)

	begin := time.Now()
	high.Crash()
	p.becomesMaster(low)
	gap, floor := p.gap(high, low, begin), p.wire.down(low.priority)
	// vrrpd counts skew time in whole hundredths of a second.
	p.lab.Expect(gap > floor-floor/20-10*time.Millisecond && gap < floor+room/2, "%s took over %v after the last advert, want %v", low, gap, floor)
	lab.Claim(p.t, "crash of %s: %s advertises %s after its last advert (floor %s), answers and serves", high.program, low.program, ms(gap), ms(floor))

	high.Return()
	high.start()
	p.becomesMaster(high)
	lab.Claim(p.t, "%s comes back and preempts %s: again it alone advertises, answers and serves", high.program, low.program)

	low.Crash()
	p.staysMaster(high)
	low.Return()
	low.start()
	p.staysMaster(high)
	lab.Claim(p.t, "crash and return of the backup, %s, change nothing", low.program)

	p.accepts()
	lab.Claim(p.t, "director drops no advert of FRR")

	begin = time.Now()
	high.process.Stop()
	p.becomesMaster(low)
	lab.Claim(p.t, "stop of %s: %s advertises %s after its last advert, answers and serves", high.program, low.program, ms(p.gap(high, low, begin)))
}

// accepts looks at what director makes of FRR's adverts: it takes every one.
func (p *frrPair) accepts() {
	var i api.Instance
	// What status tells is up to a second old.
	p.lab.Eventually(2*room, "director tells of FRR's adverts", func() bool {
		var status api.Status
		if err := p.running.Status(&status); err != nil || len(status.Instances) != 1 {
			return false
		}
		i = status.Instances[0]
		return i.Adverts.Received > 0 && (i.State == "MASTER" || i.LastMasterPriority == p.frr.priority)
	})
	p.lab.Expect(len(i.Dropped) == 0, "director dropped %v", i.Dropped)
}
