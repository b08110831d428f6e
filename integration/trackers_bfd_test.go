package integration

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"director/integration/lab"
)

// testTrackBFD tracks a session with another director, which stops and comes
// back.
func testTrackBFD(t *testing.T) {
	l, lan, host := alone(t, "10.99.0.2/24")
	uses := func(weight int, reverse bool) tracking {
		return tracking{uses: []use{{kind: "bfd", name: "peer", weight: weight, reverse: reverse}}}
	}
	g := &gauge{balancer: &balancer{Host: host, lab: l}, witness: lan.Witness(),
		instances: []tracking{uses(40, false), uses(-40, false), uses(40, true), uses(0, false), uses(0, true)}}
	session := func(neighbor string) string {
		return fmt.Sprintf("bfd_instance \"peer\" {\n  neighbor_ip = %q\n  min_rx = \"50ms\"\n  min_tx = \"50ms\"\n}\n", neighbor)
	}
	g.run(session("10.99.0.3"))
	g.reads(t, "there is nobody", 100, 60, 100, inFault, 100)
	other := newBalancer(l, l.Host("lvs2", lan.At("10.99.0.3/24")), session("10.99.0.2"))
	g.reads(t, "the session is up", 140, 100, 60, 100, inFault)
	if s := g.status(); len(s.BFD) != 1 || !s.BFD[0].Up || s.BFD[0].State != "Up" {
		t.Errorf("status says %+v", s.BFD)
	}
	begin := time.Now()
	dataplane := other.status().Dataplane.PID
	l.Expect(syscall.Kill(dataplane, syscall.SIGSTOP) == nil, "no process %d", dataplane)
	g.reads(t, "the neighbour is stopped", 100, 60, 100, inFault, 100)
	took := g.firstWith(1, 60, begin).Sub(begin)
	l.Expect(syscall.Kill(dataplane, syscall.SIGCONT) == nil, "no process %d", dataplane)
	g.reads(t, "it goes on", 140, 100, 60, 100, inFault)
	lab.Claim(t, "track_bfd: weights, FAULT and reverse; a neighbour that stops changes the priority on the wire after %s (detection time 250ms, next advert 100 ms later at most)", ms(took))
}
