package vrrp

import (
	"net/netip"
	"time"
)

// Transport sends the adverts of one instance. A Runner calls it from its own
// goroutine only.
type Transport interface {
	// Send sends one encoded advert (the VRRP message, with the checksum for
	// dst) from src to dst. It does not block.
	Send(src, dst netip.Addr, message []byte) error
	// Drain delivers everything that is waiting in the receive socket before
	// it returns, so that a timer is not believed while an advert lies unread.
	Drain()
}

// Observer is told what an instance decides. Calls come from the Runner's
// goroutine, in order, and must return at once.
type Observer interface {
	// RoleChanged: take over or give up addresses and services.
	RoleChanged(RoleChange)
	// Prepare(on=true): a living master is about to be preempted: program the
	// services and call Runner.Prepared. Prepare(on=false): take them away.
	Prepare(key Key, on bool)
	// Announce: announce all addresses again, by the lower_prio schedule.
	Announce(key Key)
	// Wish(on=true): a member of a sync group would be master: when all members
	// are master or wish to be, call Runner.Grant. Wish(on=false): not any more.
	Wish(key Key, on bool)
	// Stayed: a handover has ended without a successor, for this reason; the
	// instance is still master.
	Stayed(key Key, reason string)
}

// RoleChange is one change of role.
type RoleChange struct {
	Key      Key
	From, To Role
	// Reason is a short phrase for people: "no advert for 3.6s".
	Reason string
	// Master is the last known master's address; invalid: unknown.
	Master netip.Addr
	// Alive says, with To Master, that the one before had not gone silent: it was
	// preempted, or has left with priority 0.
	Alive bool
	// At is when the change was decided.
	At time.Time
	// Linger is until when a master that was asked to hand over serves on where
	// its successor does not announce the addresses; zero: it gives up at once.
	Linger time.Time
}
