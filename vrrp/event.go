package vrrp

import (
	"net/netip"
	"time"
)

// EventKind says what happened.
type EventKind uint8

// The events.
const (
	// Start: leave Init. Ignored in any other role.
	Start EventKind = iota
	// Shutdown: a clean stop; a master says priority 0.
	Shutdown
	// TimerFired: the deadline of the last ArmTimer has passed, and nothing is
	// left to read from the sockets. Ignored before the deadline.
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
	// Reconfigured: Params.Config is another one of the same Key; the role
	// stays. Event.Priority is the new effective priority.
	Reconfigured
	// Granted: every member of the sync group can be master.
	Granted
	// Dragged: another member of the sync group has gone to BACKUP.
	Dragged
	// HandOver: a master is to leave without a gap, for Event.To, which is Init
	// at a stop or Backup. Others, at a stop, leave at once.
	HandOver
	// TakeBack: what was handed over may be taken back.
	TakeBack
	// MasterLost: another way of watching has found that the router
	// Event.Advert.Source is gone (BFD), within Event.Advert.Interval.
	MasterLost
	// AddressesReady: a master holds its addresses.
	AddressesReady
)

// Event is one thing that happened to an instance. It is a value, so that a
// step allocates nothing.
type Event struct {
	Kind EventKind
	// At is when it happened; for an advert, when the kernel received it. It
	// never runs backwards from one event to the next.
	At time.Time
	// Priority belongs to PriorityChanged and Reconfigured. 0: as it was.
	Priority uint8
	// Advert belongs to AdvertReceived.
	Advert Advert
	// To belongs to HandOver: Init or Backup. Cede: do not take the role back
	// from a living master afterwards.
	To   Role
	Cede bool
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
