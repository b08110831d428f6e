// Package notify tells scripts and FIFOs of what happens to instances and sync
// groups: in order, one at a time for each of them, for a bounded time.
//
// For each event of a name its own script runs (notify_master …), and when that
// has ended notify with keepalived's four arguments: INSTANCE or GROUP, the
// name, the state, the priority (of a group 0). Different names do not wait for
// each other. The lines of FIFOs are written at once, whatever scripts do.
//
// An event is told at least once: see [Notifier.Notify]. What is not told: a
// role that was told already, a priority that nobody asked for, and, where
// scripts are slower than events for long, roles that have been overtaken. The
// newest role of a name is always told, also to a FIFO whose reader lags.
//
// Different from keepalived: scripts run one after the other and for 30 s at
// most, there they run side by side and for ever; a full FIFO keeps its lines
// for later, there they are lost; its reader gets SIGTERM after the last lines,
// there before; a FIFO stays through a reload, and is left in its place at the
// end, so that a reader of somebody else's waits at the right one.
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
