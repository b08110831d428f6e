package integration

import (
	"slices"
	"time"

	"director/integration/lab"
)

// adverts are those of a machine, for the site's VRID, since a moment.
func (s *site) adverts(m *machine, since time.Time) []lab.Advert {
	return slices.DeleteFunc(s.witness.Adverts(since), func(a lab.Advert) bool { return a.Source != m.own || a.VRID != s.vrid })
}

// first is when a machine first advertised after a moment, other than to leave,
// or announced the address: an advert to a dead peer stops where nobody answers
// for its hardware address. It is zero when it did neither.
func (s *site) first(m *machine, after time.Time) time.Time {
	s.t.Helper()
	var all []time.Time
	for _, a := range s.adverts(m, after) {
		if a.Priority > 0 {
			all = append(all, a.At)
		}
	}
	for _, a := range s.announcements(m, after) {
		all = append(all, a.At)
	}
	if len(all) == 0 {
		return time.Time{}
	}
	return slices.MinFunc(all, time.Time.Compare)
}

// announcements are those of the site's address by a machine since a moment.
func (s *site) announcements(m *machine, since time.Time) []lab.Announcement {
	s.t.Helper()
	link, err := m.Links().LinkByName("eth0")
	s.lab.Expect(err == nil, "eth0 of %s: %v", m, err)
	mac := link.Attrs().HardwareAddr.String()
	return slices.DeleteFunc(s.witness.Announcements(since), func(a lab.Announcement) bool {
		return a.Address != s.vip || a.MAC.String() != mac
	})
}

// last is when a machine last advertised.
func (s *site) last(m *machine) time.Time {
	s.t.Helper()
	all := s.adverts(m, time.Time{})
	s.lab.Expect(len(all) > 0, "no advert of %s", m)
	return all[len(all)-1].At
}

// says waits until a machine advertises a priority and returns when it first
// did since a moment.
func (s *site) says(m *machine, priority uint8, since time.Time, within time.Duration) time.Time {
	s.t.Helper()
	is := func(a lab.Advert) bool { return a.Priority == priority }
	so := s.lab.Becomes(within+s.interval+room, func() bool { return slices.ContainsFunc(s.adverts(m, since), is) })
	all := s.adverts(m, since)
	s.lab.Expect(so, "%s does not advertise priority %d: %v", m, priority, priorities(all))
	return all[slices.IndexFunc(all, is)].At
}

// widest is the longest time between two adverts of a machine since a moment:
// what is more than the interval, the machine was late by.
func (s *site) widest(m *machine, since time.Time) time.Duration {
	var gap time.Duration
	all := s.adverts(m, since)
	for n := 1; n < len(all); n++ {
		gap = max(gap, all[n].At.Sub(all[n-1].At))
	}
	return gap
}

// priorities lists what changed in a row of adverts.
func priorities(all []lab.Advert) []uint8 {
	var list []uint8
	for _, a := range all {
		if len(list) == 0 || list[len(list)-1] != a.Priority {
			list = append(list, a.Priority)
		}
	}
	return list
}

// becomes waits until a machine holds the address, and for its first word of
// that after a moment, and returns how long after it that was.
func (s *site) becomes(m *machine, after time.Time, within time.Duration) time.Duration {
	s.t.Helper()
	m.EventuallyHas(s.vip, within+s.interval+room)
	s.lab.Eventually(s.interval+room, m.String()+" says that it is master", func() bool { return !s.first(m, after).IsZero() })
	return s.first(m, after).Sub(after)
}

// master waits until a machine has become master, of nobody or of a lower one.
func (s *site) master(m *machine, within time.Duration) {
	s.t.Helper()
	s.becomes(m, time.Now(), within)
}

// keeps watches for longer than any master-down interval that one is master and
// the other is not.
func (s *site) keeps(master, backup *machine) {
	s.t.Helper()
	began := time.Now()
	s.lab.Always(s.down(0)+s.interval/2, master.String()+" is master, "+backup.String()+" is not", func() bool {
		return master.Has(s.vip) && !backup.Has(s.vip)
	})
	s.kept(master, backup, began)
}

// kept expects that one was master since a moment and the other was not.
func (s *site) kept(master, backup *machine, began time.Time) {
	s.t.Helper()
	s.lab.Expect(master.Has(s.vip) && !backup.Has(s.vip), "%s is no master or %s is one", master, backup)
	s.lab.Expect(len(s.adverts(master, began)) > 2, "%s advertised %v", master, s.adverts(master, began))
	s.lab.Expect(len(s.adverts(backup, began)) == 0, "%s advertised, too: %v", backup, s.adverts(backup, began))
}

// bounded checks a time on the wire: the protocol's, and what a busy machine
// takes on top.
func (s *site) bounded(what string, got, floor time.Duration) {
	s.t.Helper()
	if got < floor-floor/20 || got > floor+room/2 {
		s.t.Errorf("%s: %v, want %v", what, got, floor)
	}
}

// crash makes a master disappear, waits for its heir, and returns the time
// between their adverts.
func (s *site) crash(master, heir *machine, floor time.Duration) time.Duration {
	s.t.Helper()
	master.Crash()
	heir.EventuallyHas(s.vip, floor+s.interval+room)
	gap := s.becomes(heir, s.last(master), 0)
	s.bounded("take-over after a crash", gap, floor)
	return gap
}
