package bfd_test

import (
	"testing"
	"time"

	"director/bfd"
)

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// config is a session of 50 ms, three times.
func config() bfd.Config {
	return bfd.Config{
		Name: "peer", Neighbor: b4, Source: a4,
		MinRx: 50 * time.Millisecond, MinTx: 50 * time.Millisecond, IdleTx: time.Second, Multiplier: 3,
	}
}

// script drives one session.
type script struct {
	t      *testing.T
	cfg    bfd.Config
	s      bfd.Session
	now    time.Time
	random uint32
	sent   []bfd.Packet
	gone   bool
}

func start(t *testing.T, cfg bfd.Config) *script {
	t.Helper()
	x := &script{t: t, cfg: cfg, now: epoch, random: 1 << 31}
	x.event(bfd.Event{Kind: bfd.Start})
	return x
}

// event returns what it made the session send.
func (x *script) event(ev bfd.Event) []bfd.Packet {
	x.t.Helper()
	x.sent = nil
	ev.At, ev.Random = x.now, x.random
	var acts bfd.Actions
	x.s, acts = bfd.Step(bfd.Params{Config: &x.cfg, Discriminator: 7}, x.s, ev)
	for _, a := range acts.All() {
		switch a.Kind {
		case bfd.ActSend:
			x.sent = append(x.sent, a.Packet)
		case bfd.ActGone:
			x.gone = true
		}
	}
	return x.sent
}

// hear is a packet of the neighbor, whose discriminator is 9.
func (x *script) hear(state bfd.State, change ...func(*bfd.Packet)) []bfd.Packet {
	x.t.Helper()
	p := bfd.Packet{State: state, Multiplier: 3, My: 9, Your: 7, MinTx: 50 * time.Millisecond, MinRx: 50 * time.Millisecond}
	for _, c := range change {
		c(&p)
	}
	return x.event(bfd.Event{Kind: bfd.PacketReceived, Packet: p})
}

func final(p *bfd.Packet) { p.Final = true }
func poll(p *bfd.Packet)  { p.Poll = true }

// fire lets the next timer fire on time, or late.
func (x *script) fire(late time.Duration) []bfd.Packet {
	x.t.Helper()
	if x.s.Next().IsZero() {
		x.t.Fatal("no timer")
	}
	x.now = x.s.Next().Add(late)
	return x.event(bfd.Event{Kind: bfd.TimerFired})
}

// up brings the session up, with the poll answered.
func (x *script) up() *script {
	x.t.Helper()
	x.hear(bfd.Down)
	x.hear(bfd.Init)
	x.hear(bfd.Up, final)
	x.want(bfd.Up, bfd.DiagNone, true)
	if x.s.Polling {
		x.t.Fatal("still polling")
	}
	return x
}

// silence lets timers fire until the state changes, and returns how long that
// took.
func (x *script) silence() time.Duration {
	x.t.Helper()
	from, was := x.now, x.s.State
	for x.s.State == was {
		x.fire(0)
	}
	return x.now.Sub(from)
}

func (x *script) want(state bfd.State, diag bfd.Diag, alive bool) {
	x.t.Helper()
	if x.s.State != state || x.s.Diag != diag || x.s.Alive != alive {
		x.t.Errorf("%v (%v), alive %v, want %v (%v), %v", x.s.State, x.s.Diag, x.s.Alive, state, diag, alive)
	}
}

// RFC 5880, 6.8.6 and 6.2.
func TestStateTable(t *testing.T) {
	in := map[bfd.State]func(*script){
		bfd.Down: func(*script) {},
		bfd.Init: func(x *script) { x.hear(bfd.Down) },
		bfd.Up:   func(x *script) { x.up() },
	}
	type row struct {
		from, heard, to bfd.State
		diag            bfd.Diag
		alive           bool
	}
	const none, signaled = bfd.DiagNone, bfd.DiagNeighborDown
	for _, r := range []row{
		{bfd.Down, bfd.AdminDown, bfd.Down, none, false},
		{bfd.Down, bfd.Down, bfd.Init, none, false},
		{bfd.Down, bfd.Init, bfd.Up, none, true},
		{bfd.Down, bfd.Up, bfd.Down, none, false},
		{bfd.Init, bfd.AdminDown, bfd.Down, signaled, false},
		{bfd.Init, bfd.Down, bfd.Init, none, false},
		{bfd.Init, bfd.Init, bfd.Up, none, true},
		{bfd.Init, bfd.Up, bfd.Up, none, true},
		{bfd.Up, bfd.AdminDown, bfd.Down, signaled, true}, // no failure
		{bfd.Up, bfd.Down, bfd.Down, signaled, false},
		{bfd.Up, bfd.Init, bfd.Up, none, true},
		{bfd.Up, bfd.Up, bfd.Up, none, true},
	} {
		t.Run(r.from.String()+" hears "+r.heard.String(), func(t *testing.T) {
			x := start(t, config())
			in[r.from](x)
			sent := x.hear(r.heard)
			x.want(r.to, r.diag, r.alive)
			if changed := r.from != r.to; changed != (len(sent) == 1) || changed && sent[0].State != r.to {
				t.Errorf("sent %+v", sent)
			}
		})
	}
}

