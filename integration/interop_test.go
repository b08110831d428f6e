package integration

import (
	"fmt"
	"testing"
	"time"

	"director/integration/lab"
)

// TestInterop sets a director beside keepalived 2.2.7, each as the higher and
// as the lower priority, on every kind of wire that both know. One row sets
// keepalived beside itself: what fails there is the lab's fault.
func TestInterop(t *testing.T) {
	lab.Need(t, lab.Netns, lab.Keepalived)
	programs := [][2]string{{"director", "keepalived"}, {"keepalived", "director"}}
	for _, w := range wires {
		for _, p := range programs {
			t.Run(fmt.Sprintf("%s, %s before %s", w.name, p[0], p[1]), func(t *testing.T) {
				t.Parallel()
				testPriorities(t, w, p[0], p[1])
			})
		}
	}
	t.Run("keepalived before itself", func(t *testing.T) {
		t.Parallel()
		testPriorities(t, wires[2], "keepalived", "keepalived")
	})
	for _, w := range []wire{wires[0], wires[3], wires[4]} {
		for _, p := range programs {
			t.Run(fmt.Sprintf("%s, %s does not preempt %s", w.name, p[0], p[1]), func(t *testing.T) {
				t.Parallel()
				testNopreempt(t, w, p[0], p[1])
			})
			t.Run(fmt.Sprintf("%s, equal, %s with the higher address than %s", w.name, p[0], p[1]), func(t *testing.T) {
				t.Parallel()
				testEqual(t, w, p[0], p[1])
			})
		}
	}
}

// room is added to every deadline: two CPUs, and many labs at once.
const room = 2 * time.Second

// testPriorities walks two routers of different priority through all that can
// happen to either.
func testPriorities(t *testing.T, w wire, higher, lower string) {
	p := newPair(t, w, lower, higher)
	low, high := p.a, p.b
	high.priority = 150

	low.start()
	p.becomesMaster(low, p.wire.down(low.priority))
	begin := time.Now()
	high.start()
	p.becomesMaster(high, p.wire.down(high.priority))
	took := since(begin)
	p.oneMaster(high)
	lab.Claim(t, "%s with priority 150 preempts %s with 100, %s after its start", higher, lower, took)

	low.process.Stop()
	low.start()
	p.staysMaster(high, low)
	low.Crash()
	p.staysMaster(high, low)
	low.Return()
	low.start()
	p.staysMaster(high, low)
	lab.Claim(t, "stop, crash and return of the backup change nothing")

	begin = time.Now()
	high.process.Stop()
	p.becomesMaster(low, p.wire.skew(low.priority))
	gap := p.firstAdvert(low, begin).Sub(p.lastAdvert(high, begin))
	if limit := p.wire.skew(low.priority) + p.wire.interval; gap > limit+room/4 {
		t.Errorf("%s took over %v after the last advert of a router that stopped, want skew time %v", lower, gap, p.wire.skew(low.priority))
	}
	lab.Claim(t, "stop of the master: %s takes over %s after its last advert (skew %s)", lower, ms(gap), ms(p.wire.skew(low.priority)))

	high.start()
	p.becomesMaster(high, p.wire.down(high.priority))
	p.oneMaster(high)
	begin = time.Now()
	high.Crash()
	p.becomesMaster(low, p.wire.down(low.priority))
	gap = p.firstAdvert(low, begin).Sub(p.lastAdvert(high, begin.Add(-w.interval-room)))
	if floor := p.wire.down(low.priority); gap < floor-floor/20 || gap > floor+room/2 {
		t.Errorf("%s took over %v after the last advert of a router that crashed, want %v", lower, gap, floor)
	}
	lab.Claim(t, "crash of the master: %s takes over %s after its last advert (floor %s)", lower, ms(gap), ms(p.wire.down(low.priority)))

	high.Return()
	high.start()
	p.becomesMaster(high, p.wire.down(high.priority))
	p.oneMaster(high)
	high.Cut()
	p.becomesMaster(low, p.wire.down(low.priority))
	high.Connect()
	p.becomesBackup(low)
	p.oneMaster(high)
	lab.Claim(t, "after a crash, and after a cut that made two masters, only %s is master", higher)
}

// testNopreempt gives the higher priority nopreempt.
func testNopreempt(t *testing.T, w wire, higher, lower string) {
	p := newPair(t, w, lower, higher)
	low, high := p.a, p.b
	high.priority, high.nopreempt = 150, true

	low.start()
	p.becomesMaster(low, p.wire.down(low.priority))
	high.start()
	p.staysMaster(low, high)
	low.process.Stop()
	p.becomesMaster(high, p.wire.skew(high.priority))
	low.start()
	p.staysMaster(high, low)
	lab.Claim(t, "%s with nopreempt leaves %s alone, takes over when it stops, and keeps it", higher, lower)
}

// testEqual gives both the same priority.
func testEqual(t *testing.T, w wire, higher, lower string) {
	p := newPair(t, w, lower, higher)
	low, high := p.a, p.b

	low.start()
	p.becomesMaster(low, p.wire.down(low.priority))
	high.start()
	p.staysMaster(low, high)
	low.Cut()
	p.becomesMaster(high, p.wire.down(high.priority))
	low.Connect()
	p.becomesBackup(low)
	p.oneMaster(high)
	lab.Claim(t, "of two masters with equal priority %s with the higher address stays, and never preempts before", higher)
}
