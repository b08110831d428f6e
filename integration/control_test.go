package integration

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"director/integration/lab"
	"director/internal/api"
)

// TestControl ends the control process, and makes it hang, while a client asks:
// the dataplane goes on without it and brings it back.
//
// It needs a kernel with IPVS.
func TestControl(t *testing.T) {
	lab.Need(t, lab.Netns, lab.IPVS)
	c := newCluster(t, time.Second)
	vips := []netip.Addr{vip1}
	c.configure(vips, service("web", vip1, httpCheck, webs...))
	c.lvs1.run()
	c.lvs2.run()
	c.eventually("lvs1 serves, both know that the servers are up", func() bool {
		return c.lvs1.serves(vips, 1, 2) && c.lvs2.idle(vips) && c.lvs1.healthy() == 2 && c.lvs2.healthy() == 2
	})
	people := c.client.PatientClient(netip.AddrPortFrom(vip1, 80), 20*time.Millisecond)
	c.answersAgain(people, time.Now())
	testControlKilled(t, c, people)
	testControlStopped(t, c, people)
}

// healthy counts the servers that the node's checks have found alive; -1: there
// is no answer.
func (n *node) healthy() int {
	s := n.status()
	if s == nil {
		return -1
	}
	healthy := 0
	for _, service := range s.Services {
		for _, server := range service.Servers {
			if server.Healthy && len(server.Checks) > 0 && server.Checks[0].Known {
				healthy++
			}
		}
	}
	return healthy
}

// steady is what must be the same before and after.
func steady(s *api.Status) string {
	var b strings.Builder
	for _, i := range s.Instances {
		fmt.Fprintf(&b, "%s %s, %d transitions\n", i.Name, i.State, i.Transitions)
	}
	for _, service := range s.Services {
		for _, server := range service.Servers {
			// An age goes from one process to the next.
			fmt.Fprintf(&b, "%s %s healthy %v weight %d\n", service.Name, server.Name, server.Healthy, server.Weight)
		}
	}
	return b.String()
}

func testControlKilled(t *testing.T, c *cluster, people *lab.Client) {
	const kills = 10
	before, begin := c.lvs1.status(), time.Now()
	back := c.lvs1.endControl(kills, syscall.SIGKILL)
	after := c.lvs1.status()
	if after.Dataplane.ControlRestarts != kills {
		t.Errorf("status counts %d restarts, want %d", after.Dataplane.ControlRestarts, kills)
	}
	// A server that comes and goes would be a generation of its own.
	if n := after.Dataplane.Generation - before.Dataplane.Generation; n != kills {
		t.Errorf("the wanted state changed %d times, want once for each control process", n)
	}
	if n := len(c.lvs1.log("control process ended", "restart_in=0s")); n != kills {
		t.Errorf("control was started again at once %d times, want %d", n, kills)
	}
	seen := c.none(people, begin, time.Now())
	c.sinceThen(t, before, begin)
	// How long it takes to start a process is the guest's: see TestControlReturns.
	lab.Claim(t, "%d kills of control: 0 of %d requests failed, no role change, no server flapped, started again at once, answers %s after (median)",
		kills, len(seen), ms(back[kills/2]))
}

// none demands that no request of a time failed, and returns them.
func (c *cluster) none(people *lab.Client, begin, end time.Time) lab.Attempts {
	seen := people.Attempts().Since(begin).Until(end)
	c.lab.Expect(len(seen) > 0 && len(seen.Failed()) == 0, "requests failed: %s", seen)
	return seen
}

// endControl sends the control process a signal so many times, each as soon as
// the dataplane has heard what it wants, and returns how long it was away,
// shortest first.
func (b *balancer) endControl(times int, signal syscall.Signal) []time.Duration {
	before := b.status()
	pid := before.Control.PID
	var away []time.Duration
	for range times {
		b.lab.Expect(syscall.Kill(pid, signal) == nil, "no process %d", pid)
		killed := time.Now()
		var s *api.Status
		b.lab.Eventually(10*room, "another control process answers", func() bool {
			s = b.status()
			return s != nil && s.Control.PID != pid && s.Control.Generation == s.Dataplane.Generation
		})
		away = append(away, time.Since(killed))
		b.lab.Expect(steady(s) == steady(before), "a new control process says\n%s, the one before\n%s", steady(s), steady(before))
		pid = s.Control.PID
	}
	slices.Sort(away)
	return away
}

// sinceThen demands that nothing was changed in the kernel, nor any role.
func (c *cluster) sinceThen(t *testing.T, before *api.Status, begin time.Time) {
	t.Helper()
	if got, want := steady(c.lvs1.status()), steady(before); got != want {
		t.Errorf("lvs1 is now\n%s, was\n%s", got, want)
	}
	if masters := c.witness.Masters(begin); !slices.Equal(masters, []netip.Addr{c.lvs1.address}) {
		t.Errorf("%v advertised, want lvs1 only", masters)
	}
	if services, servers := c.lvs1.forwards(); services != 1 || servers != 2 {
		t.Errorf("lvs1 has %d services and %d servers, want 1 and 2", services, servers)
	}
}

