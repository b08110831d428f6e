package bfd_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"

	"director/bfd"
)

// wire is two sessions in virtual time, and what goes between them. It is the
// only one who knows what was lost.
type wire struct {
	t     *rapid.T
	now   time.Time
	side  [2]*end
	delay time.Duration
	rand  *rand.Rand
	// lose decides about each packet; cut loses all.
	lose func(from int) bool
	cut  bool
}

type end struct {
	cfg   bfd.Config
	s     bfd.Session
	queue []flight // to this end
	heard time.Time
	downs int
	gone  bool
}

type flight struct {
	at time.Time
	p  bfd.Packet
}

func newWire(t *rapid.T) *wire {
	w := &wire{t: t, now: epoch, delay: time.Duration(rapid.IntRange(0, 500).Draw(t, "delay us")) * time.Microsecond}
	w.rand = rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
	w.lose = func(int) bool { return false }
	passive := rapid.IntRange(0, 2).Draw(t, "passive side")
	for i := range w.side {
		cfg := drawConfig(t)
		cfg.Passive = i == passive
		w.side[i] = &end{cfg: cfg}
	}
	return w
}

func drawConfig(t *rapid.T) bfd.Config {
	ms := func(name string) time.Duration {
		return time.Duration(rapid.IntRange(10, 3000).Draw(t, name)) * time.Millisecond
	}
	cfg := config()
	cfg.MinTx, cfg.MinRx, cfg.IdleTx = ms("tx"), ms("rx"), time.Second+ms("idle")
	cfg.Multiplier = uint8(rapid.IntRange(2, 10).Draw(t, "multiplier"))
	return cfg
}

func (w *wire) step(i int, kind bfd.EventKind, p bfd.Packet) {
	e := w.side[i]
	random := w.rand.Uint32()
	s, acts := bfd.Step(bfd.Params{Config: &e.cfg, Discriminator: uint32(i + 1)}, e.s,
		bfd.Event{Kind: kind, At: w.now, Random: random, Packet: p})
	e.s = s
	for _, a := range acts.All() {
		switch a.Kind {
		case bfd.ActSend:
			w.check(i, a.Packet)
			if !w.cut && !w.lose(i) {
				other := w.side[1-i]
				other.queue = append(other.queue, flight{w.now.Add(w.delay), a.Packet})
			}
		case bfd.ActState:
			if a.From == bfd.Up {
				e.downs++
			}
		case bfd.ActGone:
			e.gone = true
		}
	}
}

// check is what any packet of ours must be.
func (w *wire) check(i int, p bfd.Packet) {
	var back bfd.Packet
	if drop := back.Decode(p.Append(nil)); drop != bfd.Accepted || back != p {
		w.t.Fatalf("sent %+v, which reads as %+v (%v)", p, back, drop)
	}
	if p.Poll && p.Final {
		w.t.Fatal("poll and final in one packet")
	}
	if p.State != bfd.Up && p.MinTx < time.Second {
		w.t.Fatalf("%v is idle at %v", p.State, p.MinTx)
	}
	if e := w.side[i]; e.cfg.Passive && e.s.Remote == 0 && e.s.State != bfd.AdminDown {
		w.t.Fatalf("passive, but sends to somebody unknown: %+v", p)
	}
}

// run lets time pass.
func (w *wire) run(d time.Duration) {
	for end := w.now.Add(d); ; {
		next, i, packet := end, -1, false
		for k, e := range w.side {
			if len(e.queue) > 0 && e.queue[0].at.Before(next) {
				next, i, packet = e.queue[0].at, k, true
			}
			if at := e.s.Next(); !at.IsZero() && at.Before(next) {
				next, i, packet = at, k, false
			}
		}
		if i < 0 {
			w.now = end
			return
		}
		if next.After(w.now) {
			w.now = next
		}
		e := w.side[i]
		if !packet {
			w.step(i, bfd.TimerFired, bfd.Packet{})
			w.silence(i)
			continue
		}
		p := e.queue[0].p
		e.queue, e.heard = e.queue[1:], w.now
		w.step(i, bfd.PacketReceived, p)
	}
}

// silence is the promise: nobody is up who has not heard of the other for a
// detection time.
func (w *wire) silence(i int) {
	e := w.side[i]
	if quiet := w.now.Sub(e.heard); e.s.State == bfd.Up && quiet > e.s.DetectionTime() {
		w.t.Fatalf("side %d is up after %v of silence, detection time %v", i, quiet, e.s.DetectionTime())
	}
}

