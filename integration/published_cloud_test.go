package integration

import "time"

// walkCloud: equal priorities, nopreempt, unicast, scripts that keep the state.
func walkCloud(s *site) {
	s.vip, s.vrid = addr("10.0.0.5"), 51
	for _, m := range s.both() {
		m.notifies("notify_action.sh")
	}
	s.a.start()
	s.master(s.a, s.down(0))
	s.told(s.a, "BACKUP", "MASTER")
	s.b.start()
	s.told(s.b, "BACKUP")
	s.says(s.a, 50, time.Now(), s.interval)
	for _, a := range s.adverts(s.a, time.Time{}) {
		s.lab.Expect(a.Destination == s.b.own && a.Version == 2 && a.Priority == 50, "%+v, want version 2, priority 50, to %s", a, s.b.own)
	}
	s.claim("the first one is master, by unicast to its peer; the other is BACKUP")

	gap := s.crash(s.a, s.b, s.down(50))
	s.told(s.b, "BACKUP", "MASTER")
	s.claim("crash: take-over %s after the last advert (floor %s), the state file says MASTER", ms(gap), ms(s.down(50)))
	s.a.Return()
	began := time.Now()
	s.a.start()
	s.refreshed(s.b)
	s.told(s.a, "BACKUP", "MASTER", "BACKUP")
	s.kept(s.b, s.a, began)
	s.claim("the old master returns and does not preempt: BACKUP")

	s.cloudFaults()

	began = time.Now()
	s.b.process.Stop()
	zero := s.says(s.b, 0, began, s.down(50))
	gap = s.becomes(s.a, zero, s.skew(50))
	s.bounded("take-over after a stop", gap, s.skew(50))
	s.told(s.b, "BACKUP", "MASTER", "FAULT", "BACKUP", "MASTER", "STOP")
	s.told(s.a, "BACKUP", "MASTER", "BACKUP", "MASTER", "FAULT", "BACKUP", "MASTER")
	s.b.EventuallyLacks(s.vip, room)
	s.claim("a stop: the state file says STOP; the other is master %s after priority 0 (skew %s)", ms(gap), ms(s.skew(50)))
}

// refreshed waits for the schedule of a new master's announcements.
func (s *site) refreshed(m *machine) {
	s.t.Helper()
	taken := s.first(m, s.last(s.other(m)))
	seen := func() []burst { return bursts(s.announcements(m, taken), s.vip) }
	// garp_master_repeat is 5, garp_master_refresh_repeat 1. The first refresh
	// follows the delay; keepalived 2.2.7 counts it from the take-over.
	refresh := 6 * time.Second
	if m.program == "keepalived" {
		refresh = 5 * time.Second
	}
	wanted := []burst{{taken, 5}, {taken.Add(time.Second), 5}, {taken.Add(refresh), 1}, {taken.Add(refresh + 5*time.Second), 1}}
	s.lab.Becomes(11*time.Second+room, func() bool { return len(seen()) == len(wanted) })
	got := seen()
	s.lab.Expect(len(got) == len(wanted), "announced %v, want 5, 5, 1, 1", got)
	for n, want := range wanted {
		late := got[n].at.Sub(want.at)
		if got[n].count != want.count || late < -100*time.Millisecond || late > room/2 {
			s.t.Errorf("burst %d of %d announcements %v after the take-over, want %d %v after it; adverts at most %v apart",
				n, got[n].count, got[n].at.Sub(taken), want.count, want.at.Sub(taken), s.widest(m, taken))
		}
	}
	s.claim("a take-over is announced 5 times at once and %s later, then once %s after it and every %s",
		ms(got[1].at.Sub(got[0].at)), ms(got[2].at.Sub(got[0].at)), ms(got[3].at.Sub(got[2].at)))
}

func (s *site) other(m *machine) *machine {
	if m == s.a {
		return s.b
	}
	return s.a
}

// cloudFaults takes tracked interfaces down: first one of the master b, which
// can say so, then the one by which the new master a would say it.
func (s *site) cloudFaults() {
	s.t.Helper()
	began := time.Now()
	s.b.Carrier(false, "eth1")
	zero := s.says(s.b, 0, began, 0)
	gap := s.becomes(s.a, zero, s.skew(50))
	s.bounded("take-over after priority 0", gap, s.skew(50))
	s.b.EventuallyLacks(s.vip, room)
	s.told(s.b, "BACKUP", "MASTER", "FAULT")
	s.told(s.a, "BACKUP", "MASTER", "BACKUP", "MASTER")
	s.b.Carrier(true, "eth1")
	s.told(s.b, "BACKUP", "MASTER", "FAULT", "BACKUP")
	s.keeps(s.a, s.b)
	s.claim("a tracked interface goes down: priority 0, FAULT; the other is master %s later (skew %s), also when it is up again",
		ms(gap), ms(s.skew(50)))

	s.a.Carrier(false, "eth0")
	s.a.EventuallyLacks(s.vip, room)
	s.b.EventuallyHas(s.vip, s.down(50)+room)
	gap = s.becomes(s.b, s.last(s.a), 0)
	s.bounded("take-over after a cut", gap, s.down(50))
	s.told(s.a, "BACKUP", "MASTER", "BACKUP", "MASTER", "FAULT")
	s.a.Carrier(true, "eth0")
	s.told(s.a, "BACKUP", "MASTER", "BACKUP", "MASTER", "FAULT", "BACKUP")
	s.claim("its own interface goes down: FAULT; the other is master %s after the last advert (floor %s)", ms(gap), ms(s.down(50)))
}
