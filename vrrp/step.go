package vrrp

import (
	"net/netip"
	"time"
)

// Params is what Step knows beside the state: the configuration and what the
// machine told us. It does not change during a step.
type Params struct {
	Config *Config
	// Source is the primary address our adverts carry; it decides a tie.
	Source netip.Addr
}

// EventKind says what happened.
type EventKind uint8

// The events.
const (
	// Start: leave Init. Ignored in any other role.
	Start EventKind = iota
	// Shutdown: a clean stop; a master says priority 0.
	Shutdown
	// TimerFired: the deadline of the last ArmTimer has passed, and nothing is
	// left to read from the sockets.
	TimerFired
	// AdvertReceived: an advert passed every receive check.
	AdvertReceived
	// PriorityChanged: the effective priority is now Event.Priority.
	PriorityChanged
	// FaultRaised: the first reason for FAULT appeared.
	FaultRaised
	// FaultCleared: the last reason for FAULT has gone.
	FaultCleared
	// Prepared: the services asked for by ActPrepare are complete.
	Prepared
	// Reconfigured: Params.Config is another one of the same Key; the role stays.
	Reconfigured
)

// Event is one thing that happened to an instance. It is a value, so that a
// step allocates nothing.
type Event struct {
	Kind EventKind
	// At is when it happened; for an advert, when the kernel received it.
	At time.Time
	// Priority belongs to PriorityChanged.
	Priority uint8
	// Advert belongs to AdvertReceived.
	Advert Advert
	// Reason belongs to FaultRaised: a short phrase for people.
	Reason string
}

// Advert is what Step needs of an accepted advert.
type Advert struct {
	Source   netip.Addr
	Priority uint8
	// Interval is the sender's: learned in version 3.
	Interval time.Duration
}

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
)

// Reason says why a role changed, as a value that formats without allocating
// in Step.
type Reason uint8

// Action is one thing for the Runner to carry out, in order.
type Action struct {
	Kind     ActionKind
	Priority uint8
	At       time.Time
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
