package integration

import (
	"fmt"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"director/integration/lab"
)

// TestBadVRRPLinks takes a master's interface, addresses and events away, also in
// the middle of a reload.
func TestBadVRRPLinks(t *testing.T) {
	lab.Need(t, lab.Netns)
	for name, test := range map[string]func(lab.T){
		"deleted and made again": testMadeAgain, "renamed": testRenamedAgain,
		"reload": testReloadOnTheMove, "burst": testBurst, "overrun": testOverrun,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lab.Fairly(t, wires[2].interval/2, test)
		})
	}
}

// newMovingPair is a pair whose master, b, is on a link that can be taken away.
func newMovingPair(t lab.T) (*pair, *balancer) {
	p := newPair(t, wires[2], "director", "director")
	p.b.priority = 150
	p.a.start()
	p.becomesMaster(p.a, p.wire.down(p.a.priority))
	p.b.makeLink()
	text := strings.Replace(p.b.directorConf(), `"eth0"`, `"mv0"`, 1)
	d := newBalancer(p.lab, p.b.Host, text)
	p.b.process = d.director.Process
	p.b.own = addr("10.99.0.7")
	p.becomesMaster(p.b, p.wire.down(p.b.priority))
	p.oneMaster(p.b)
	return p, d
}

// makeLink makes the link, and gives it the address that adverts come from.
func (r *router) makeLink() {
	r.Run("ip", "link", "add", "mv0", "link", "eth0", "type", "macvlan", "mode", "bridge")
	r.Run("ip", "address", "add", "10.99.0.7/24", "dev", "mv0")
	r.Run("ip", "link", "set", "mv0", "up")
}

// wellAgain waits until all is as if nothing had been.
func (p *pair) wellAgain(d *balancer, ifname string) {
	p.becomesMaster(p.b, p.wire.down(p.b.priority)+p.wire.down(p.a.priority))
	p.oneMaster(p.b)
	d.becomes("MASTER", room)
	vip := p.wire.vips()[0]
	if i := d.address(vip.String()); i.State != "ours" || i.Interface != ifname {
		p.lab.Expect(false, "status says of the address: %+v", i)
	}
	on := p.b.Run("ip", "-4", "-o", "address", "show", "to", vip.Addr().String())
	p.lab.Expect(strings.Count(on, "\n") == 1 && strings.Contains(on, ifname), "the address is on\n%s", on)
}

const moves = 8

func testMadeAgain(t lab.T) {
	p, d := newMovingPair(t)
	begin := time.Now()
	for n := range moves {
		p.b.Run("ip", "link", "del", "mv0")
		if n%2 == 0 { // otherwise at once, before anybody has noticed
			p.becomesMaster(p.a, p.wire.down(p.a.priority))
		}
		p.b.makeLink()
		if n%4 < 2 {
			p.becomesMaster(p.b, p.wire.down(p.b.priority)+p.wire.down(p.a.priority))
		}
	}
	p.wellAgain(d, "mv0")
	gap := p.gap(begin, time.Now())
	p.lab.Expect(gap < 2*p.wire.down(p.a.priority)+room/2, "no advert for %v", gap)
	lab.Claim(t, "the master's interface is deleted and made again %d times, waiting and not: all is well again, never more than %s without an advert (a backup waits %s)",
		moves, ms(gap), ms(p.wire.down(p.a.priority)))
}

func testRenamedAgain(t lab.T) {
	p, d := newMovingPair(t)
	rename := func(from, to string) {
		if _, err := p.b.Try("ip", "link", "set", from, "name", to); err != nil {
			// Linux before 6.2 renames only what is down.
			p.b.Run("ip", "link", "set", from, "down")
			p.b.Run("ip", "link", "set", from, "name", to)
			p.b.Run("ip", "link", "set", to, "up")
		}
	}
	for n := range moves {
		rename("mv0", "other")
		if n%2 == 0 {
			p.becomesMaster(p.a, p.wire.down(p.a.priority))
			p.lab.Expect(p.lacks(p.b), "without its interface it holds an address: %v", p.b.Addresses())
		}
		rename("other", "mv0")
		if n%4 < 2 {
			p.becomesMaster(p.b, p.wire.down(p.b.priority)+p.wire.down(p.a.priority))
		}
	}
	p.wellAgain(d, "mv0")
	lab.Claim(t, "the master's interface is renamed and gets its name back %d times, waiting and not: all is well again", moves)
}

