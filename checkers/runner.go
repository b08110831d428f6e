package checkers

import (
	"container/heap"
	"context"
	"log/slog"
	"math"
	"sync"
	"time"
)

const (
	// tick is the grid on which probes start. A probe that wakes the process
	// by itself costs several times more than one of a batch.
	tick = 10 * time.Millisecond
	// late is when a start is counted as late.
	late = 100 * time.Millisecond
)

// check is one check of a pool. Only the runner touches it, save that a probe
// reads prober.
type check struct {
	id      ID
	spec    Spec
	prober  Prober
	verdict Verdict
	index   int  // in the queue; -1: not there
	removed bool // its result is not wanted any more
	lacking bool // the last probe could not be made
}

// runner is what the goroutine of Run owns.
type runner struct {
	pool   *Pool
	epoch  time.Time // where the grid of ticks begins
	checks map[ID]*check
	queue  queue // those that wait for their time
	// ready are scripts whose time has come, and that wait for a slot; scripts
	// is how many run.
	ready   []*check
	scripts int
	probes  sync.WaitGroup
	// perTick is the most probes started in one tick, so that what fell due
	// together while the machine slept does not stay together. budget is what
	// is left of it in the tick number current.
	perTick, budget int
	current         int64
	stats           Stats
	spare           []finished
}

func newRunner(p *Pool, now time.Time) *runner {
	return &runner{pool: p, epoch: now, checks: map[ID]*check{}, current: -1, stats: p.Stats()}
}

// collect empties the mailbox.
func (r *runner) collect() {
	p := r.pool
	p.mu.Lock()
	wanted, done := p.wanted, p.finished
	p.wanted, p.finished = nil, r.spare
	p.mu.Unlock()
	for _, f := range done {
		r.finish(f)
	}
	clear(done)
	r.spare = done[:0]
	if wanted != nil {
		r.replace(wanted, time.Now())
	}
}

// publish makes the figures visible.
func (r *runner) publish() {
	r.stats.Checks = len(r.checks)
	r.pool.mu.Lock()
	r.pool.stats = r.stats
	r.pool.mu.Unlock()
}

// replace makes wanted the checks there are.
func (r *runner) replace(wanted map[ID]*check, now time.Time) {
	for id, old := range r.checks {
		if w := wanted[id]; w != nil && w.spec.Equal(old.spec) {
			old.spec = w.spec // what Equal does not look at
			wanted[id] = old
			continue
		}
		old.removed = true
		if old.index >= 0 {
			heap.Remove(&r.queue, old.index)
		}
	}
	var fresh []*check
	for _, id := range inOrder(wanted) {
		if r.checks[id] != wanted[id] {
			fresh = append(fresh, wanted[id])
		}
	}
	for i, c := range fresh {
		share := float64(i) / float64(len(fresh))
		c.verdict.Due = now.Add(time.Duration(share * float64(min(c.spec.DelayLoop, c.spec.Warmup))))
		heap.Push(&r.queue, c)
	}
	r.checks = wanted
	r.perTick = startsPerTick(wanted)
	r.budget = r.perTick
}

// startsPerTick is four times what the checks need when all servers fail.
func startsPerTick(checks map[ID]*check) int {
	const least = 16
	var rate float64 // a second
	for _, c := range checks {
		period := min(c.spec.DelayLoop, max(c.spec.DelayBeforeRetry, 10*tick))
		rate += 1 / period.Seconds()
	}
	return max(least, int(math.Ceil(4*rate*tick.Seconds())))
}

// tickOf returns the number of the tick nearest to t: a probe starts at most
// half a tick early, and on the average on time.
func (r *runner) tickOf(t time.Time) int64 {
	return int64(t.Sub(r.epoch).Round(tick) / tick)
}

// startDue starts what is due and says when to look again; not some: nothing
// waits for a time, only for a result or for new checks.
func (r *runner) startDue(ctx context.Context, now time.Time) (next time.Time, some bool) {
	this := int64(now.Sub(r.epoch) / tick)
	if this != r.current {
		r.current, r.budget = this, r.perTick
	}
	for len(r.queue) > 0 && r.stats.InFlight < r.pool.limit {
		c := r.queue[0]
		at := r.tickOf(c.verdict.Due)
		if at > this {
			return r.epoch.Add(time.Duration(at) * tick), true
		}
		if r.budget == 0 {
			return r.epoch.Add(time.Duration(this+1) * tick), true
		}
		heap.Pop(&r.queue)
		if c.spec.Kind == MiscCheck && r.scripts >= r.pool.opts.MaxScripts {
			r.ready = append(r.ready, c)
			continue
		}
		r.budget--
		r.start(ctx, c, now)
	}
	return time.Time{}, false
}

// startReady starts the scripts that waited for a slot.
func (r *runner) startReady(ctx context.Context, now time.Time) {
	for len(r.ready) > 0 && r.scripts < r.pool.opts.MaxScripts && r.stats.InFlight < r.pool.limit {
		c := r.ready[0]
		r.ready[0] = nil
		r.ready = r.ready[1:]
		if !c.removed {
			r.start(ctx, c, now)
		}
	}
}

func (r *runner) start(ctx context.Context, c *check, now time.Time) {
	if lateness := now.Sub(c.verdict.Due); lateness > 0 {
		r.stats.WorstLateness = max(r.stats.WorstLateness, lateness)
		if lateness > late {
			r.stats.Late++
		}
	}
	r.stats.InFlight++
	if c.spec.Kind == MiscCheck {
		r.scripts++
	}
	url := c.verdict.URL
	r.probes.Go(func() {
		result := c.prober.Probe(ctx, url)
		if ctx.Err() != nil {
			return // it may have been cut short
		}
		p := r.pool
		p.mu.Lock()
		p.finished = append(p.finished, finished{c, result})
		p.mu.Unlock()
		p.nudge()
	})
}

// finish judges a result.
func (r *runner) finish(f finished) {
	c := f.check
	r.stats.InFlight--
	if c.spec.Kind == MiscCheck {
		r.scripts--
	}
	if c.removed {
		return
	}
	switch {
	case f.result.Unmade:
		r.stats.Unmade++
	case !f.result.OK:
		r.stats.Made++
		r.stats.Failed++
	default:
		r.stats.Made++
	}
	var change Change
	c.verdict, change = c.verdict.Step(f.result, f.result.At)
	heap.Push(&r.queue, c)
	r.log(c, f.result)
	r.pool.opts.Report(Report{ID: c.id, Result: f.result, Health: c.verdict.Health, Change: change})
}

func (r *runner) log(c *check, result Result) {
	began := result.Unmade && !c.lacking
	c.lacking = result.Unmade
	log := r.pool.opts.Log
	switch {
	case result.OK:
	case result.Unmade && began:
		log.Warn("check not made", "check", c.id, "reason", result.Reason)
	case result.Unmade:
	default:
		level := slog.LevelDebug
		if c.spec.LogAllFailures {
			level = slog.LevelInfo
		}
		log.Log(context.Background(), level, "check failed", "check", c.id, "reason", result.Reason,
			"failures", c.verdict.Failures)
	}
}

// queue is a heap of checks by the time they are due.
type queue []*check

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].verdict.Due.Before(q[j].verdict.Due) }

func (q queue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].index, q[j].index = i, j
}

func (q *queue) Push(x any) {
	c := x.(*check)
	c.index = len(*q)
	*q = append(*q, c)
}

func (q *queue) Pop() any {
	old := *q
	c := old[len(old)-1]
	old[len(old)-1] = nil
	*q = old[:len(old)-1]
	c.index = -1
	return c
}
