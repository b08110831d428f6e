package integration

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"director/integration/lab"
)

// TestRoleChange makes connection attempts as densely as the machine can while
// the master's machine dies, while the old master comes back and preempts, and
// while a master is stopped. A new connection never is refused, only not
// answered. A connection that straddles the change may be reset, because
// nobody tells the new master of it: that is counted apart.
//
// It needs a kernel with IPVS.
func TestRoleChange(t *testing.T) {
	lab.Need(t, lab.Netns, lab.IPVS)
	t.Run("1 server", func(t *testing.T) {
		c := newCluster(t, rolechangeInterval)
		c.configure([]netip.Addr{vip1}, service("web", vip1, "", webs[0]))
		testRoleChange(t, c, "1 server", []netip.Addr{vip1}, 1, 1)
	})
	t.Run("2000 servers", func(t *testing.T) {
		c := newCluster(t, rolechangeInterval)
		c.configure([]netip.Addr{vip1}, service("web", vip1, "", c.manyServers(2000)...))
		testRoleChange(t, c, "2000 servers", []netip.Addr{vip1}, 1, 2000)
	})
	t.Run("several addresses", testSeveralAddresses)
	t.Run("director is a server", testLocalServer)
}

const (
	rolechangeInterval = 500 * time.Millisecond
	// dense is more than the guest can do.
	dense = 3 * time.Millisecond
	// straggle is how long an attempt of the lab's client may take.
	straggle = time.Second
	// before is how much of the time before a change belongs to it.
	before = 4 * time.Second
)

// A change is one role change as the clients saw it.
type change struct {
	what string
	// seen has what each client attempted around it, and taken when the new
	// master announced that client's address.
	seen  []lab.Attempts
	taken []time.Time
	// floor is what the protocol makes everybody wait, since the last advert.
	floor time.Duration
	last  time.Time
}

func testRoleChange(t *testing.T, c *cluster, name string, vips []netip.Addr, services, servers int) {
	r := &rolechange{cluster: c, vips: vips, services: services, servers: servers}
	r.bothUp()
	r.ask(vips...)
	for _, change := range []change{r.crash(), r.preempt(), r.stop()} {
		change.judge(t, name)
	}
}

// rolechange is a cluster with clients on it.
type rolechange struct {
	*cluster
	vips              []netip.Addr
	services, servers int
	// clients ask at the targets, one at each.
	clients []*lab.Client
	targets []netip.Addr
}

// ask starts a client for each address and waits until all is well.
func (r *rolechange) ask(targets ...netip.Addr) {
	r.targets = targets
	for _, target := range targets {
		r.clients = append(r.clients, r.client.Client(netip.AddrPortFrom(target, 80), dense*time.Duration(len(targets))))
	}
	r.quiet()
}

// bothUp starts both directors and waits until lvs1 serves.
func (r *rolechange) bothUp() {
	r.lvs1.run()
	r.lvs2.run()
	r.eventually("lvs1 serves, lvs2 does not", func() bool {
		return r.complete(r.lvs1) && r.lvs2.idle(r.vips)
	})
	r.eventually("lvs2 knows the configuration", func() bool { return r.lvs2.status() != nil })
}

func (r *rolechange) complete(n *node) bool { return n.serves(r.vips, r.services, r.servers) }

// quiet waits for a second in which every attempt of every client is answered: a
// busy machine may need a while.
func (r *rolechange) quiet() {
	r.eventually("every attempt is answered while nothing happens", func() bool {
		begin := time.Now()
		time.Sleep(straggle)
		end := time.Now()
		time.Sleep(straggle)
		return !slices.ContainsFunc(r.clients, func(client *lab.Client) bool {
			seen := client.Attempts().Since(begin).Until(end)
			return len(seen) == 0 || len(seen.Failed()) > 0
		})
	})
}

// after waits until the new master serves and clients are answered, and for
// those attempts that have not ended.
func (r *rolechange) after(c change, from, to *node, begin time.Time) change {
	r.eventually(to.Name+" serves", func() bool { return r.complete(to) })
	done := time.Now()
	for _, client := range r.clients {
		r.answersAgain(client, done)
	}
	time.Sleep(straggle)
	c.last = r.lastAdvert(from, begin, done)
	for n, client := range r.clients {
		c.seen = append(c.seen, client.Attempts().Since(begin))
		c.taken = append(c.taken, done)
		for _, a := range r.announced(to, c.last) {
			if a.Address == r.targets[n] && a.At.Before(done) {
				c.taken[n] = a.At
				break
			}
		}
	}
	return c
}

func (r *rolechange) crash() change {
	begin := time.Now().Add(-before)
	r.lvs1.Crash()
	return r.after(change{what: "crash", floor: r.lvs2.down()}, r.lvs1, r.lvs2, begin)
}

func (r *rolechange) preempt() change {
	r.lvs1.Return()
	begin := time.Now()
	r.lvs1.run()
	c := r.after(change{what: "preemption"}, r.lvs2, r.lvs1, begin)
	r.eventually("lvs2 has let go", func() bool { return r.lvs2.idle(r.vips) })
	return c
}

func (r *rolechange) stop() change {
	begin := time.Now().Add(-before)
	r.lvs1.director.Stop()
	r.lab.Expect(r.lvs1.idle(r.vips), "lvs1 has stopped and left something:\n%s", r.lvs1.IPVS())
	return r.after(change{what: "stop", floor: r.lvs2.skew()}, r.lvs1, r.lvs2, begin)
}