// testReloadOnTheMove changes addresses and links while a new configuration, which
// changes addresses as well, is being put in force.
func testReloadOnTheMove(t lab.T) {
	p, d := newMovingPair(t)
	second := netip.MustParseAddr("10.99.0.110")
	for n := range moves {
		p.b.further = nil
		if n%2 == 0 {
			p.b.further = []string{`virtual_ipaddress_excluded "10.99.0.110/24" {}`}
		}
		p.lab.File(p.b.Name+"/director.hcl", strings.Replace(p.b.directorConf(), `"eth0"`, `"mv0"`, 1))
		before := d.status().Control.Generation
		d.director.Signal(syscall.SIGHUP)
		switch n % 4 {
		case 0:
			p.b.Run("ip", "link", "set", "mv0", "down")
			p.b.Run("ip", "link", "set", "mv0", "up")
		case 1:
			_, _ = p.b.Try("ip", "address", "del", "10.99.0.100/24", "dev", "mv0") // it may be gone
			_, _ = p.b.Try("ip", "address", "add", "10.99.0.110/24", "dev", "lo")
			_, _ = p.b.Try("ip", "address", "del", "10.99.0.110/24", "dev", "lo")
		case 2:
			p.b.Run("ip", "link", "del", "mv0")
			p.b.makeLink()
		default:
			p.b.Run("ip", "address", "del", "10.99.0.7/24", "dev", "mv0")
			p.b.Run("ip", "address", "add", "10.99.0.7/24", "dev", "mv0")
		}
		d.eventually("the new configuration is in force", func() bool {
			s := d.status()
			return s != nil && s.Control.Generation > before && s.Dataplane.Generation == s.Control.Generation
		})
		p.wellAgain(d, "mv0")
		p.lab.Eventually(room, "the addresses are the configured ones", func() bool { return p.b.Has(second) == (n%2 == 0) })
	}
	lab.Claim(t, "%d reloads while the link goes down, is deleted and made again, and addresses go: each time what is configured is in force", moves)
}

// testBurst lets thousands of addresses come and go, which are events for a
// director that runs; the last is the loss of its own.
func testBurst(t lab.T) {
	p, d := newMovingPair(t)
	d.becomes("MASTER", room)
	was, begin := d.instance().Transitions, time.Now()
	changes := p.burst("address del 10.99.0.100/24 dev mv0")
	took := time.Since(begin)
	p.wellAgain(d, "mv0")
	if n := d.instance().Transitions - was; n != 0 {
		t.Fatalf("%d role changes", n)
	}
	gap := p.gap(begin, time.Now())
	if gap >= 2*p.wire.interval {
		t.Fatalf("no advert for %v", gap)
	}
	lab.Claim(t, "%d changes of addresses in %s, the last the loss of its own: it is back, no role change, at most %s between two adverts",
		changes, ms(took), ms(gap))
}

// testOverrun does so while the director cannot look, so that its socket overruns.
// What it does not hear of then is that its link is another one.
func testOverrun(t lab.T) {
	p, d := newMovingPair(t)
	stall := p.stop(p.b)
	changes := p.burst("link del mv0", "link add mv0 link eth0 type macvlan mode bridge",
		"address add 10.99.0.7/24 dev mv0", "link set mv0 up", "address add 10.99.0.100/24 dev eth0")
	p.becomesMaster(p.a, p.wire.down(p.a.priority))
	p.b.Run("ip", "address", "del", "10.99.0.100/24", "dev", "eth0")
	stall.goOn()
	p.wellAgain(d, "mv0")
	p.lab.Eventually(room, "the log tells of lost events", func() bool {
		return len(d.log("more changes than the socket could hold")) > 0
	})
	lab.Claim(t, "stopped for %s and %d changes, more than its socket holds, in which its link was made again: all is well again", ms(stall.took()), changes)
}

// burst makes thousands of changes on the master's machine, and others after them.
func (p *pair) burst(last ...string) (changes int) {
	const rounds, each = 40, 254
	var batch strings.Builder
	for range rounds {
		for n := range each {
			fmt.Fprintf(&batch, "address add 10.55.0.%d/24 dev lo\n", n+1)
		}
		fmt.Fprintln(&batch, "address flush dev lo to 10.55.0.0/24")
	}
	batch.WriteString(strings.Join(last, "\n") + "\n")
	p.b.Run("ip", "-force", "-batch", p.lab.File("batch", batch.String()))
	return 2 * rounds * each
}
