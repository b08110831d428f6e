package integration

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"director/integration/lab"
)

// A twin is two machines with a sync group over two segments.
type twin struct {
	lab     *lab.Lab
	a, b    *balancer
	witness map[string]*lab.Witness // by interface
}

// newTwin makes the machines; nothing runs yet.
func newTwin(t *testing.T) *twin {
	t.Helper()
	l := lab.New(t)
	out, in := l.Segment("out"), l.Segment("in")
	machine := func(name, last string) *balancer {
		return &balancer{Host: l.Host(name, out.At("10.99.0."+last+"/24"), in.At("10.88.0."+last+"/24")), lab: l}
	}
	return &twin{lab: l, a: machine("a", "2"), b: machine("b", "3"),
		witness: map[string]*lab.Witness{"eth0": out.Witness(), "eth1": in.Witness()}}
}

// groupConf is a sync group of OUT and IN, with lines for the group and for each
// of the two.
func groupConf(group string, out, in int, lines ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "vrrp_sync_group \"EDGE\" {\n  group = [\"OUT\", \"IN\"]\n  %s\n}\n", group)
	for n, name := range []string{"OUT", "IN"} {
		fmt.Fprintf(&b, "vrrp_instance %q {\n  interface = \"eth%d\"\n  virtual_router_id = %d\n  advert_int = 0.1\n  priority = %d\n",
			name, n, 51+n, []int{out, in}[n])
		fmt.Fprintf(&b, "  virtual_ipaddress \"10.%d.0.100/24\" {}\n", 99-11*n)
		if n < len(lines) {
			b.WriteString("  " + lines[n] + "\n")
		}
		b.WriteString("}\n")
	}
	return b.String()
}

// are waits until both instances of a machine have the same state.
func (w *twin) are(b *balancer, state string) {
	w.lab.Eventually(5*room, fmt.Sprintf("OUT and IN of %s are %s", b.Name, state), func() bool {
		time.Sleep(20 * time.Millisecond)
		return b.instance("OUT").State == state && b.instance("IN").State == state
	})
}

// masters waits until each segment has adverts of one machine only, as long as
// a reading has to stay.
func (w *twin) masters(last string) {
	begin := time.Now()
	w.lab.Eventually(5*room, "10.x.0."+last+" is the only master on both segments", func() bool {
		time.Sleep(20 * time.Millisecond)
		since := time.Now().Add(-steadyFor)
		for _, witness := range w.witness {
			all := witness.Masters(since)
			if len(all) != 1 || !strings.HasSuffix(all[0].String(), "."+last) || since.Before(begin) {
				return false
			}
		}
		return true
	})
}

// testSyncGroup takes a group through its roles: what befalls one befalls all.
func testSyncGroup(t *testing.T) {
	w := newTwin(t)
	w.b.start(groupConf("", 100, 100))
	w.are(w.b, "MASTER")
	// One of the higher priorities alone does not make the group master.
	w.a.start(groupConf("", 150, 50))
	w.are(w.a, "BACKUP")
	begin := time.Now()
	w.lab.Eventually(5*room, "a waits for its other member", func() bool { return w.a.instance("OUT").Wishing })
	time.Sleep(10 * steadyFor / 3)
	w.are(w.a, "BACKUP")
	w.masters("3")
	if all := w.witness["eth0"].Masters(begin); len(all) != 1 {
		t.Errorf("%v were master of one half", all)
	}
	lab.Claim(t, "a member with the higher priority waits for the other: the group becomes master together or not at all")

	w.a.reload(groupConf("", 150, 150))
	w.are(w.a, "MASTER")
	w.masters("2")
	w.are(w.b, "BACKUP")
	w.a.Run("ip", "link", "set", "eth1", "down")
	w.are(w.a, "FAULT")
	w.masters("3")
	if out := w.a.instance("OUT"); len(out.Faults) != 1 || !strings.Contains(out.Faults[0], "sync group EDGE: IN: interface eth1 is down") {
		t.Errorf("OUT is in FAULT because of %q", out.Faults)
	}
	if last, _ := w.zero("eth0", begin); last != "10.99.0.2" {
		t.Errorf("no priority 0 on the segment that is in order: %s", last)
	}
	w.a.Run("ip", "link", "set", "eth1", "up")
	w.are(w.a, "MASTER")
	w.masters("2")
	lab.Claim(t, "one member's fault is all members': the other leaves with priority 0 and says why; both come back together")

	w.a.director.Stop()
	w.are(w.b, "MASTER")
	w.masters("3")
	lab.Claim(t, "a stop of one hands both to the other")
}

