package vrrp

import (
	"log/slog"
	"net/netip"
	"testing"
	"time"
)

func TestArrival(t *testing.T) {
	now := time.Now()
	for _, c := range []struct {
		name     string
		at, want time.Time
	}{
		{"a moment ago", now.Add(-time.Millisecond), now.Add(-time.Millisecond)},
		{"a second ago", now.Add(-time.Second), now.Add(-time.Second)},
		{"longer ago: the clock was set forward", now.Add(-time.Second - 1), now},
		{"in the future: the clock was set back", now.Add(1), now},
		{"the socket does not say", time.Time{}, now},
		{"wall-clock only", now.Add(-time.Millisecond).Round(0), now.Add(-time.Millisecond)},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := arrival(c.at, now); got.Sub(c.want).Abs() > time.Microsecond {
				t.Errorf("%v before now, want %v", now.Sub(got), now.Sub(c.want))
			}
		})
	}
}

func TestTimeDoesNotRunBackwards(t *testing.T) {
	r := steadyRunner(100, false)
	now := r.last
	r.step(Event{Kind: AdvertReceived, At: now, Advert: Advert{Source: above, Priority: 200, Interval: time.Second}})
	deadline := r.state.Deadline
	r.step(Event{Kind: AdvertReceived, At: now.Add(-time.Second), Advert: Advert{Source: above, Priority: 200, Interval: time.Second}})
	if !r.state.Deadline.Equal(deadline) {
		t.Errorf("an older advert moved the deadline by %v", r.state.Deadline.Sub(deadline))
	}
}

// nobody is an Observer and a Transport that do nothing.
type nobody struct{}

func (nobody) RoleChanged(RoleChange)                    {}
func (nobody) Prepare(Key, bool)                         {}
func (nobody) Announce(Key)                              {}
func (nobody) Wish(Key, bool)                            {}
func (nobody) Stayed(Key, string)                        {}
func (nobody) Send(netip.Addr, netip.Addr, []byte) error { return nil }
func (nobody) Drain()                                    {}

// steadyRunner is a Runner with its start behind it, and without a goroutine.
func steadyRunner(priority uint8, startMaster bool) *Runner {
	r := NewRunner(Config{
		Family: IPv4, Version: 3, VRID: 51, Priority: priority, StartMaster: startMaster, AdvertInt: time.Second,
		Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.50")},
	}, nobody{}, slog.New(slog.DiscardHandler))
	r.timer = time.NewTimer(time.Hour)
	r.timer.Stop()
	r.SetTransport(nobody{}, own)
	r.in.listen(true)
	r.obey(r.in.takeCommands())
	r.step(Event{Kind: Start, At: time.Now()})
	return r
}

// hearOne is an advert from socket to Step.
func hearOne(tb testing.TB) func() {
	r := steadyRunner(100, false)
	p := Packet{Version: 3, VRID: 51, Priority: 200, Interval: time.Second, Addresses: r.cfg.Addresses}
	b, err := p.Append(nil, above, GroupIPv4, ChecksumPseudoHeader)
	if err != nil {
		tb.Fatal(err)
	}
	rx := &Received{Payload: b, Protocol: ProtocolVRRP, Src: above, Dst: GroupIPv4, TTL: 255, Header: make([]byte, 0, 20)}
	hear := func() {
		rx.At = time.Now()
		r.Deliver(rx)
		r.work()
	}
	hear()
	if r.out.status().Received != 1 {
		tb.Fatalf("dropped: %v", r.out.status().Drops)
	}
	return hear
}

// sayOne is a regular advert from timer to socket.
func sayOne(tb testing.TB) func() {
	r := steadyRunner(255, true)
	if r.state.Role != Master {
		tb.Fatal(r.state.Role)
	}
	return func() {
		r.state.Deadline = time.Now()
		r.fire()
	}
}

func TestAdvertsAllocateNothing(t *testing.T) {
	if n := testing.AllocsPerRun(1000, hearOne(t)); n != 0 {
		t.Errorf("%v allocations for one heard", n)
	}
	if n := testing.AllocsPerRun(1000, sayOne(t)); n != 0 {
		t.Errorf("%v allocations for one sent", n)
	}
}

func BenchmarkRunner(b *testing.B) {
	for _, c := range []struct {
		name string
		do   func(testing.TB) func()
	}{{"advert heard", hearOne}, {"advert sent", sayOne}} {
		b.Run(c.name, func(b *testing.B) {
			do := c.do(b)
			b.ReportAllocs()
			for b.Loop() {
				do()
			}
		})
	}
}
