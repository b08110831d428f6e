package integration

import (
	"slices"
	"time"

	"director/integration/lab"
)

// walkBFD: two routers of priority 100, and of 140 while they hear each other's BFD.
func walkBFD(s *site) {
	s.vip, s.vrid = addr("10.0.2.100"), 51
	s.a.start()
	s.master(s.a, s.down(0))
	s.b.start()
	s.says(s.a, 140, time.Now(), 2*s.interval)
	s.keeps(s.a, s.b)
	s.claim("100 becomes 140 on the wire when BFD is up; of equals the first one is master")

	silence, late := s.neighbourDies()
	s.claim("the neighbour dies: seen %s after its last packet (detection time %s), priority 100 on the wire %s later",
		ms(silence), ms(detection), ms(late))
	s.keeps(s.a, s.b)
	s.claim("it returns: 140 again, and no other master")

	s.steady(s.down(0))
	if s.b.program == "director" {
		// The session's loss is the master's: nobody waits for three adverts.
		s.a.Crash()
		s.b.EventuallyHas(s.vip, s.down(100)+room)
		gap := s.becomes(s.b, s.last(s.a), 0)
		s.lab.Expect(gap < s.interval+room/2, "take-over after a crash: %v, want less than an interval and the detection time", gap)
		first := s.adverts(s.b, s.last(s.a))[0]
		s.lab.Expect(first.Priority == 100, "the first advert after the crash says %d, want 100", first.Priority)
		s.claim("the master dies: the other takes over with priority 100, %s after the last advert (without BFD not before %s)", ms(gap), ms(s.down(100)))
		return
	}
	gap := s.crash(s.a, s.b, s.down(100))
	first := s.adverts(s.b, s.last(s.a))[0]
	s.lab.Expect(first.Priority == 100, "the first advert after the crash says %d, want 100", first.Priority)
	s.claim("the master dies: the other takes over with priority 100, %s after the last advert (floor %s)", ms(gap), ms(s.down(100)))
}

// detection is what the set-up's defaults come to: 5 times 10 ms.
const detection = 50 * time.Millisecond

// neighbourDies crashes the backup until the master has seen it in time, which a
// busy machine does not do each time, and returns how long it took and how much
// later it advertised the lower priority.
func (s *site) neighbourDies() (silence, late time.Duration) {
	s.t.Helper()
	var silences []time.Duration
	for len(silences) < 5 {
		s.steady(s.interval)
		died := time.Now()
		s.b.Crash()
		last, seen := s.silence(s.b, s.a, died)
		if !seen.IsZero() {
			late = s.says(s.a, 100, last, s.interval).Sub(seen)
			s.lab.Expect(late < s.interval+room/2, "priority 100 %v after BFD has seen it", late)
		}
		s.b.Return()
		s.b.start()
		s.says(s.a, 140, time.Now(), 2*s.interval)
		silence = seen.Sub(last)
		silences = append(silences, silence)
		if !seen.IsZero() && silence < 2*detection {
			return silence, late
		}
	}
	s.t.Fatalf("a dead neighbour is seen after %v, want %v", silences, detection)
	return 0, 0
}

// steady waits until both sessions have been up for a time, as the routers say
// themselves: on a busy machine they come and go.
func (s *site) steady(during time.Duration) {
	s.t.Helper()
	s.lab.Eventually(20*time.Second, "BFD is up for "+during.String(), func() bool {
		began := time.Now().Add(-during)
		return !slices.ContainsFunc(s.both(), func(m *machine) bool {
			all := s.witness.Heartbeats(m.own, began)
			return len(all) == 0 || all[0].At.Sub(began) > 2*detection ||
				slices.ContainsFunc(all, func(h lab.Heartbeat) bool { return h.State != lab.BFDUp })
		})
	})
}

// silence is from the last packet of a machine that died to the first one since
// in which the other says that it heard no more; zero when it does not say so, as
// its session was just down for another reason.
func (s *site) silence(dead, other *machine, since time.Time) (last, seen time.Time) {
	s.t.Helper()
	s.lab.Becomes(s.interval+room/2, func() bool {
		for _, h := range s.witness.Heartbeats(other.own, since) {
			if h.State == lab.BFDDown && h.Diag == lab.BFDExpired {
				seen = h.At
				return true
			}
		}
		return false
	})
	packets := s.witness.Heartbeats(dead.own, time.Time{})
	return packets[len(packets)-1].At, seen
}