// testControlStopped stops every control process, again and again, for a
// minute. In it lvs1 ends and comes back: two role changes that nobody but the
// dataplanes can have made.
func testControlStopped(t *testing.T, c *cluster, people *lab.Client) {
	const frozen = time.Minute
	vips := []netip.Addr{vip1}
	was := c.lvs2.status()
	begin := time.Now()
	f := c.freeze()
	time.Sleep(frozen / 3)
	before := c.none(people, begin, time.Now())
	if masters := c.witness.Masters(begin); !slices.Equal(masters, []netip.Addr{c.lvs1.address}) {
		t.Errorf("%v advertised while control was stopped, want lvs1 only", masters)
	}
	lab.Claim(t, "control stopped for %v: 0 of %d requests failed, no role change", frozen/3, len(before))

	client := c.client.Client(netip.AddrPortFrom(vip1, 80), 20*time.Millisecond)
	c.answersAgain(client, time.Now())
	c.lvs1.Cut()
	c.eventually("lvs2 serves", func() bool { return c.lvs2.serves(vips, 1, 2) })
	c.answersAgain(client, time.Now())
	changed := time.Now()
	time.Sleep(frozen / 3)
	c.lvs1.Connect()
	c.eventually("lvs1 serves alone", func() bool { return c.lvs1.serves(vips, 1, 2) && c.lvs2.idle(vips) })
	back := time.Now()
	time.Sleep(max(straggle, frozen-time.Since(begin)))
	stopped := f.end()

	seen := client.Stop()
	if n := len(seen.With(lab.Refused)); n > 0 {
		t.Errorf("%d new connections were refused: %s", n, seen)
	}
	c.none(people, changed, back.Add(-c.lvs1.down()-straggle))
	for _, n := range c.nodes() {
		c.eventually(n.Name+" knows its servers", func() bool { return n.healthy() == 2 })
	}
	if n := c.lvs2.status().Instances[0].Transitions - was.Instances[0].Transitions; n != 2 {
		t.Errorf("lvs2 made %d role changes, want 2: to master and back", n)
	}
	lab.Claim(t, "all %d control processes stopped for %v: lvs2 took over, served for %s and gave back (gap %s, floor %s); 0 refused",
		stopped, frozen, ms(back.Sub(changed)), ms(seen.Gap()), ms(c.lvs2.down()))
}

// A freezer stops every control process of a cluster as soon as it starts.
type freezer struct {
	quit, done chan struct{}
	stopped    map[int]bool
}

func (c *cluster) freeze() *freezer {
	f := &freezer{quit: make(chan struct{}), done: make(chan struct{}), stopped: map[int]bool{}}
	go func() {
		defer close(f.done)
		for {
			for _, n := range c.nodes() {
				for pid, command := range n.Processes() {
					if strings.HasPrefix(command, "director control ") && !f.stopped[pid] {
						f.stopped[pid] = syscall.Kill(pid, syscall.SIGSTOP) == nil
					}
				}
			}
			select {
			case <-f.quit:
				return
			case <-time.After(100 * time.Millisecond):
			}
		}
	}()
	return f
}

// end lets all go on and returns how many there were.
func (f *freezer) end() int {
	close(f.quit)
	<-f.done
	for pid := range f.stopped {
		_ = syscall.Kill(pid, syscall.SIGCONT) // some have been replaced
	}
	return len(f.stopped)
}

// TestControlReturns shows how fast control is back, where starting a process
// does not take a second by itself.
//
// It needs network namespaces.
func TestControlReturns(t *testing.T) {
	lab.Need(t, lab.Netns)
	l, host := newMachine(t)
	b := newBalancer(l, host, onlyInstance)
	b.becomes("MASTER", room)
	before := b.status()
	const times = 5
	killed := b.endControl(times, syscall.SIGKILL)
	hung := b.endControl(times, syscall.SIGSTOP)
	for _, away := range [][]time.Duration{killed, hung} {
		if median := away[times/2]; median > time.Second {
			t.Errorf("control was away for %v (median of %v), want a second", median, away)
		}
	}
	if s := b.status(); s.Dataplane.ControlRestarts != 2*times || steady(s) != steady(before) {
		t.Errorf("status says %d restarts and %s, want %d and %s", s.Dataplane.ControlRestarts, steady(s), 2*times, steady(before))
	}
	lab.Claim(t, "killed, control answers again after %s (worst %s), hung after %s (worst %s), %d times each; no role change",
		ms(killed[times/2]), ms(killed[times-1]), ms(hung[times/2]), ms(hung[times-1]), times)

	l.File(host.Name+"/director.hcl", strings.Replace(onlyInstance, "100\n", "77\n", 1))
	l.Expect(syscall.Kill(b.status().Control.PID, syscall.SIGSTOP) == nil, "no control process")
	b.director.Signal(syscall.SIGHUP)
	b.eventually("the new configuration is in force", func() bool { return b.instance().BasePriority == 77 })
	lab.Claim(t, "SIGHUP while control hangs is heard by the next one")

	l.Expect(syscall.Kill(b.status().Control.PID, syscall.SIGSTOP) == nil, "no control process")
	took := b.director.Stop()
	if left := host.Processes(); host.Has(vip1) || len(left) > 0 {
		t.Errorf("left after a stop: processes %v, addresses %v", left, host.Addresses())
	}
	lab.Claim(t, "SIGTERM while control hangs is a stop like any other: %s, no address, no process left", ms(took))
}
