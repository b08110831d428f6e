package vrrp

import (
	"testing"
	"time"
)

// conversation is one round of everything that happens in a working cluster.
func conversation() []Event {
	return []Event{
		start(), heard(1, 200, above), heard(2, 0, above), fired(2.609375), fired(3.609375),
		heard(4, 50, lower), priority(4.1, 120), heard(5, 200, above), heard(6, 50, lower),
		simple(Prepared, 6.5), fired(8.6), simple(FaultRaised, 9), simple(FaultCleared, 10),
		simple(Reconfigured, 11), simple(Shutdown, 12),
	}
}

func runConversation(p Params, events []Event) {
	var s State
	for _, ev := range events {
		s, _ = Step(p, s, ev)
	}
}

func benchParams() Params {
	return Params{Config: &Config{Version: 3, Priority: 100, AdvertInt: time.Second}, Source: own}
}

func TestStepAllocatesNothing(t *testing.T) {
	p, events := benchParams(), conversation()
	if n := testing.AllocsPerRun(100, func() { runConversation(p, events) }); n != 0 {
		t.Errorf("%v allocations in %d steps, want 0", n, len(events))
	}
}

func BenchmarkStep(b *testing.B) {
	b.Run("backup hears its master", func(b *testing.B) {
		p := benchParams()
		s, _ := Step(p, State{}, start())
		ev := heard(1, 200, above)
		b.ReportAllocs()
		for b.Loop() {
			s, _ = Step(p, s, ev)
		}
	})
	b.Run("conversation of 15 events", func(b *testing.B) {
		p, events := benchParams(), conversation()
		b.ReportAllocs()
		for b.Loop() {
			runConversation(p, events)
		}
	})
}
