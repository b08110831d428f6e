package integration

import (
	"net/netip"
	"syscall"
	"testing"
	"time"

	"director/integration/lab"
)

// TestReload changes the configuration of a running director.
//
// It needs a kernel with IPVS.
func TestReload(t *testing.T) {
	lab.Need(t, lab.Netns, lab.IPVS)
	c := newCluster(t, 200*time.Millisecond)
	both := []netip.Addr{vip1, vip2}
	c.configure(both, service("web", vip1, httpCheck, webs...), service("old", vip2, "", webs[0]))
	c.lvs1.run()
	c.eventually("lvs1 serves", func() bool { return c.lvs1.serves(both, 2, 3) && c.lvs1.healthy() == 2 })
	people := c.client.PatientClient(netip.AddrPortFrom(vip1, 80), 20*time.Millisecond)
	c.answersAgain(people, time.Now())
	before, begin := c.lvs1.status(), time.Now()

	c.lab.File("director.hcl", c.instance(both)+`virtual_server "web" { lb_algo = "r" }`)
	c.lvs1.director.Signal(syscall.SIGHUP)
	c.eventually("lvs1 says that nothing is reloaded", func() bool {
		return c.lvs1.director.Said("director.hcl line") && len(c.lvs1.log("level=ERROR", "reload")) > 0
	})
	time.Sleep(straggle)
	now := c.lvs1.status()
	if got, want := steady(now), steady(before); got != want || now.Control.Generation != before.Control.Generation {
		t.Errorf("after an invalid file:\n%s generation %d, before:\n%s generation %d", got, now.Control.Generation, want, before.Control.Generation)
	}
	if services, servers := c.lvs1.forwards(); services != 2 || servers != 3 || !c.lvs1.Has(vip1) || !c.lvs1.Has(vip2) {
		t.Errorf("after an invalid file the kernel has\n%s", c.lvs1.IPVS())
	}
	lab.Claim(t, "SIGHUP with an invalid file changes nothing and says why: %q", c.lvs1.log("level=ERROR")[0])

	// web loses a server and gets another, an address and its service make way
	// for others.
	next := []netip.Addr{vip1, vip3}
	c.configure(next, service("web", vip1, httpCheck, webs[1], c.manyServers(1)[0]), service("new", vip3, "", webs[0], webs[1]))
	changed := time.Now()
	c.lvs1.director.Signal(syscall.SIGHUP)
	c.eventually("lvs1 serves what is new", func() bool { return c.lvs1.serves(next, 2, 4) && !c.lvs1.Has(vip2) })
	took := time.Since(changed)
	table := table(c.lvs1.IPVS())
	if !table.has("-A -t 10.99.0.100:80 -s rr", "-a -t 10.99.0.100:80 -r 10.97.0.1:80", "-a -t 10.99.0.102:80 -r 10.99.0.11:80") ||
		table.hasAny("-a -t 10.99.0.100:80 -r 10.99.0.11:80", "-A -t 10.99.0.101:80") {
		t.Errorf("the kernel has\n%s", table)
	}
	c.eventually("the new server answers", func() bool { return c.lvs1.healthy() == 2 })
	time.Sleep(straggle)
	if got, want := c.lvs1.status().Instances[0].Transitions, before.Instances[0].Transitions; got != want {
		t.Errorf("%d role changes, want none", got-want)
	}
	seen := c.none(people, begin, time.Now())
	lab.Claim(t, "SIGHUP with a good one changes servers, services and addresses in %s, without a role change: 0 of %d requests failed",
		ms(took), len(seen))
}
