package bfd

import "time"

// EventKind says what happened.
type EventKind uint8

// The events.
const (
	// Start: the session begins, Down.
	Start EventKind = iota
	// Shutdown: we end the session; the neighbor is told.
	Shutdown
	// Reconfigured: Params has changed.
	Reconfigured
	// PacketReceived: Event.Packet passed all checks.
	PacketReceived
	// TimerFired: Session.Next has passed. Everything that arrived has been
	// handed in, if [Session.Drain] asked for it.
	TimerFired
)

// Event is one thing that happened. It is the only source of time and chance.
type Event struct {
	Kind EventKind
	// At is when: the arrival of a packet, otherwise now. It never goes back.
	At time.Time
	// Random decides the jitter of a packet that is sent.
	Random uint32
	// Packet belongs to PacketReceived.
	Packet Packet
}

// ActionKind says what is to be done.
type ActionKind uint8

// The actions.
const (
	// ActSend: send Action.Packet at once.
	ActSend ActionKind = iota
	// ActState: the state went from Action.From to Action.To.
	ActState
	// ActGone: the session has said its goodbye; nothing is left to do.
	ActGone
)

// Action is one thing to carry out, in order.
type Action struct {
	Kind     ActionKind
	Packet   Packet
	From, To State
}

// Actions is a short list without allocation.
type Actions struct {
	n int
	a [4]Action
}

// All returns the actions in order.
func (l *Actions) All() []Action { return l.a[:l.n] }

func (l *Actions) add(a Action) { l.a[l.n] = a; l.n++ }
