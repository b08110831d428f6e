package trackers

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"director/internal/script"
	"director/internal/track"
)

// scriptWatch runs a vrrp_script.
type scriptWatch struct {
	spec    track.ScriptSpec
	counter counter
}

func (w *scriptWatch) id() track.ID { return track.ID{Kind: track.Script, Name: w.spec.Name} }

func (w *scriptWatch) same(other watch) bool {
	o := other.(*scriptWatch)
	a, b := w.spec, o.spec
	return w.continues(other) && a.Interval == b.Interval && a.Timeout == b.Timeout &&
		a.Rise == b.Rise && a.Fall == b.Fall && a.InitFail == b.InitFail
}

func (w *scriptWatch) continues(other watch) bool {
	return w.spec.Command.Equal(other.(*scriptWatch).spec.Command)
}

func (w *scriptWatch) begin(state *track.State, known bool) {
	if !known && w.spec.InitFail {
		*state = track.State{Known: true, Detail: "has not run yet (init_fail)"}
	}
	w.counter = newCounter(w.spec.Rise, w.spec.Fall, state.Known, state.Up)
}

// run runs the script, from start to start once an interval. A run that is due
// while another one is on is left out.
func (w *scriptWatch) run(ctx context.Context, s *Set, o *object) {
	timeout := w.spec.Timeout
	if timeout <= 0 {
		timeout = w.spec.Interval
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	due := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		r := s.opts.Exec(ctx, w.spec.Command, script.Options{Policy: s.opts.Policy(), Timeout: timeout})
		s.update(ctx, o, func(st *Status) { w.count(st, r) })
		if r.Left != nil {
			w.hang(ctx, s, o, r)
		}
		var missed uint64
		due, missed = next(due, time.Now(), w.spec.Interval)
		if missed > 0 {
			s.update(ctx, o, func(st *Status) { st.Skipped += missed })
		}
		timer.Reset(time.Until(due))
	}
}

// next is when the run after the one that was due is due, and how many were
// missed because that one took until now.
func next(due, now time.Time, interval time.Duration) (time.Time, uint64) {
	interval = max(interval, time.Millisecond)
	due = due.Add(interval)
	if !due.Before(now) {
		return due, 0
	}
	missed := (now.Sub(due) + interval - 1) / interval
	return due.Add(missed * interval), uint64(missed)
}

// hang waits for a run that cannot be killed. It counts as one more failure each
// time another one would be due; a second one is not started beside it.
func (w *scriptWatch) hang(ctx context.Context, s *Set, o *object, r script.Result) {
	ticker := time.NewTicker(max(w.spec.Interval, time.Millisecond))
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.Left:
			return
		case <-ticker.C:
			s.update(ctx, o, func(st *Status) { w.count(st, r) })
		}
	}
}

// count puts a result into the status, and turns the state if it is its time.
func (w *scriptWatch) count(st *Status, r script.Result) {
	good := r.Good()
	st.Runs++
	st.Result, st.Output, st.Took = r.String(), r.Output, r.Took
	if !good {
		st.Failures++
	}
	was := w.counter
	w.counter = was.step(good)
	state := track.State{Known: true, Up: w.counter.up(), Detail: st.State.Detail}
	if state.Up == good {
		state.Detail = detail(r)
	}
	st.State = state
}

// detailLength bounds what of an output stands in a state, in bytes.
const detailLength = 200

// detail is the result in one line: "exit status 1: connection refused". Of a
// good one the output is of no interest.
func detail(r script.Result) string {
	lines := strings.FieldsFunc(r.Output, func(c rune) bool { return c == '\n' || c == '\r' })
	if r.Good() || len(lines) == 0 {
		return r.String()
	}
	last := strings.TrimSpace(lines[len(lines)-1])
	if over := len(last) - detailLength; over > 0 {
		last = "…" + strings.ToValidUTF8(last[over:], "")
	}
	return fmt.Sprintf("%v: %s", r, last)
}

func (w *scriptWatch) tell(log *slog.Logger, was, is track.State) {
	switch {
	case is.Up && was.Known:
		log.Info("script succeeds again", "script", w.spec.Name)
	case is.Up:
		log.Info("script succeeds", "script", w.spec.Name)
	default:
		log.Warn("script fails", "script", w.spec.Name, "result", is.Detail)
	}
}