func TestSilence(t *testing.T) {
	x := start(t, config()).up()
	if took := x.silence(); took != 150*time.Millisecond {
		t.Errorf("detected after %v, want 3 times 50ms", took)
	}
	x.want(bfd.Down, bfd.DiagTimeExpired, false)
	if x.s.Remote != 0 || len(x.sent) != 1 || x.sent[0].Your != 0 || x.sent[0].Diag != bfd.DiagTimeExpired {
		t.Errorf("remembers %d, sent %+v", x.s.Remote, x.sent)
	}
	if x.sent[0].MinTx != time.Second {
		t.Errorf("sends every %v while Down", x.sent[0].MinTx)
	}

	x = start(t, config())
	x.hear(bfd.Down)
	x.silence()
	x.want(bfd.Down, bfd.DiagTimeExpired, false)

	// Below Init silence changes what we know, not what we are.
	x = start(t, config()).up()
	x.hear(bfd.AdminDown)
	for x.s.Remote != 0 {
		x.fire(0)
	}
	x.want(bfd.Down, bfd.DiagNeighborDown, true)
}

func TestDetectionTimeIsTheNeighborsMultiplierAndTheSlowerInterval(t *testing.T) {
	x := start(t, config()).up()
	x.hear(bfd.Up, func(p *bfd.Packet) { p.Multiplier, p.MinTx = 5, 70*time.Millisecond })
	if took := x.silence(); took != 350*time.Millisecond {
		t.Errorf("detected after %v", took)
	}
	x = start(t, config()).up()
	x.hear(bfd.Up, func(p *bfd.Packet) { p.Multiplier, p.MinTx = 4, time.Millisecond })
	if took := x.silence(); took != 200*time.Millisecond {
		t.Errorf("detected after %v", took)
	}
}

func TestJitterAndInterval(t *testing.T) {
	for _, c := range []struct {
		name           string
		random         uint32
		remoteMinRx    time.Duration
		atLeast, below time.Duration
	}{
		{"least jitter", 0, 0, 45 * time.Millisecond, 45*time.Millisecond + 1},
		{"most jitter", 1<<32 - 1, 0, 37500 * time.Microsecond, 37501 * time.Microsecond},
		{"a slow neighbor", 0, 80 * time.Millisecond, 72 * time.Millisecond, 72*time.Millisecond + 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := start(t, config()).up()
			slow := func(p *bfd.Packet) { p.MinRx = max(p.MinRx, c.remoteMinRx) }
			x.random = c.random
			x.hear(bfd.Up, slow)
			x.fire(0)
			before := x.now
			x.hear(bfd.Up, slow)
			if x.fire(0); len(x.sent) != 1 {
				t.Fatalf("sent %+v", x.sent)
			}
			if got := x.now.Sub(before); got < c.atLeast || got >= c.below {
				t.Errorf("after %v, want from %v to %v", got, c.atLeast, c.below)
			}
		})
	}
}

func TestIdle(t *testing.T) {
	cfg := config()
	cfg.IdleTx = 2 * time.Second
	x := start(t, cfg)
	if len(x.sent) != 1 || x.sent[0].State != bfd.Down || x.sent[0].MinTx != cfg.IdleTx || x.sent[0].Poll {
		t.Fatalf("first packet %+v", x.sent)
	}
	x.random = 0
	x.fire(0)
	if x.fire(0); x.now.Sub(epoch) < 3*time.Second {
		t.Errorf("third packet after %v", x.now.Sub(epoch))
	}
}

