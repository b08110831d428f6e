package notify

import (
	"cmp"
	"fmt"
	"time"
)

// Kind is what an event is about.
type Kind uint8

// The kinds.
const (
	Instance Kind = iota + 1
	Group
)

// String returns the word that scripts and FIFOs get: INSTANCE or GROUP.
func (k Kind) String() string {
	switch k {
	case Instance:
		return "INSTANCE"
	case Group:
		return "GROUP"
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// The states, in keepalived's words. The first five are roles: what an instance
// or group is from then on. The others are remarks about a role that stays.
const (
	Master  = "MASTER"
	Backup  = "BACKUP"
	Fault   = "FAULT"
	Stop    = "STOP"
	Deleted = "DELETED"

	// RxLowerPri: a master heard another one of lower priority.
	RxLowerPri = "MASTER_RX_LOWER_PRI"
	// MasterPriority and BackupPriority: the effective priority changed.
	MasterPriority = "MASTER_PRIORITY"
	BackupPriority = "BACKUP_PRIORITY"
)

// Event is one thing that happened to an instance or sync group. It is a plain
// value.
type Event struct {
	// Seq is how the sender knows the event again when it is acknowledged. It
	// grows from event to event as long as the sender lives; 0: nobody waits for
	// it.
	Seq uint64
	// At is when it happened.
	At   time.Time
	Kind Kind
	// Name is the instance's or group's.
	Name string
	// State is one of the constants: Master, Backup …
	State string
	// Priority is the effective one, 0 to 255; of a group it is not used.
	Priority int
	// Reason is for people: why it happened.
	Reason string
}

// role reports whether the event says what its subject is from now on.
func (e Event) role() bool {
	switch e.State {
	case Master, Backup, Fault, Stop, Deleted:
		return true
	}
	return false
}

// check says what is wrong with an event that nobody could be told of.
func (e Event) check() error {
	if e.Kind != Instance && e.Kind != Group {
		return fmt.Errorf("neither of an instance nor of a group: %v", e.Kind)
	}
	switch e.State {
	case RxLowerPri, MasterPriority, BackupPriority:
		return nil
	}
	if !e.role() {
		return fmt.Errorf("unknown state %q", e.State)
	}
	return nil
}

// priority is what scripts and FIFOs are told: of a group always 0.
func (e Event) priority() int {
	if e.Kind == Group {
		return 0
	}
	return e.Priority
}

// subject is who events are about: they are told in order for each subject.
type subject struct {
	kind Kind
	name string
}

// compare orders by kind, then by name.
func (s subject) compare(t subject) int {
	return cmp.Or(cmp.Compare(s.kind, t.kind), cmp.Compare(s.name, t.name))
}

func (e Event) subject() subject { return subject{e.Kind, e.Name} }

// meaning is the event as it is told to somebody whose scripts these are, and
// whether it is told at all. As with keepalived, an instance without
// notify_deleted that goes away is told as FAULT, a group in silence.
func (e Event) meaning(s Scripts) (Event, bool) {
	switch e.State {
	case MasterPriority, BackupPriority:
		return e, s.PriorityChanges
	case Deleted:
		if s.Deleted.Given() {
			return e, true
		}
		if e.Kind == Group {
			return e, false
		}
		e.State = Fault
	}
	return e, true
}
