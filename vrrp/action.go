package vrrp

import "time"

// ActionKind says what is to be done.
type ActionKind uint8

// The actions.
const (
	// ActSendAdvert: send one advert of Action.Priority at once.
	ActSendAdvert ActionKind = iota
	// ActArmTimer: replace the timer; it fires at Action.At.
	ActArmTimer
	// ActStopTimer: no timer.
	ActStopTimer
	// ActRole: the role is now Action.To; Action.Reason says why. The owner
	// takes over or gives up addresses and services.
	ActRole
	// ActPrepare: a living master of lower priority is about to be preempted:
	// program the services now and answer with Prepared.
	ActPrepare
	// ActUnprepare: the preemption is off; take those services away again.
	ActUnprepare
	// ActAnnounce: announce all addresses again (a lower master was heard).
	ActAnnounce
	// ActWish: a member of a sync group would be master now; answer with
	// Granted when all members are, or wish to be.
	ActWish
	// ActUnwish: it would not any more.
	ActUnwish
	// ActStayed: a handover has ended without a successor; the role stays.
	ActStayed
)

// Action is one thing for the Runner to carry out, in order.
type Action struct {
	Kind ActionKind
	// Priority belongs to ActSendAdvert.
	Priority uint8
	// At belongs to ActArmTimer. Of an ActRole that gives way to a successor it is
	// until when to serve on where that one announces nothing; zero: give up at
	// once.
	At time.Time
	// From, To and Reason belong to ActRole.
	From, To Role
	Reason   Reason
}

// Actions is a short list without allocation.
type Actions struct {
	n int
	a [8]Action
}

// All returns the actions in order; the slice is valid until the next Add.
func (l *Actions) All() []Action { return l.a[:l.n] }

func (l *Actions) add(a Action) { l.a[l.n] = a; l.n++ }
