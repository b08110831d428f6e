package integration

import (
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"director/integration/lab"
)

// TestHMACClock steps the clock that HMAC stamps are made of. All machines of a
// guest have the same, so both routers step at once; an attacker plays what was
// captured when the clock showed the same time before.
//
// It needs a kernel with IPVS: only a guest's clock may be set.
func TestHMACClock(t *testing.T) {
	lab.Need(t, lab.Netns, lab.IPVS)
	info, _ := os.ReadFile("/proc/cpuinfo")
	if !strings.Contains(string(info), "User Mode Linux") {
		lab.Claim(t, "nothing: this kernel has IPVS itself, and its clock is not a test's to set")
		return
	}
	const hour = time.Hour
	for rule, steps := range map[string][]time.Duration{"time": {hour, -hour, -hour}, "monotonic": {-hour, hour}} {
		t.Run(rule, func(t *testing.T) {
			w := wires[2]
			w.interval = time.Second
			lab.Fairly(t, w.interval/2, func(t lab.T) { testHMACClock(t, w, rule, steps) })
		})
	}
}

func testHMACClock(t lab.T, w wire, rule string, steps []time.Duration) {
	lines := append(signing("enforce", 1, 1), "")
	copy(lines[2:], lines[1:])
	lines[1] = "anti_replay = \"" + rule + "\""
	p := newSignedPair(t, w, lines)
	was := p.transitions()

	for _, by := range steps {
		captured := p.from(p.b, time.Time{})
		p.stepClock(by)
		p.believed("after a step of " + by.String())
		before := p.refused()
		for _, f := range captured {
			err := p.player.Play(f, p.a.mac())
			p.lab.Expect(err == nil, "attacker: %v", err)
		}
		p.lab.Eventually(long, "the backup refuses what was captured", func() bool {
			time.Sleep(20 * time.Millisecond)
			return p.refused() >= before+uint64(len(captured))
		})
		p.believed("after that")
		if now := p.transitions(); now != was {
			t.Fatalf("%v role changes after a step of %v, were %v", now, by, was)
		}
		p.lab.Expect(p.holds(p.b) && p.lacks(p.a), "the master holds its addresses, the backup does not")
		lab.Claim(t, "the clock steps by %v: the backup believes the master at once and refuses the %d adverts captured before; no role change", by, len(captured))
	}
}

// stepClock sets the clock of the whole guest.
func (p *signedPair) stepClock(by time.Duration) {
	now := unix.NsecToTimeval(time.Now().Add(by).UnixNano())
	err := unix.Settimeofday(&now)
	p.lab.Expect(err == nil, "set the clock: %v", err)
}

// believed waits until the backup believes adverts of the master, which it must do
// before it would have to take over.
func (p *signedPair) believed(when string) {
	before := p.low.instance().Adverts.Received
	p.lab.Eventually(p.wire.down(p.a.priority)+room, "the backup believes the master "+when, func() bool {
		time.Sleep(20 * time.Millisecond)
		return p.low.instance().Adverts.Received > before+1
	})
}

// refused is what the backup has dropped so far as old.
func (p *signedPair) refused() uint64 {
	i := p.low.instance()
	return i.Dropped["hmac stale"] + i.Dropped["hmac replay"]
}