// judge demands that nothing was refused and says how long clients waited.
func (c *change) judge(t *testing.T, name string) {
	t.Helper()
	for _, seen := range c.seen {
		t.Logf("%s, %s: %s", name, c.what, seen)
		if n := len(seen.With(lab.Refused)); n != 0 {
			t.Fatalf("%s, %s: %d new connections were refused: %s", name, c.what, n, seen)
		}
	}
	lab.Claim(t, "%s, %s: %s", name, c.what, c)
}

// String sums up what all clients saw.
func (c *change) String() string {
	var made, refused, silent, resets int
	var gap, took time.Duration
	var density float64
	for n, seen := range c.seen {
		before, after := c.gap(n)
		made += len(seen)
		density += seen.Density()
		refused += len(seen.With(lab.Refused))
		resets += len(seen.With(lab.Reset))
		silent += len(seen.Since(before).Until(after).With(lab.Silent, lab.Unreachable))
		gap, took = max(gap, after.Sub(before)), max(took, after.Sub(c.last))
	}
	text := fmt.Sprintf("%d of %d new connections refused (%.0f a second), %d reset that straddled it; gap %s with %d unanswered",
		refused, made, density, resets, ms(gap), silent)
	if c.floor > 0 {
		text += fmt.Sprintf("; answers %s after the last advert, the protocol's floor is %s: %.2f times",
			ms(took), ms(c.floor), float64(took)/float64(c.floor))
	}
	return text
}

// gap is how long client n had no answer: since the beginning of the last
// attempt that had ended well when the new master announced the address, until
// the beginning of the first one after. At other times a slow machine pauses.
func (c *change) gap(n int) (before, after time.Time) {
	for _, a := range c.seen[n].With(lab.Answered) {
		switch {
		case a.End.Before(c.taken[n]):
			before = a.Begin
		case !a.Begin.Before(c.taken[n]):
			return before, a.Begin
		}
	}
	return before, before
}

// testSeveralAddresses has three addresses with different numbers of servers
// and one whose packets are marked.
func testSeveralAddresses(t *testing.T) {
	c := newCluster(t, rolechangeInterval)
	const mark, markedServers = 3, 40
	for _, n := range c.nodes() {
		n.Run("iptables-legacy", "-t", "mangle", "-A", "PREROUTING", "-d", vip4.String(), "-p", "tcp", "--dport", "80",
			"-j", "MARK", "--set-mark", fmt.Sprint(mark))
	}
	// In the file the busiest comes first.
	vips := []netip.Addr{vip1, vip2, vip3, vip4}
	servers := c.manyServers(600)
	c.configure(vips,
		service("busy", vip1, "", servers...),
		service("middle", vip2, "", servers[:100]...),
		service("small", vip3, "", webs[0]),
		virtualServer("marked", fmt.Sprintf("fwmark = %d", mark), "", "", servers[:markedServers]))
	begin := time.Now()
	testRoleChange(t, c, "several addresses", vips, len(vips), 600+100+1+markedServers)

	for _, n := range c.nodes() {
		var order []netip.Addr
		for _, a := range c.announced(n, begin) {
			if !slices.Contains(order, a.Address) {
				order = append(order, a.Address)
			}
		}
		// The marked one has no server of its own: nothing to wait for.
		if want := []netip.Addr{vip4, vip3, vip2, vip1}; !slices.Equal(order, want) {
			t.Fatalf("%s took the addresses in the order %v, want %v", n.Name, order, want)
		}
	}
	lab.Claim(t, "several addresses: taken with the fewest servers first, the marked service before all: %s servers",
		"0, 1, 100, 600")
}

// announced lists what a node announced since a moment.
func (c *cluster) announced(n *node, since time.Time) []lab.Announcement {
	link, err := n.Links().LinkByName("eth0")
	c.lab.Expect(err == nil, "eth0 of %s: %v", n.Name, err)
	mac := link.Attrs().HardwareAddr.String()
	return slices.DeleteFunc(c.witness.Announcements(since), func(a lab.Announcement) bool {
		return a.MAC.String() != mac || a.Address == n.address
	})
}

// testLocalServer has directors that are the real servers themselves.
func testLocalServer(t *testing.T) {
	c := newCluster(t, rolechangeInterval)
	for _, n := range c.nodes() {
		n.WebServer(80, vip1)
	}
	c.configure([]netip.Addr{vip1}, service("web", vip1, "", c.lvs1.address.String(), c.lvs2.address.String()))
	r := &rolechange{cluster: c, services: 1, servers: 2}
	// On their loopback the machines always hold the address.
	r.bothUp()
	r.ask(vip1)
	seen := r.clients[0].Attempts()
	if by := seen.By(); by["lvs1"] == 0 || by["lvs2"] == 0 {
		t.Errorf("not both directors answer as servers: %s", seen)
	}
	// A crash would take a server with it: that is about checks.
	stop := r.stop()
	stop.judge(t, "director is a server")
	begin := time.Now()
	r.lvs1.run()
	preempt := r.after(change{what: "preemption"}, r.lvs2, r.lvs1, begin)
	preempt.judge(t, "director is a server")
}
