// Package notify tells scripts and FIFOs of what happens to instances and sync
// groups: in order, one at a time for each of them, for a bounded time.
package notify

import "director/internal/script"

// Scripts are the notify scripts of one instance or sync group. A Command
// without arguments is not given.
type Scripts struct {
	Master, Backup, Fault, Stop, Deleted, RxLowerPri, All script.Command
	// PriorityChanges also tells All and the FIFOs of changes of the effective
	// priority.
	PriorityChanges bool
}

// FIFO is one notify FIFO: a named pipe that director makes, and the script, if
// any, that reads it.
type FIFO struct {
	// Path is empty where there is none.
	Path string
	// User and Group own the pipe; empty: director's own.
	User, Group string
	// Script is started with Path as its last argument.
	Script script.Command
	// JSON writes one JSON object a line instead of keepalived's format.
	JSON bool
}

// FIFOs are the three of the configuration: All gets every event, VRRP those of
// instances and sync groups, LVS those of services and servers.
type FIFOs struct {
	All, VRRP, LVS FIFO
	// StatesOnReload writes every state again after a reload.
	StatesOnReload bool
}
