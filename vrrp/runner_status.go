package vrrp

import (
	"net/netip"
	"sync"
	"time"
)

// Status is what an instance looks like at one moment.
type Status struct {
	Key  Key
	Name string
	Role Role
	// Since is when the role was taken, Reason why; zero before the first.
	Since  time.Time
	Reason string
	// Priority is the effective priority, BasePriority the configured one.
	Priority, BasePriority uint8
	// Source is the primary address.
	Source netip.Addr
	// Master is the last master we bowed to; invalid: none yet.
	Master         netip.Addr
	MasterPriority uint8
	// MasterInterval is the interval that the master-down time is made of.
	MasterInterval time.Duration
	// Transitions counts role changes.
	Transitions uint64
	// Faults are the reasons for FAULT, sorted. Waits are what the instance
	// waits for before it takes part, or leaves FAULT, sorted.
	Faults, Waits []string
	// Sent and Received count adverts; those of priority 0 are among them and
	// counted again. An advert to several peers is one. Received passed all
	// checks.
	Sent, SentZero, Received, ReceivedZero uint64
	// SendErrors counts adverts that could not be sent to every destination.
	SendErrors uint64
	// Drops counts what failed a check, by reason. Reasons that never occurred
	// are missing.
	Drops map[string]uint64
	// Odd counts what was received but differs from what is configured.
	Odd Oddities
	// WorstLateness is the longest time from when a regular advert was due
	// until it was sent.
	WorstLateness time.Duration
	// SmallestMargin is the least time that was left, as a backup, when the
	// master's next advert arrived; 0: no two adverts have been heard yet.
	SmallestMargin time.Duration
	// Preparing: services are being programmed for a preemption.
	Preparing bool
	// Wishing: the instance waits for the others of its sync group.
	Wishing bool
	// HandingOver: the master is leaving as planned. Ceded: the role was handed
	// over and is not taken back from a living master.
	HandingOver, Ceded bool
}

// Status returns a copy for any goroutine.
func (r *Runner) Status() Status {
	s := r.out.status()
	r.in.mu.Lock()
	s.Faults, s.Waits = r.in.faultNames(), r.in.holdNames()
	r.in.mu.Unlock()
	return s
}

// tally is the published side of a Runner. Its lock is held for a copy only.
type tally struct {
	mu    sync.Mutex // guards what follows
	s     Status
	drops [NumDrops]uint64
}

func (t *tally) status() Status {
	t.mu.Lock()
	s, drops := t.s, t.drops
	t.mu.Unlock()
	s.Drops = map[string]uint64{}
	for i, n := range drops {
		if n > 0 {
			s.Drops[Drop(i).String()] = n
		}
	}
	return s
}

func (t *tally) publish(cfg *Config, source netip.Addr, s *State) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.s.Key, t.s.Name = cfg.Key(), cfg.Name
	t.s.Role = s.Role
	t.s.Priority, t.s.BasePriority = s.Priority, cfg.Priority
	t.s.Source = source
	t.s.Master, t.s.MasterPriority, t.s.MasterInterval = s.Master, s.MasterPriority, s.MasterInterval
	t.s.Preparing = s.Preparing()
	t.s.Wishing, t.s.HandingOver, t.s.Ceded = s.Wishing(), s.HandingOver(), s.Ceded()
}

func (t *tally) margin(d time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.s.SmallestMargin == 0 || d < t.s.SmallestMargin {
		t.s.SmallestMargin = max(d, 1)
	}
}

func (t *tally) transition(c RoleChange) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.s.Transitions++
	t.s.Since, t.s.Reason = c.At, c.Reason
}

// sent counts one advert: some says that it left to somebody, err that it did
// not leave to everybody.
func (t *tally) sent(priority uint8, some bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err != nil {
		t.s.SendErrors++
	}
	if some {
		t.s.Sent++
	}
	if some && priority == 0 {
		t.s.SentZero++
	}
}

func (t *tally) received(priority uint8, odd Oddities) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.s.Odd = odd
	t.s.Received++
	if priority == 0 {
		t.s.ReceivedZero++
	}
}

func (t *tally) drop(d Drop) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.drops[d]++
}

// overran counts what a socket lost before it delivered an advert.
func (t *tally) overran(n uint32) {
	if n == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.drops[DropOverrun] += uint64(n)
}

func (t *tally) late(d time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.s.WorstLateness = max(t.s.WorstLateness, d)
}
