package vrrp

import (
	"net/netip"
	"time"
)

// State is everything an instance remembers between two steps. Its zero value
// is an instance in Init. It is a value: copies are independent.
type State struct {
	Role Role
	// Priority is the effective one; 0: the configured one.
	Priority uint8
	// Master is the source of the last advert that we bowed to, with its
	// priority; invalid: none was heard.
	Master         netip.Addr
	MasterPriority uint8
	// MasterInterval is what the master-down time is made of: in version 3
	// the master's, in version 2 our own.
	MasterInterval time.Duration
	// Deadline is when the timer fires; zero: no timer.
	Deadline time.Time

	// heard is when silence began: the last acceptable advert or the entry
	// into BACKUP.
	heard time.Time
	// left: the master said priority 0 and nobody has followed yet.
	left bool
	// lost: the master is gone by another way of watching (BFD).
	lost bool
	// listened: the deadline was met so late that it was put off once.
	listened bool
	// preemptAt is the end of the preempt delay; zero: it has not begun.
	preemptAt time.Time
	// wishing: a member of a sync group that would be master, for this reason,
	// and waits until all members can.
	wishing bool
	wish    Reason
	// hand is a planned departure of a master.
	hand hand
	// ceded: the role was handed over; it is not taken back from a living
	// master.
	ceded bool
	// listening: a master that was stalled says nothing until its deadline.
	listening bool
	// mute: a master that says its first word when its addresses are there, or
	// at the deadline.
	mute bool
	// clash is another owner of lower address that goes on.
	clash clash
	// answered is when a lower advert was last answered.
	answered time.Time
	rival    rival
}

// rival is a living master of lower priority, whose adverts a backup refuses.
// It lets go of its addresses at our first advert, so our services have to be
// complete before that.
type rival struct {
	addr     netip.Addr
	priority uint8
	// at is when it was last heard. From until on it counts as dead.
	at, until time.Time
	prepare   prepare
	// giveUp is when an expired timer stops waiting for Prepared; zero: the
	// timer has not expired.
	giveUp time.Time
}

// prepare is how far the preparation of a preemption has come.
type prepare uint8

const (
	prepareNone prepare = iota
	prepareAsked
	prepareDone
)

func (r *rival) waiting() bool { return !r.giveUp.IsZero() }

// living reports whether it was heard recently enough to be holding addresses.
func (r *rival) living(now time.Time) bool { return now.Before(r.until) }

// wake is when a waiting instance looks again: the rival's death or the end of
// our patience.
func (r *rival) wake() time.Time {
	if r.until.Before(r.giveUp) {
		return r.until
	}
	return r.giveUp
}

// Preparing reports whether the services of a backup are being programmed, or
// are complete, for a preemption.
func (s *State) Preparing() bool { return s.rival.prepare != prepareNone }

// Wishing reports whether a member of a sync group waits for the others.
func (s *State) Wishing() bool { return s.wishing }

// HandingOver reports whether a master is leaving as planned.
func (s *State) HandingOver() bool { return s.hand.phase != handNone }

// Ceded reports whether the role was handed over and is not taken back from a
// living master.
func (s *State) Ceded() bool { return s.ceded }

// silence is how long nobody has been heard, a rival included.
func (s *State) silence(now time.Time) time.Duration {
	if s.rival.at.After(s.heard) {
		return now.Sub(s.rival.at)
	}
	return now.Sub(s.heard)
}
