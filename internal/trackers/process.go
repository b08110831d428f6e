package trackers

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"director/internal/track"
)

const (
	// pollProcesses is how often processes are counted. The process connector
	// would tell at once, but exists only in the first network namespace.
	pollProcesses = 200 * time.Millisecond
	// pollShare bounds what that costs: one part of this many.
	pollShare = 20
)

// processWatch counts a vrrp_track_process. It belongs to the scan that has it.
type processWatch struct {
	spec track.ProcessSpec
	// turning is since when the count says something else than the state; zero:
	// it does not.
	turning time.Time
}

func (w *processWatch) id() track.ID { return track.ID{Kind: track.Process, Name: w.spec.Name} }

func (w *processWatch) same(other watch) bool {
	a, b := w.spec, other.(*processWatch).spec
	return w.continues(other) && a.Quorum == b.Quorum && a.QuorumMax == b.QuorumMax &&
		a.ForkDelay == b.ForkDelay && a.TerminateDelay == b.TerminateDelay
}

func (w *processWatch) continues(other watch) bool {
	a, b := w.spec, other.(*processWatch).spec
	return a.Command == b.Command && slices.Equal(a.Params, b.Params) && a.Match == b.Match && a.FullCommand == b.FullCommand
}

func (w *processWatch) begin(*track.State, bool) {}

// count puts a count into the status. What it says for the first time holds at
// once, what turns it after its delay; again is when that will be over, or 0.
func (w *processWatch) count(st *Status, count int, now time.Time) (again time.Duration) {
	st.Runs++
	st.Count = count
	st.Result = plural(count)
	good := enough(w.spec, count)
	if !good {
		st.Failures++
	}
	if st.State.Known && st.State.Up == good {
		w.turning = time.Time{}
		st.State.Detail = st.Result
		return 0
	}
	if st.State.Known {
		if w.turning.IsZero() {
			w.turning = now
		}
		delay := w.spec.TerminateDelay
		if good {
			delay = w.spec.ForkDelay
		}
		if left := delay - now.Sub(w.turning); left > 0 {
			return left
		}
	}
	w.turning = time.Time{}
	st.State = track.State{Known: true, Up: good, Detail: st.Result}
	return 0
}

func plural(count int) string {
	if count == 1 {
		return "1 process"
	}
	return fmt.Sprintf("%d processes", count)
}

func (w *processWatch) tell(log *slog.Logger, _, is track.State) {
	if is.Up {
		log.Info("tracked processes are there", "process", w.spec.Name, "count", is.Detail)
		return
	}
	log.Warn("tracked processes are not as they should be", "process", w.spec.Name, "count", is.Detail)
}

// scan is the goroutine that counts the processes of all trackers.
type scan struct {
	objects []*object
	stop    context.CancelFunc
	done    chan struct{}
}

// scanProcesses makes the scan fit the objects. The caller holds the lock.
func (s *Set) scanProcesses() {
	var objects []*object
	for _, o := range s.objects {
		if o.watch.id().Kind == track.Process {
			objects = append(objects, o)
		}
	}
	slices.SortFunc(objects, func(a, b *object) int { return strings.Compare(a.status.ID.Name, b.status.ID.Name) })
	old := s.processes
	if old != nil {
		if slices.Equal(old.objects, objects) {
			return
		}
		old.stop()
	}
	s.processes = nil
	if len(objects) == 0 {
		return
	}
	ctx, stop := context.WithCancel(s.alive)
	next := &scan{objects: objects, stop: stop, done: make(chan struct{})}
	s.processes = next
	s.running.Go(func() {
		defer close(next.done)
		defer stop()
		if old != nil { // a watch has one scan at a time
			<-old.done
		}
		next.run(ctx, s)
	})
}

func (c *scan) run(ctx context.Context, s *Set) {
	specs := make([]track.ProcessSpec, len(c.objects))
	for i, o := range c.objects {
		specs[i] = o.watch.(*processWatch).spec
	}
	table := newProcTable(s.opts.Proc, specs)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		began := time.Now()
		counts, err := table.count()
		took := time.Since(began)
		wait := max(pollProcesses, pollShare*took)
		for i, o := range c.objects {
			s.update(ctx, o, func(st *Status) {
				st.Took = took
				if err != nil { // no process is to blame for that
					st.Failures++
					st.Result = err.Error()
					return
				}
				if again := o.watch.(*processWatch).count(st, counts[i], time.Now()); again > 0 {
					wait = min(wait, again)
				}
			})
		}
		timer.Reset(wait)
	}
}