func (w *wire) begin() {
	for i := range w.side {
		w.step(i, bfd.Start, bfd.Packet{})
	}
	w.run(30 * time.Second)
	w.bothUp("after the start")
}

func (w *wire) bothUp(when string) {
	for i, e := range w.side {
		if e.s.State != bfd.Up || !e.s.Alive || e.s.Polling {
			w.t.Fatalf("%s: side %d: %+v", when, i, e.s)
		}
	}
}

func (w *wire) downs() int { return w.side[0].downs + w.side[1].downs }

func TestWireComesUpIsLostAndComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWire(t)
		w.begin()
		worst := max(w.side[0].s.DetectionTime(), w.side[1].s.DetectionTime())
		w.cut = true
		w.run(worst + w.delay + time.Millisecond)
		for i, e := range w.side {
			if e.s.State == bfd.Up || e.s.Alive {
				t.Fatalf("side %d is up %v after the cut", i, worst)
			}
		}
		w.cut = false
		w.run(100 * time.Second)
		w.bothUp("after the cut")
	})
}

// Changes of the intervals, at any time and on both sides, cost no session.
func TestWireSurvivesNewIntervals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWire(t)
		w.begin()
		for range rapid.IntRange(1, 6).Draw(t, "changes") {
			i := rapid.IntRange(0, 1).Draw(t, "side")
			cfg := drawConfig(t)
			cfg.Passive, cfg.Multiplier = w.side[i].cfg.Passive, w.side[i].cfg.Multiplier
			w.side[i].cfg = cfg
			w.step(i, bfd.Reconfigured, bfd.Packet{})
			w.run(time.Duration(rapid.IntRange(0, 5000).Draw(t, "pause ms")) * time.Millisecond)
		}
		w.run(40 * time.Second)
		w.bothUp("after the changes")
		if w.downs() != 0 {
			t.Fatal("a session was lost")
		}
		for i, e := range w.side {
			other := w.side[1-i]
			if got, want := e.s.TxInterval(&e.cfg), max(e.cfg.MinTx, other.cfg.MinRx); got != want {
				t.Fatalf("side %d sends every %v, want %v", i, got, want)
			}
			want := time.Duration(other.cfg.Multiplier) * max(e.cfg.MinRx, other.cfg.MinTx)
			if got := e.s.DetectionTime(); got != want {
				t.Fatalf("side %d: detection time %v, want %v", i, got, want)
			}
		}
	})
}

// Any loss: no packet is malformed, nobody believes in silence, and when the
// loss ends the session is up.
func TestWireLoss(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWire(t)
		percent := rapid.IntRange(0, 90).Draw(t, "loss")
		w.lose = func(int) bool { return w.rand.IntN(100) < percent }
		for i := range w.side {
			w.step(i, bfd.Start, bfd.Packet{})
		}
		w.run(10 * time.Second)
		w.lose = func(int) bool { return false }
		w.run(100 * time.Second)
		w.bothUp("after the loss")
	})
}

// One packet less than the multiplier may be lost in a row.
func TestWireLosesFewerThanTheMultiplier(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWire(t)
		w.begin()
		var inARow [2]int
		w.lose = func(from int) bool {
			inARow[from]++
			if inARow[from] >= int(w.side[from].cfg.Multiplier) {
				inARow[from] = 0
				return false
			}
			return true
		}
		w.run(20 * time.Second)
		if w.downs() != 0 {
			t.Fatal("a session was lost")
		}
	})
}

// A stop is no failure, even when packets of the goodbye are lost.
func TestWireGoodbye(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWire(t)
		w.begin()
		survivor := rapid.IntRange(0, 2).Draw(t, "the goodbye that arrives")
		sent := 0
		w.lose = func(from int) bool {
			if from == 0 {
				sent++
			}
			return from == 0 && sent-1 != survivor
		}
		w.step(0, bfd.Shutdown, bfd.Packet{})
		w.run(10 * time.Second)
		if other := w.side[1]; !w.side[0].gone || other.s.State != bfd.Down || !other.s.Alive {
			t.Fatalf("gone %v, the other %+v", w.side[0].gone, other.s)
		}
	})
}
