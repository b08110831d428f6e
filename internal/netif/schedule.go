package netif

import "time"

// Schedule says how often an instance's addresses are announced, by
// keepalived's garp_master_* settings.
type Schedule struct {
	// Repeat is the number of announcements of each address at once when the
	// instance becomes master, and again after Delay. At least 1.
	Repeat int
	// Delay is the time to the second burst; 0: no second burst.
	Delay time.Duration
	// Again is the time to one more announcement of each address, where the
	// master before is alive: it may have answered somebody after the first
	// burst, and who got its answer last sends to it. 0: none.
	Again time.Duration
	// Refresh is the period of announcements after that; 0: none.
	// RefreshRepeat is their number each time, at least 1.
	Refresh       time.Duration
	RefreshRepeat int
	// LowerPrioRepeat and LowerPrioDelay are Repeat and Delay for an advert of
	// lower priority heard while master; 0 repeats: none.
	LowerPrioRepeat int
	LowerPrioDelay  time.Duration
	// Interval and NAInterval are the least gaps between two ARPs, or two
	// neighbour advertisements, on one interface; 0: none.
	Interval, NAInterval time.Duration
	// Extra is garp_extra_if: the period in which addresses on virtual MAC
	// links, or with ExtraAll on all interfaces but the instance's own, are
	// announced once more; 0: never.
	Extra    time.Duration
	ExtraAll bool
	// Own is the instance's own interface, which ExtraAll leaves out.
	Own string
	// MasterDown is the instance's master-down interval: after a stall of that
	// length somebody else may be master. 0: one second.
	MasterDown time.Duration
}

// AnnounceGroup is garp_group: interfaces that share one gap between
// announcements.
type AnnounceGroup struct {
	Interfaces           []string
	Interval, NAInterval time.Duration
}

// Wiring is what the gaps and the extra announcements depend on beside the
// instances themselves.
type Wiring struct {
	Groups []AnnounceGroup
	// Parents has the parent of each virtual link by the link's name. On a wire
	// they count as one.
	Parents map[string]string
}

// extra tells whether an address is one of those that are announced in the
// period Extra.
func (s Schedule) extra(a Address, w Wiring) bool {
	if s.ExtraAll {
		return a.Interface != s.Own
	}
	_, virtual := w.Parents[a.Interface]
	return virtual
}

// burst returns the nth burst (from 0) of an instance that became master, as
// the time since then; ok is false after the last.
func (s Schedule) burst(n int) (after time.Duration, rounds int, ok bool) {
	if n == 0 {
		return 0, max(s.Repeat, 1), true
	}
	if s.Delay > 0 {
		if n == 1 {
			return s.Delay, max(s.Repeat, 1), true
		}
		n--
	}
	if s.Refresh <= 0 {
		return 0, 0, false
	}
	return s.Delay + time.Duration(n)*s.Refresh, max(s.RefreshRepeat, 1), true
}

// gap is the least time between two announcements of an address's family on
// its interface.
func (s Schedule) gap(v4 bool) time.Duration {
	if v4 {
		return s.Interval
	}
	return s.NAInterval
}

func (g AnnounceGroup) gap(v4 bool) time.Duration {
	return Schedule{Interval: g.Interval, NAInterval: g.NAInterval}.gap(v4)
}