func TestPollAndFinal(t *testing.T) {
	x := start(t, config())
	x.hear(bfd.Down)
	if sent := x.hear(bfd.Init); len(sent) != 1 || !sent[0].Poll || sent[0].MinTx != 50*time.Millisecond {
		t.Errorf("coming up: %+v", sent)
	}
	if sent := x.hear(bfd.Up, poll); len(sent) != 1 || !sent[0].Final || sent[0].Poll {
		t.Errorf("answer to a poll: %+v", sent)
	}
	if sent := x.fire(0); len(sent) != 1 || !sent[0].Poll || sent[0].Final {
		t.Errorf("goes on to ask: %+v", sent)
	}
	x.hear(bfd.Up, final)
	if sent := x.fire(0); len(sent) != 1 || sent[0].Poll {
		t.Errorf("after the final: %+v", sent)
	}
}

// What the neighbor could take for silence waits for its final; the rest counts
// at once.
func TestChangedIntervals(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		name                          string
		tx, rx                        time.Duration
		txBefore, txAfter             time.Duration
		detectionBefore, detectionEnd time.Duration
	}{
		{"slower", 80 * ms, 50 * ms, 50 * ms, 80 * ms, 150 * ms, 150 * ms},
		{"faster", 60 * ms, 40 * ms, 60 * ms, 60 * ms, 240 * ms, 180 * ms},
		{"hears less", 70 * ms, 90 * ms, 70 * ms, 70 * ms, 270 * ms, 270 * ms},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := config()
			if c.name != "slower" {
				cfg.MinTx, cfg.MinRx = 70*ms, 80*ms
			}
			x := start(t, cfg).up()
			fast := func(p *bfd.Packet) { p.MinTx = min(50*ms, cfg.MinRx); p.MinRx = 10 * ms }
			if c.name == "faster" {
				fast = func(p *bfd.Packet) { p.MinTx, p.MinRx = 60*ms, 10*ms }
			}
			x.hear(bfd.Up, fast)
			x.cfg.MinTx, x.cfg.MinRx = c.tx, c.rx
			sent := x.event(bfd.Event{Kind: bfd.Reconfigured})
			if len(sent) != 1 || !sent[0].Poll || sent[0].MinTx != c.tx || sent[0].MinRx != c.rx {
				t.Fatalf("sent %+v", sent)
			}
			check := func(when string, tx, detection time.Duration) {
				t.Helper()
				if got := x.s.TxInterval(&x.cfg); got != tx {
					t.Errorf("%s the final: sends every %v, want %v", when, got, tx)
				}
				if got := x.s.DetectionTime(); got != detection {
					t.Errorf("%s the final: detection time %v, want %v", when, got, detection)
				}
			}
			check("before", c.txBefore, c.detectionBefore)
			x.hear(bfd.Up, fast)
			check("still before", c.txBefore, c.detectionBefore)
			x.hear(bfd.Up, fast, final)
			check("after", c.txAfter, c.detectionEnd)
		})
	}
}

// A final that answers the poll before a second change does not mean that.
func TestChangeDuringAPoll(t *testing.T) {
	x := start(t, config()).up()
	x.cfg.MinTx = 60 * time.Millisecond
	x.event(bfd.Event{Kind: bfd.Reconfigured})
	x.cfg.MinTx = 90 * time.Millisecond
	x.event(bfd.Event{Kind: bfd.Reconfigured})
	x.hear(bfd.Up, final)
	if got := x.s.TxInterval(&x.cfg); got != 50*time.Millisecond || !x.s.Polling {
		t.Errorf("after the first final: every %v, polling %v", got, x.s.Polling)
	}
	x.hear(bfd.Up, final)
	if got := x.s.TxInterval(&x.cfg); got != 90*time.Millisecond || x.s.Polling {
		t.Errorf("after the second final: every %v, polling %v", got, x.s.Polling)
	}
}

func TestPassive(t *testing.T) {
	cfg := config()
	cfg.Passive = true
	x := start(t, cfg)
	if len(x.sent) != 0 || !x.s.Next().IsZero() {
		t.Fatalf("speaks first: %+v", x.sent)
	}
	if sent := x.hear(bfd.Down); len(sent) != 1 || sent[0].State != bfd.Init {
		t.Errorf("answer %+v", sent)
	}
	x.up()
	x.silence()
	if len(x.sent) != 0 || !x.s.Next().IsZero() {
		t.Errorf("speaks to nobody: %+v", x.sent)
	}
	x.event(bfd.Event{Kind: bfd.Shutdown})
	if x.fire(0); !x.gone || len(x.sent) != 0 {
		t.Errorf("gone %v, sent %+v", x.gone, x.sent)
	}
}

