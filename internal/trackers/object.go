package trackers

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"time"

	"director/internal/track"
)

// watch is what differs between scripts, files and processes.
type watch interface {
	id() track.ID
	// same reports whether other is specified alike; continues, whether what is
	// known of other holds for this one.
	same(other watch) bool
	continues(other watch) bool
	// begin completes the start state, which is known from before or not.
	begin(state *track.State, known bool)
	tell(log *slog.Logger, was, is track.State)
}

// runner is a watch with a goroutine of its own; processes have one scan for all.
type runner interface {
	// run watches until ctx ends.
	run(ctx context.Context, s *Set, o *object)
}

// object is one tracked object. Its status belongs to the lock of the Set.
type object struct {
	watch  watch
	status Status
	// stop ends the watcher; nil: there is none yet. done is closed when it has
	// ended, after when that of the object's predecessor has; nil: there is none.
	stop        context.CancelFunc
	done, after chan struct{}
}

func (o *object) drop() {
	if o.stop != nil {
		o.stop()
	}
}

// Status is what is known of a tracked object, for people.
type Status struct {
	ID    track.ID
	State track.State
	// Since is when State last changed.
	Since time.Time
	// Result is how the last look at it ended: "exit status 1", "no such file",
	// "2 processes". Output is the end of what a script printed.
	Result, Output string
	// Runs are the looks at it: ended runs of a script, reads of a file, scans
	// for processes. Failures are those that said no, or could not be made;
	// Skipped the runs that were left out because the one before still ran.
	Runs, Failures, Skipped uint64
	// Took is how long the last look took; of a scan, for all processes.
	Took time.Duration
	// Count is how many processes there are.
	Count int
}

// Status returns what is known of each object, by kind and name.
func (s *Set) Status() []Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Status, 0, len(s.objects))
	for _, o := range s.objects {
		all = append(all, o.status)
	}
	slices.SortFunc(all, func(a, b Status) int {
		return cmp.Or(cmp.Compare(a.ID.Kind, b.ID.Kind), cmp.Compare(a.ID.Name, b.ID.Name))
	})
	return all
}
