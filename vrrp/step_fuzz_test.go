package vrrp

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"
)

// FuzzStep feeds arbitrary conversations to an instance. Whatever happens, the
// state is sound, actions and state agree (checkState), services that were
// asked for are used or taken back, and a master that leaves a segment has said
// so.
func FuzzStep(f *testing.F) {
	f.Add([]byte{}, uint8(100), uint8(3), false)
	f.Add([]byte{0, 0, 0, 0, 2, 14, 25, 0, 2, 4, 0, 0}, uint8(100), uint8(2), false)
	f.Add([]byte{0, 0, 0, 0, 3, 4, 0, 50, 3, 4, 0, 50, 2, 10, 0, 0, 7, 1, 0, 0}, uint8(255), uint8(3), true)
	f.Fuzz(func(t *testing.T, script []byte, prio, version uint8, nopreempt bool) {
		cfg := Config{
			Version: 2 + version%2, Priority: max(prio, 1), AdvertInt: time.Second,
			NoPreempt: nopreempt, PreemptDelay: time.Duration(version) * 50 * time.Millisecond,
			StartMaster: prio == 255, LowerPrioNoAdvert: version%3 == 0, HigherPrioSendAdvert: version%5 == 0,
		}
		var s State
		asked := false
		now := epoch
		for ; len(script) >= 4; script = script[4:] {
			now = now.Add(time.Duration(binary.LittleEndian.Uint16(script[1:])) * time.Millisecond)
			before := s
			var acts Actions
			ev := fuzzEvent(script, &s, now)
			now = ev.At
			s, acts = Step(Params{Config: &cfg, Source: own}, s, ev)
			checkState(t, &s, &acts)
			asked = checkActions(t, &before, &s, &acts, asked)
		}
	})
}

// fuzzEvent makes an event of a kind byte, two bytes of time and a priority.
func fuzzEvent(b []byte, s *State, now time.Time) Event {
	ev := Event{Kind: EventKind(b[0] % 10), At: now, Priority: b[3]}
	if ev.Kind == TimerFired && b[0] >= 128 && s.Deadline.After(now) {
		ev.At = s.Deadline
	}
	ev.Advert = Advert{
		Source:   netip.AddrFrom4([4]byte{192, 0, 2, b[0] / 10 % 4}),
		Priority: b[3],
		Interval: time.Duration(b[1]) * 10 * time.Millisecond,
	}
	return ev
}

// checkActions returns whether services are still asked for.
func checkActions(t *testing.T, before, after *State, acts *Actions, asked bool) bool {
	t.Helper()
	saidZero := false
	for _, a := range acts.All() {
		switch a.Kind {
		case ActSendAdvert:
			saidZero = saidZero || a.Priority == 0
			if before.Role != Master && after.Role != Master {
				t.Fatalf("advert from %v", before.Role)
			}
		case ActPrepare, ActUnprepare:
			if asked == (a.Kind == ActPrepare) {
				t.Fatalf("services asked for: %v, then action %d", asked, a.Kind)
			}
			asked = a.Kind == ActPrepare
		case ActRole:
			if a.To == Master {
				asked = false
			}
		}
	}
	leaves := before.Role == Master && (after.Role == Init || after.Role == Fault)
	if saidZero != leaves {
		t.Fatalf("%v to %v, priority 0 sent: %v", before.Role, after.Role, saidZero)
	}
	if asked != after.Preparing() {
		t.Fatalf("services asked for: %v, state says %v", asked, after.Preparing())
	}
	return asked
}