func TestNeighborThatWantsNoPackets(t *testing.T) {
	x := start(t, config()).up()
	deaf := func(p *bfd.Packet) { p.MinRx = 0 }
	x.hear(bfd.Up, deaf)
	if x.s.TxInterval(&x.cfg) != 0 {
		t.Error("goes on to send")
	}
	if sent := x.hear(bfd.Up, deaf, poll); len(sent) != 1 || !sent[0].Final {
		t.Errorf("answer to a poll: %+v", sent)
	}
	if sent := x.hear(bfd.Up); len(sent) != 1 {
		t.Errorf("it wants some again: %+v", sent)
	}
	demand := func(p *bfd.Packet) { p.Demand = true }
	if x.hear(bfd.Up, demand); x.s.TxInterval(&x.cfg) != 0 {
		t.Error("goes on to send in demand mode")
	}
	x.silence()
	x.want(bfd.Down, bfd.DiagTimeExpired, false)
}

func TestShutdown(t *testing.T) {
	x := start(t, config()).up()
	var at []time.Duration
	from := x.now
	for sent := x.event(bfd.Event{Kind: bfd.Shutdown}); !x.gone; sent = x.fire(0) {
		for _, p := range sent {
			if p.State != bfd.AdminDown || p.Diag != bfd.DiagAdminDown {
				t.Errorf("sent %+v", p)
			}
			at = append(at, x.now.Sub(from))
		}
		if got := x.hear(bfd.Up, poll); len(got) != 0 {
			t.Errorf("still answers: %+v", got)
		}
	}
	if len(at) != 3 || at[2] > 50*time.Millisecond {
		t.Errorf("AdminDown sent after %v", at)
	}
	if took := x.now.Sub(from); took != 150*time.Millisecond {
		t.Errorf("gone after %v, want the detection time", took)
	}
	if !x.s.Alive || !x.s.Next().IsZero() {
		t.Error("a goodbye is no failure, and the end")
	}
	cfg := config()
	cfg.MinTx = 10 * time.Second
	x = start(t, cfg).up()
	for x.event(bfd.Event{Kind: bfd.Shutdown}); !x.gone; {
		x.fire(0)
	}
	if took := x.now.Sub(epoch); took > time.Second {
		t.Errorf("gone after %v", took)
	}
}

// A process that was paused hears its neighbor out before it judges it.
func TestStall(t *testing.T) {
	x := start(t, config()).up()
	x.fire(time.Second)
	x.want(bfd.Up, bfd.DiagNone, true)
	if x.s.Stalls != 1 {
		t.Errorf("%d stalls", x.s.Stalls)
	}
	if took := x.silence(); took != 150*time.Millisecond {
		t.Errorf("detected %v after it ran again", took)
	}
	x.want(bfd.Down, bfd.DiagTimeExpired, false)

	// Silence is excused once.
	x = start(t, config()).up()
	x.fire(time.Second)
	x.fire(time.Second)
	x.want(bfd.Down, bfd.DiagTimeExpired, false)

	// A word from the neighbor makes it good again.
	x = start(t, config()).up()
	for range 3 {
		x.fire(time.Second)
		x.hear(bfd.Up)
	}
	x.want(bfd.Up, bfd.DiagNone, true)
	if !x.s.Drain(x.s.Next().Add(time.Second)) || x.s.Drain(x.s.Next()) {
		t.Error("the socket is drained when the neighbor is judged, and only then")
	}
}

func TestStepAllocatesNothing(t *testing.T) {
	x := start(t, config()).up()
	p := bfd.Params{Config: &x.cfg, Discriminator: 7}
	ev := bfd.Event{Kind: bfd.PacketReceived, At: x.now, Packet: bfd.Packet{
		State: bfd.Up, Poll: true, Multiplier: 3, My: 9, MinTx: time.Second, MinRx: time.Second,
	}}
	if n := testing.AllocsPerRun(100, func() { x.s, _ = bfd.Step(p, x.s, ev) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
