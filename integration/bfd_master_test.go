package integration

import (
	"fmt"
	"testing"
	"time"

	"director/integration/lab"
)

// TestBFDMaster shows that a backup whose BFD session with the master runs out
// takes over at once, at ordinary advert intervals.
//
// It needs network namespaces.
func TestBFDMaster(t *testing.T) {
	lab.Need(t, lab.Netns)
	for _, multicast := range []bool{true, false} {
		w := wire{"version 3, IPv4", 3, false, !multicast, time.Second}
		t.Run(fmt.Sprintf("multicast %t", multicast), func(t *testing.T) { t.Parallel(); testBFDMaster(t, w) })
	}
}

func testBFDMaster(t *testing.T, w wire) {
	p := newPair(t, w, "director", "director")
	p.a.priority = 150
	start := func(r *router) *balancer {
		return newBalancer(p.lab, r.Host, r.directorConf()+fmt.Sprintf(
			"bfd_instance \"other\" {\n  neighbor_ip = %q\n  min_rx = \"20ms\"\n  min_tx = \"20ms\"\n  multiplier = 3\n}\n", r.peer))
	}
	start(p.a)
	backup := start(p.b)
	p.becomesMaster(p.a, w.down(150))
	p.lab.Eventually(5*time.Second+room, "the session is up", func() bool {
		s := backup.status()
		return s != nil && len(s.BFD) == 1 && s.BFD[0].Up && backup.instance().LastMaster != ""
	})
	// Its adverts go on, so the session is what tells.
	before := p.lastAdvert(p.a, time.Now().Add(-2*w.interval))
	begin := time.Now()
	p.a.Crash()
	p.becomesMaster(p.b, room)
	took := p.firstAdvert(p.b, begin).Sub(begin)
	waits := w.down(100) - begin.Sub(before)
	p.lab.Expect(took < waits/2, "b took over after %s; without BFD it would have been %s", ms(took), ms(waits))
	reason := backup.instance().Reason
	p.lab.Expect(reason == "the BFD session with the master is down", "b says %q", reason)
	lab.Claim(t, "BFD at 20 ms x 3, adverts of 1 s: the master's machine dies, the backup is master after %s, not after %s", ms(took), ms(waits))
}
