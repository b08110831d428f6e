package integration

import (
	"testing"
	"time"

	"director/integration/lab"
)

// testTrackInterface takes a tracked interface through all that can happen to
// it; what keepalived knows of it, too, is in testTrackersBeside.
func testTrackInterface(t *testing.T) {
	p := newPlayground(t,
		tracking{uses: []use{{kind: "interface", name: "t0"}}},
		tracking{uses: []use{{kind: "interface", name: "t0", reverse: true}}},
		tracking{uses: []use{{kind: "interface", name: "t0", weight: -20, reverse: true}}},
		tracking{uses: []use{{kind: "interface", name: "t0", weight: 20}, {kind: "interface", name: "t2", weight: 5}}},
		tracking{uses: []use{{kind: "interface", name: "t0"}, {kind: "interface", name: "t2"}}})
	p.run("")
	p.reads(t, "t2 has never been there", 100, inFault, 100, 120, inFault)
	p.Run("ip", "link", "add", "t2", "type", "veth", "peer", "name", "t3")
	p.Run("ip", "link", "set", "t3", "up")
	p.Run("ip", "link", "set", "t2", "up")
	p.reads(t, "t2 is made", 100, inFault, 100, 125, 100)
	lab.Claim(t, "a tracked interface that comes late counts as down until it is there")

	p.Run("ip", "link", "set", "t1", "down")
	p.reads(t, "the carrier goes", inFault, 100, 120, 105, inFault)
	p.Run("ip", "link", "set", "t2", "down")
	p.reads(t, "both are down", inFault, 100, 120, 100, inFault)
	p.Run("ip", "link", "set", "t1", "up")
	p.reads(t, "one is back", 100, inFault, 100, 120, inFault)
	p.Run("ip", "link", "set", "t2", "up")
	p.reads(t, "both are back", 100, inFault, 100, 125, 100)
	lab.Claim(t, "of two interfaces without weight that are down, both have to come back; without carrier is down")

	p.Run("ip", "link", "set", "t2", "down")
	p.Run("ip", "link", "set", "t2", "name", "other2")
	p.Run("ip", "link", "set", "other2", "up")
	p.reads(t, "t2 has another name", 100, inFault, 100, 120, inFault)
	p.Run("ip", "link", "set", "other2", "down")
	p.Run("ip", "link", "set", "other2", "name", "t2")
	p.Run("ip", "link", "set", "t2", "up")
	p.reads(t, "t2 has its name again", 100, inFault, 100, 125, 100)
	p.Run("ip", "link", "del", "t0")
	p.reads(t, "t0 is deleted", inFault, 100, 120, 105, inFault)
	p.makeLink()
	p.reads(t, "t0 is made again", 100, inFault, 100, 125, 100)
	lab.Claim(t, "a tracked interface that gets another name, or is deleted, is down, and up again under its own name, or made again")
}

// testInterfaceDelays shows that interface_up_down_delays hides what is shorter,
// and puts off what is longer.
func testInterfaceDelays(t *testing.T) {
	const down, up = time.Second, 2 * time.Second
	// A delay of down is bounded by the time that peers wait.
	p := newPlayground(t, tracking{uses: []use{{kind: "interface", name: "t0", weight: 20}}, more: []string{"down_timer_adverts = 12"}})
	p.run("interface_up_down_delays \"t0\" {\n  down = 1\n  up = 2\n}\n")
	p.reads(t, "start", 120)
	begin := time.Now()
	p.Run("ip", "link", "set", "t0", "down")
	p.reads(t, "t0 is down for longer", 100)
	wentDown := p.firstWith(0, 100, begin).Sub(begin)
	begin = time.Now()
	p.Run("ip", "link", "set", "t0", "up")
	p.reads(t, "t0 is up for longer", 120)
	wentUp := p.firstWith(0, 120, begin).Sub(begin)
	if wentDown < down || wentUp < up {
		t.Errorf("t0 down counted after %v, up after %v, want %v and %v at least", wentDown, wentUp, down, up)
	}
	begin = time.Now()
	p.Run("ip", "link", "set", "t0", "down")
	p.Run("ip", "link", "set", "t0", "up")
	if took := time.Since(begin); took < down/2 {
		time.Sleep(down + room/4)
		for _, a := range p.witness.Adverts(begin) {
			if a.Priority != 120 {
				t.Errorf("t0 was down for %v only, and the priority went to %d", took, a.Priority)
			}
		}
	}
	lab.Claim(t, "interface_up_down_delays of 1 s and 2 s: down counts after %s, up after %s, a shorter change not at all", ms(wentDown), ms(wentUp))
}

// firstWith is when instance n first had a priority on the wire since a moment.
func (g *gauge) firstWith(n, priority int, since time.Time) time.Time {
	for _, a := range g.witness.Adverts(since) {
		if int(a.VRID) == vridOf(n) && int(a.Priority) == priority {
			return a.At
		}
	}
	g.lab.Expect(false, "no advert of %s with priority %d", nameOf(n), priority)
	return time.Time{}
}
