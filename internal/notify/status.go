package notify

import (
	"maps"
	"slices"
	"time"
)

// Status is what there is to see of notifications.
type Status struct {
	// Names are the instances and groups that were told of, in order of kind and
	// name; FIFOs those that are configured.
	Names []NameStatus
	FIFOs []FIFOStatus
}

// NameStatus is what is known of one instance or group.
type NameStatus struct {
	Kind Kind
	Name string
	// State is the newest role that was told or waits to be, At when it began.
	State string
	At    time.Time
	// Pending is how many events wait; Running the script that runs, by its
	// keyword.
	Pending int
	Running string
	// Superseded counts the events that were left out for newer ones.
	Superseded uint64
	// Last is the last run of a script; nil: there was none.
	Last *ScriptRun
}

// FIFOStatus is what is known of one FIFO.
type FIFOStatus struct {
	Path string
	// Written and Dropped count lines; Waiting are those in between.
	Written, Dropped uint64
	Waiting          int
	// Stuck: nobody reads it, or it cannot be opened.
	Stuck bool
	// Error says why it cannot be written.
	Error string
	// Reader is nil where there is no script, or not yet.
	Reader *ReaderStatus
}

// Status returns what there is to see now.
func (n *Notifier) Status() Status {
	n.mu.Lock()
	defer n.mu.Unlock()
	var s Status
	for _, who := range slices.SortedFunc(maps.Keys(n.lanes), subject.compare) {
		l := n.lanes[who]
		s.Names = append(s.Names, NameStatus{Kind: who.kind, Name: who.name, State: l.newest.State,
			At: l.newest.At, Pending: len(l.pending), Running: l.script, Superseded: l.superseded, Last: l.last})
	}
	for _, f := range n.fifos {
		if f != nil {
			s.FIFOs = append(s.FIFOs, f.status())
		}
	}
	return s
}

func (f *fifo) status() FIFOStatus {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := FIFOStatus{Path: f.config.Path, Written: f.written, Dropped: f.dropped,
		Waiting: len(f.lines.lines), Stuck: f.stuck, Error: f.problem}
	if f.reading != nil {
		state := f.reading.state()
		s.Reader = &state
	}
	return s
}