// zero is who last sent priority 0 on a segment since a moment.
func (w *twin) zero(segment string, since time.Time) (source string, ok bool) {
	for _, a := range w.witness[segment].Adverts(since) {
		if a.Priority == 0 {
			source, ok = a.Source.String(), true
		}
	}
	return source, ok
}

// priorities waits for the priorities of both instances on the wire.
func (w *twin) priorities(t *testing.T, what string, out, in int) {
	t.Helper()
	got := [2]uint8{}
	if !w.lab.Becomes(5*room, func() bool {
		time.Sleep(20 * time.Millisecond)
		a, _ := w.witness["eth0"].Latest(51)
		b, _ := w.witness["eth1"].Latest(52)
		got = [2]uint8{a.Priority, b.Priority}
		return got == [2]uint8{uint8(out), uint8(in)}
	}) {
		t.Errorf("%s: priorities on the wire are %v, want %d and %d", what, got, out, in)
	}
}

// testGroupWeights shows what becomes of the weights of trackers in a group,
// with and without sync_group_tracking_weight.
func testGroupWeights(t *testing.T) {
	w := newTwin(t)
	flag := w.lab.File("flag", "")
	number := w.lab.File("number", "20")
	objects := fmt.Sprintf("vrrp_script \"chk\" {\n  script = [\"/usr/bin/test\", \"-e\", %q]\n  interval = 0.2\n  weight = 30\n}\n"+
		"track_file \"num\" {\n  file = %q\n}\n", flag, number)
	const trackers = "track_script \"chk\" {}\n  track_file \"num\" { weight = 2 }"
	conf := func(group string) string { return global() + objects + groupConf(group, 100, 100) }

	w.a.start(conf("sync_group_tracking_weight = true\n  " + trackers))
	w.priorities(t, "with sync_group_tracking_weight", 170, 170)
	w.lab.File("number", "-5")
	w.priorities(t, "the file says -5", 120, 120)
	w.lab.Eventually(room, "status has the terms", func() bool {
		i := w.a.instance("IN")
		return i.Priority == 120 && len(i.Terms) == 2 && sumOf(i) == 120
	})
	lab.Claim(t, "sync_group_tracking_weight: what the group tracks changes the priority of every member")

	before := w.a.status().Control.Generation
	w.lab.File("a/director.hcl", conf(trackers))
	w.a.director.Signal(syscall.SIGHUP)
	w.lab.Eventually(5*room, "weights without it are refused", func() bool {
		return w.a.director.Said("Weights need sync_group_tracking_weight in vrrp_sync_group \"EDGE\"")
	})
	w.priorities(t, "after the refused file", 120, 120)
	w.lab.Expect(w.a.status().Control.Generation == before, "the refused file changed something")
	w.a.reload(conf("track_script \"chk\" { weight = 0 }"))
	w.priorities(t, "a script without weight", 100, 100)
	w.a.Run("rm", flag)
	w.are(w.a, "FAULT")
	w.lab.File("flag", "")
	w.are(w.a, "MASTER")
	lab.Claim(t, "without it a weight in a group is an error (keepalived drops it, or what it belongs to); a script without weight puts all members in FAULT")
}
