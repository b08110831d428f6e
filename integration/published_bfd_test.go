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
	s.master(s.a)
	s.b.start()
	s.says(s.a, 140, time.Now(), 2*s.interval)
	s.heard()
	s.keeps(s.a, s.b)
	s.claim("100 becomes 140 on the wire when BFD is up; of equals the first one is master")

	// 5 packets, 10 ms apart at most. A busy machine is late, but not always.
	var silences []time.Duration
	for len(silences) < 3 {
		s.b.Crash()
		silence, seen := s.silence(s.b, s.a)
		silences = append(silences, silence)
		fell := s.says(s.a, 100, seen.Add(-silence), s.interval)
		late := fell.Sub(seen)
		s.lab.Expect(late < s.interval+room/2, "priority 100 %v after BFD has seen it", late)
		s.b.Return()
		s.b.start()
		s.says(s.a, 140, time.Now(), 2*s.interval)
		s.heard()
		if silence < 2*detection {
			s.claim("the neighbour dies: seen %s after its last packet (detection time %s), priority 100 on the wire %s later",
				ms(silence), ms(detection), ms(late))
			break
		}
	}
	s.lab.Expect(slices.Min(silences) < 2*detection, "seen after %v, want one of %v", silences, detection)
	s.keeps(s.a, s.b)
	s.claim("it returns: 140 again, and no other master")

	gap := s.crash(s.a, s.b, s.down(100))
	first := s.adverts(s.b, s.last(s.a))[0]
	s.lab.Expect(first.Priority == 100, "the first advert after the crash says %d, want 100", first.Priority)
	s.claim("the master dies: the other takes over with priority 100, %s after the last advert (floor %s)", ms(gap), ms(s.down(100)))
}

// detection is what the set-up's defaults come to: 5 times 10 ms.
const detection = 50 * time.Millisecond

// heard waits until both sessions are up, as the routers say themselves.
func (s *site) heard() {
	s.t.Helper()
	s.lab.Eventually(3*s.interval+room, "BFD is up", func() bool {
		return !slices.ContainsFunc(s.both(), func(m *machine) bool {
			all := s.witness.Heartbeats(m.own, time.Now().Add(-s.interval))
			return len(all) == 0 || all[len(all)-1].State != lab.BFDUp
		})
	})
}

// silence is the time from the last packet of a dead machine to the first in
// which the other one says that it heard no more, and the moment of that.
func (s *site) silence(dead, other *machine) (time.Duration, time.Time) {
	s.t.Helper()
	packets := s.witness.Heartbeats(dead.own, time.Time{})
	last := packets[len(packets)-1].At
	expired := func(h lab.Heartbeat) bool { return h.State == lab.BFDDown && h.Diag == lab.BFDExpired }
	so := s.lab.Becomes(s.interval+room, func() bool { return slices.ContainsFunc(s.witness.Heartbeats(other.own, last), expired) })
	all := s.witness.Heartbeats(other.own, last)
	s.lab.Expect(so, "%s does not say that its neighbour is gone: %v", other, all)
	seen := all[slices.IndexFunc(all, expired)].At
	return seen.Sub(last), seen
}
