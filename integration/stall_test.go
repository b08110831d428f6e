package integration

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"director/integration/lab"
)

// TestStall stops the dataplane, as a paused machine does, for longer than other
// routers wait: who wakes up must listen before it claims or announces anything.
// A stopped control process is TestControl's.
func TestStall(t *testing.T) {
	lab.Need(t, lab.Netns, lab.Keepalived)
	for _, w := range []wire{wires[0], wires[2], wires[4]} {
		for _, other := range []string{"director", "keepalived"} {
			t.Run(fmt.Sprintf("%s, master, beside %s", w.name, other), func(t *testing.T) {
				t.Parallel()
				lab.Fairly(t, w.interval/4, func(t lab.T) { testMasterStopped(t, w, other) })
			})
			t.Run(fmt.Sprintf("%s, backup, beside %s", w.name, other), func(t *testing.T) {
				t.Parallel()
				lab.Fairly(t, w.interval/4, func(t lab.T) { testBackupStopped(t, w, other) })
			})
		}
	}
	t.Run("alone", func(t *testing.T) {
		t.Parallel()
		lab.Fairly(t, wires[2].interval/4, func(t lab.T) { testStoppedAlone(t) })
	})
	t.Run("short", func(t *testing.T) {
		t.Parallel()
		lab.Fairly(t, wires[0].interval/4, func(t lab.T) { testStoppedShortly(t) })
	})
	t.Run("starved", func(t *testing.T) {
		t.Parallel()
		lab.Fairly(t, wires[2].interval/4, func(t lab.T) { testStarved(t) })
	})
}

// stalls are for how much longer than the others wait a process is stopped: once so
// that its socket holds all it missed, once so that most of that is too old to say
// when it came.
func (w wire) stalls() []time.Duration {
	if w.interval >= time.Second {
		return []time.Duration{w.interval}
	}
	return []time.Duration{2 * w.interval, 2 * time.Second}
}

// slack is what timestamps of one machine may differ by.
const slack = 5 * time.Millisecond

// announcing makes announcements fall due all the time.
const announcing = "garp_master_refresh = 0.1"

func testMasterStopped(t lab.T, w wire, other string) {
	p := newPair(t, w, other, "director")
	low, high := p.a, p.b
	high.priority = 150
	roll := p.lab.Host("asker", p.lan.At()).Roll(wires[2].vips()[0].Addr(), 5*time.Millisecond)
	low.start()
	high.further = []string{announcing}
	d := high.direct()
	p.becomesMaster(high, w.down(high.priority))
	p.oneMaster(high)

	for _, more := range w.stalls() {
		d.becomes("MASTER", room)
		before := d.instance()
		stall := p.stop(high)
		p.becomesMaster(low, w.down(low.priority))
		p.adverts(low, time.Now().Add(more))
		stall.goOn()
		p.lab.Eventually(w.down(high.priority)+w.interval+room, "it has given way", func() bool {
			return d.instance().Transitions > before.Transitions
		})
		p.becomesMaster(high, w.down(high.priority))
		p.oneMaster(high)

		claim := p.firstClaim(high, stall.end)
		gap := p.gap(stall.begin, time.Now())
		if limit := w.down(low.priority) + room/4; gap > limit {
			t.Fatalf("no advert for %v, want at most %v", gap, limit)
		}
		i := d.instance()
		if got := i.Transitions - before.Transitions; got != 2 {
			t.Fatalf("%d role changes, want 2: it gives way, and preempts", got)
		}
		if late := time.Duration(i.Adverts.WorstLatenessSeconds * float64(time.Second)); late < stall.took()-w.interval {
			t.Fatalf("worst lateness %v after it was stopped for %v", late, stall.took())
		}
		both := "its address"
		if !w.ipv6 {
			both = "(ARP) " + ms(p.answersOn(roll, high, low, stall.end, claim))
		}
		lab.Claim(t, "stopped for %s, %s gives way though its priority is higher, claims nothing for %s, then preempts; two answer for %s; at most %s between two adverts",
			ms(stall.took()), high, ms(claim.Sub(stall.end)), both, ms(gap))
	}
}

// answersOn is for how long the stopped router went on to answer ARP, while the
// other one did as well: until it had given way, which is what it must do first.
func (p *pair) answersOn(roll *lab.Roll, stopped, other *router, since, until time.Time) time.Duration {
	var on time.Duration
	others := 0
	for _, a := range roll.Since(since) {
		switch {
		case a.At.After(until):
		case bytes.Equal(a.MAC, stopped.mac()):
			on = max(on, a.At.Sub(since))
		default:
			others++
		}
	}
	p.lab.Expect(others > 0, "%s does not answer ARP", other)
	p.lab.Expect(on <= p.wire.interval+room/4, "%s answers ARP for %v more, while %s is master", stopped, on, other)
	return on
}

