package integration

import (
	"slices"
	"time"
)

// walkFast: version 3, an advert every 30 ms, one script of weight -30.
func walkFast(s *site) {
	s.vip, s.vrid, s.wire = addr("192.168.147.19"), 19, wire{version: 3, interval: 30 * time.Millisecond}
	for _, m := range s.both() {
		m.script("bin/check_vip.sh", "test -e %[1]s/healthy")
		m.notifies("bin/change_state.sh")
		m.touch("healthy")
	}
	s.start()
	s.master(s.a, s.down(100))
	s.b.EventuallyLacks(s.vip, room)
	s.keeps(s.a, s.b)
	s.labelled(s.a, "192.168.147.19/32", "eth0:9")
	s.told(s.a, "INSTANCE upyun_lb BACKUP 100", "INSTANCE upyun_lb MASTER 100")
	s.claim("100 is master of 90, version 3, label eth0:9; notify got INSTANCE, name, state, priority")

	began := time.Now()
	s.a.remove("healthy")
	lower := s.says(s.a, 70, began, time.Second)
	gap := s.becomes(s.b, lower, s.down(90))
	s.a.EventuallyLacks(s.vip, room)
	s.lab.Expect(gap < s.down(0)+room/2, "%s took over %v after its peer's priority fell", s.b, gap)
	s.claim("the check fails: priority 70 on the wire, and 90 takes over %s later", ms(gap))
	s.a.touch("healthy")
	s.master(s.a, time.Second+s.down(100))
	s.b.EventuallyLacks(s.vip, room)
	s.keeps(s.a, s.b)
	s.claim("the check is good again: 100 preempts")

	// A busy machine is late, but not always.
	var gaps []time.Duration
	for range 5 {
		gap := s.crash(s.a, s.b, s.down(90))
		gaps = append(gaps, gap.Round(time.Millisecond))
		s.a.Return()
		s.a.start()
		s.master(s.a, time.Second+s.down(100))
		s.b.EventuallyLacks(s.vip, room)
		if gap < s.down(90)+s.interval {
			break
		}
	}
	best := slices.Min(gaps)
	s.lab.Expect(best < s.down(90)+s.interval, "take-overs took %v, want one in %v", gaps, s.down(90))
	s.claim("crash: take-over %s after the last advert (floor %s; of %d crashes)", ms(best), ms(s.down(90)), len(gaps))
	for _, a := range s.witness.Adverts(time.Time{}) {
		s.lab.Expect(a.Version == 3, "%+v, want version 3", a)
	}
}
