package checkers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"
)

// Report tells of one probe.
type Report struct {
	ID     ID
	Result Result
	// Health is what is known after the result, Change what it changed.
	Health Health
	Change Change
}

// Options are the settings of a [Pool].
type Options struct {
	// Report is told each result, from the one goroutine of Run and in order.
	// While it runs no probe is started: it must return at once. A result
	// that comes after the check was removed or changed is not reported. nil:
	// nobody is told.
	Report func(Report)
	// Log gets failed tries: at Info where Spec.LogAllFailures, else at Debug;
	// probes that could not be made at Warn, when that begins. nil: no log.
	Log *slog.Logger
	// MaxInFlight bounds the probes, and thereby the sockets, at one time; 0:
	// by the process's limit on open files.
	MaxInFlight int
	// MaxScripts bounds the scripts of MISC_CHECK at one time, each of which is a
	// process and a thread of ours; 0: 200.
	MaxScripts int
}

// maxScripts is Options.MaxScripts where nothing is given.
const maxScripts = 200

// Stats says how a pool is doing. Lateness is ours, never the servers': the
// time from when a probe was due to when it was started.
type Stats struct {
	Checks   int // checks there are
	InFlight int // probes under way
	Limit    int // most of them at one time

	Made   uint64 // probes whose result was judged, good and bad
	Failed uint64 // those that were bad
	Unmade uint64 // probes that could not be made

	Late          uint64 // probes started more than 100 ms after they were due
	WorstLateness time.Duration
}

// Pool runs checks. Nothing runs, and no goroutine exists for a check, between
// its probes. Its methods may be called from any goroutine.
type Pool struct {
	env   Env
	opts  Options
	limit int
	wake  chan struct{} // capacity 1: there is something in the mailbox

	mu       sync.Mutex // guards what follows: the mailbox, and figures
	wanted   map[ID]*check
	finished []finished
	stats    Stats
}

// finished is a probe that has ended.
type finished struct {
	check  *check
	result Result
}

// NewPool returns a pool without checks.
func NewPool(env Env, opts Options) *Pool {
	if opts.Report == nil {
		opts.Report = func(Report) {}
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.MaxInFlight <= 0 {
		opts.MaxInFlight = maxSockets()
	}
	if opts.MaxScripts <= 0 {
		opts.MaxScripts = maxScripts
	}
	p := &Pool{env: env, opts: opts, limit: opts.MaxInFlight, wake: make(chan struct{}, 1)}
	p.stats.Limit = p.limit
	return p
}

// Set replaces all checks. One whose ID and spec are there already goes on as
// if nothing had happened; others begin with what remembered has of them, else
// as [NewVerdict] does, and their first probes are spread evenly over the
// lesser of DelayLoop and Warmup. An error names every spec that [New]
// refused, and then nothing has changed.
//
// Set does not wait: the newest wins. It may be called before Run.
func (p *Pool) Set(specs map[ID]Spec, remembered map[ID]Health) error {
	now := time.Now()
	wanted := make(map[ID]*check, len(specs))
	var errs []error
	for id, s := range specs {
		prober, err := New(s, p.env)
		if err != nil {
			errs = append(errs, fmt.Errorf("check %s: %w", id, err))
			continue
		}
		wanted[id] = &check{id: id, spec: s, prober: prober, verdict: Resume(s, remembered[id], now)}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	p.mu.Lock()
	for id, c := range p.wanted { // not begun yet, but may have a memory
		if n := wanted[id]; n != nil && n.spec.Equal(c.spec) && !n.verdict.Known {
			c.spec = n.spec
			wanted[id] = c
		}
	}
	p.wanted = wanted
	p.mu.Unlock()
	p.nudge()
	return nil
}

// Stats returns the figures so far.
func (p *Pool) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stats
}

// nudge makes Run look into the mailbox.
func (p *Pool) nudge() {
	select {
	case p.wake <- struct{}{}:
	default: // it will look anyway
	}
}

// Run makes the probes until ctx is done, and returns when the last of them has
// ended. A pool runs once.
func (p *Pool) Run(ctx context.Context) {
	r := newRunner(p, time.Now())
	defer r.probes.Wait()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		r.collect()
		r.startReady(ctx, time.Now())
		if next, some := r.startDue(ctx, time.Now()); some {
			timer.Reset(time.Until(next))
		} else {
			timer.Stop()
		}
		r.publish()
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-p.wake:
		}
	}
}

// inOrder returns the keys of checks in order, so that a spread is the same
// each time.
func inOrder(checks map[ID]*check) []ID {
	return slices.Sorted(maps.Keys(checks))
}