func testBackupStopped(t lab.T, w wire, other string) {
	p := newPair(t, w, "director", other)
	low, high := p.a, p.b
	high.priority = 150
	high.start()
	p.becomesMaster(high, w.down(high.priority))
	low.further = []string{announcing}
	d := low.direct()
	d.becomes("BACKUP", w.interval+room)
	p.oneMaster(high)

	for _, more := range w.stalls() {
		before := d.instance()
		stall := p.stop(low)
		p.adverts(high, time.Now().Add(w.down(low.priority)+more))
		stall.goOn()
		p.staysMaster(high, low)
		p.silent(low, stall.end)
		p.lab.Expect(d.instance().Transitions == before.Transitions, "a backup that was stopped made role changes")
		lab.Claim(t, "stopped for %s, %s as backup wakes up, claims nothing and stays backup", ms(stall.took()), low)
	}

	stall := p.stop(low)
	begin := time.Now()
	high.Crash()
	p.lab.Eventually(w.down(low.priority)+w.interval+room, "nobody is master for longer than anybody waits", func() bool {
		return time.Since(begin) > w.down(low.priority)+2*w.interval
	})
	stall.goOn()
	p.becomesMaster(low, w.interval+w.skew(low.priority))
	claim := p.firstClaim(low, stall.end).Sub(stall.end)
	if least := w.interval - slack; claim < least {
		t.Fatalf("it claimed the addresses %v after it woke up, want an interval", claim)
	}
	lab.Claim(t, "the master crashed meanwhile: %s listens %s, then takes over", low, ms(claim))
}

// A master that nobody has replaced stays one, but listens as well.
func testStoppedAlone(t lab.T) {
	p := newPair(t, wires[2], "director", "director")
	p.a.further = []string{announcing}
	d := p.a.direct()
	p.becomesMaster(p.a, p.wire.down(p.a.priority))
	d.becomes("MASTER", room)
	before := d.instance()
	stall := p.stop(p.a)
	p.passes(2 * p.wire.down(p.a.priority))
	stall.goOn()
	claim := p.firstClaim(p.a, stall.end).Sub(stall.end)
	if least := p.wire.interval + p.wire.skew(p.a.priority) - slack; claim < least {
		t.Fatalf("it claimed its addresses %v after it woke up, want %v", claim, least)
	}
	if n := d.instance().Transitions - before.Transitions; n != 0 || !p.holds(p.a) {
		t.Fatalf("%d role changes, want none", n)
	}
	lab.Claim(t, "alone: a master that was stopped for %s listens %s, and goes on as master", ms(stall.took()), ms(claim))
}

// Whoever is away for less than the others wait loses nothing, and status says how
// close it was.
func testStoppedShortly(t lab.T) {
	w := wires[0]
	p := newPair(t, w, "director", "director")
	p.b.priority = 150
	high := p.b.direct()
	p.becomesMaster(p.b, w.down(p.b.priority))
	low := p.a.direct()
	low.becomes("BACKUP", w.interval+room)
	p.oneMaster(p.b)
	stall := p.stop(p.b)
	p.passes(3 * w.interval / 2)
	stall.goOn()
	p.staysMaster(p.b, p.a)

	gap := p.gap(stall.begin.Add(-w.interval), time.Now())
	late := high.instance().Adverts.WorstLatenessSeconds
	margin := low.instance().SmallestMarginSeconds
	const near = 0.1
	if want := (gap - w.interval).Seconds(); late < want-near || late > want+near {
		t.Fatalf("worst lateness %.3f s, the wire says %.3f s", late, want)
	}
	if want := (w.down(p.a.priority) - gap).Seconds(); margin < want-near || margin > want+near {
		t.Fatalf("smallest margin %.3f s, the wire says %.3f s", margin, want)
	}
	lab.Claim(t, "stopped for %s: no role change; the master's status says %.3f s late, the backup's %.3f s left, as the wire does",
		ms(stall.took()), late, margin)
}

// Others take most of the machine's time: nobody may lose the role by that as long
// as adverts leave within the time that backups wait.
func testStarved(t lab.T) {
	w := wires[2]
	p := newPair(t, w, "director", "director")
	p.b.priority = 150
	high := p.b.direct()
	p.becomesMaster(p.b, w.down(p.b.priority))
	low := p.a.direct()
	low.becomes("BACKUP", w.interval+room)
	p.oneMaster(p.b)
	high.becomes("MASTER", room)
	transitions := func() [2]uint64 { return [2]uint64{high.instance().Transitions, low.instance().Transitions} }
	was, begin := transitions(), time.Now()
	for range 20 {
		for _, r := range []*router{p.b, p.a} {
			stall := p.stop(r)
			p.passes(w.interval)
			stall.goOn()
		}
		p.passes(w.interval / 10)
	}
	took, gap := since(begin), p.gap(begin, time.Now())
	p.staysMaster(p.b, p.a)
	if now := transitions(); now != was {
		t.Fatalf("%v role changes, were %v", now, was)
	}
	lab.Claim(t, "each stopped %s of every %s, for %s: no role change, at most %s between two adverts",
		ms(w.interval), ms(21*w.interval/10), took, ms(gap))
}
