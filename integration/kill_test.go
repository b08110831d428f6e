package integration

import (
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"director/integration/lab"
)

// TestDataplaneKill kills the dataplane of the master: nothing of it runs on,
// and its kernel keeps addresses and services until a director starts again.
//
// It needs a kernel with IPVS.
func TestDataplaneKill(t *testing.T) {
	lab.Need(t, lab.Netns, lab.IPVS)
	c := newCluster(t, 500*time.Millisecond)
	vips := []netip.Addr{vip1, vip2}
	c.configure(vips, service("web", vip1, httpCheck, webs...), service("old", vip2, "", webs...))
	c.lvs1.run()
	c.lvs2.run()
	c.eventually("lvs1 serves, lvs2 does not", func() bool { return c.lvs1.serves(vips, 2, 4) && c.lvs2.idle(vips) })
	c.eventually("lvs2 knows that the servers are up", func() bool { return c.lvs2.healthy() == 2 })
	client := c.client.Client(netip.AddrPortFrom(vip1, 80), 10*time.Millisecond)
	c.answersAgain(client, time.Now())

	begin := time.Now().Add(-2 * c.interval)
	// `ip netns exec` leaves its own pid to the dataplane: no child of ours.
	c.lvs1.director.Kill()
	killed := time.Now()
	c.eventually("no process is left on lvs1", func() bool { return len(c.lvs1.Processes()) == 0 })
	gone := time.Since(killed)
	c.eventually("lvs2 serves", func() bool { return c.lvs2.serves(vips, 2, 4) })
	took := time.Now()
	c.answersAgain(client, took)
	first, ok := c.witness.FirstFrom(c.lvs2.address, killed)
	c.lab.Expect(ok, "no advert of lvs2")
	last := c.lastAdvert(c.lvs1, begin, first.At)
	lab.Claim(t, "dataplane killed: no process left after %s, the peer takes over %s after the last advert (floor %s)",
		ms(gone), ms(first.At.Sub(last)), ms(c.lvs2.down()))

	if services, servers := c.lvs1.forwards(); services != 2 || servers != 4 || !c.lvs1.Has(vip2) {
		t.Errorf("the kernel of lvs1 keeps %d services and %d servers, want 2 and 4, and %s", services, servers, vip2)
	}
	// One address and its service are no longer wanted when it comes back.
	now := []netip.Addr{vip1}
	c.configure(now, service("web", vip1, httpCheck, webs...))
	testAfterKill(t, c, client, now)
}

// testAfterKill starts lvs1 again with a smaller configuration.
func testAfterKill(t *testing.T, c *cluster, client *lab.Client, now []netip.Addr) {
	started := time.Now()
	c.lvs1.run()
	c.eventually("lvs1 has nothing of its last run", func() bool {
		return !c.lvs1.Has(vip2) && c.lvs1.director.Said("left by an earlier run")
	})
	c.eventually("lvs1 serves alone", func() bool { return c.lvs1.serves(now, 1, 2) && !c.lvs2.Has(vip1) })
	time.Sleep(straggle)
	count := 0
	for _, prefix := range c.lvs1.Addresses() {
		if prefix.Addr() == vip1 {
			count++
		}
	}
	if count != 1 {
		t.Errorf("lvs1 holds %s %d times: %v", vip1, count, c.lvs1.Addresses())
	}
	if table := c.lvs1.IPVS(); strings.Count(table, "-A ") != 1 || strings.Count(table, "-a ") != 2 {
		t.Errorf("lvs1 has, want one service with two servers:\n%s", table)
	}
	seen := client.Attempts().Since(started)
	if n := len(seen.With(lab.Refused)); n > 0 {
		t.Errorf("%d new connections were refused: %s", n, seen)
	}
	lab.Claim(t, "after the restart nothing is there twice, and what is no longer wanted is gone: one address, one service, two servers; 0 of %d new connections refused", len(seen))

	client.Stop()
	testGroupStop(t, c)
}

// testGroupStop sends the signal to dataplane and control alike, as a terminal
// or a service manager does.
func testGroupStop(t *testing.T, c *cluster) {
	begin := time.Now()
	c.lvs1.director.SignalGroup(syscall.SIGTERM)
	c.lab.Expect(c.lvs1.director.Ends(10*time.Second), "lvs1 does not stop")
	if err := c.lvs1.director.Err(); err != nil {
		t.Errorf("lvs1 stopped with %v, want exit status 0", err)
	}
	took := time.Since(begin)
	if !c.lvs1.idle([]netip.Addr{vip1, vip2}) {
		t.Errorf("lvs1 has left %v and\n%s", c.lvs1.Addresses(), c.lvs1.IPVS())
	}
	if left := c.lvs1.Processes(); len(left) != 0 {
		t.Errorf("lvs1 has left processes: %v", left)
	}
	asked, left := 0, 0 // for a successor, and that it is gone
	c.eventually("lvs1 has asked for a successor", func() bool {
		asked, left = 0, 0
		for _, a := range c.witness.Adverts(begin) {
			if a.Source == c.lvs1.address && a.Priority == 1 {
				asked++
			}
			if a.Source == c.lvs1.address && a.Priority == 0 {
				left++
			}
		}
		return asked > 0
	})
	if left > 1 {
		t.Errorf("lvs1 said %d times that it has left", left)
	}
	if n := strings.Count(c.lvs1.director.Tail(1000), "director has stopped"); n != 1 {
		t.Errorf("the log says %d times that it has stopped:\n%s", n, c.lvs1.director.Tail(20))
	}
	lab.Claim(t, "SIGTERM to the whole group is one stop: priority 1 asks for a successor, no address, service or process left, exit status 0, in %s", ms(took))
}
