package notify

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"director/internal/script"
)

// Run tells events until ctx ends or [Notifier.Drain] is through. Scripts that
// still run then are killed, with their process groups, and their events are not
// acknowledged. It returns when everything it started has ended.
func (n *Notifier) Run(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(n.quits, cancel)()
	var all sync.WaitGroup
	defer all.Wait()
	for {
		n.mu.Lock()
		ready, added := n.ready, n.added
		n.ready, n.added = nil, nil
		n.mu.Unlock()
		for _, f := range added {
			all.Go(func() { f.run(ctx) })
		}
		for _, who := range ready {
			all.Go(func() { n.serve(ctx, who) })
		}
		select {
		case <-ctx.Done():
			return
		case <-n.wake:
		}
	}
}

// serve tells the events of one name until none waits.
func (n *Notifier) serve(ctx context.Context, who subject) {
	for {
		n.mu.Lock()
		it, ok := item{}, false
		if ctx.Err() == nil {
			it, ok = n.lanes[who].next()
		}
		if !ok {
			n.rest(who)
			n.mu.Unlock()
			return
		}
		scripts, _ := n.scripts(who)
		policy := n.settings.Policy
		n.mu.Unlock()
		for _, j := range jobs(scripts, it.Event) {
			if ctx.Err() == nil {
				n.tell(ctx, who, it.Event, j, policy)
			}
		}
		if ctx.Err() == nil {
			n.release(it.ticket)
		}
	}
}

// rest ends the work on a lane.
func (n *Notifier) rest(who subject) {
	l := n.lanes[who]
	l.running = false
	n.forget(who)
	if n.busy--; n.busy == 0 {
		close(n.idle)
		n.idle = make(chan struct{})
	}
}

// tell runs one script, and returns when nothing of it runs any more.
func (n *Notifier) tell(ctx context.Context, who subject, e Event, j job, policy script.Policy) {
	select {
	case n.slots <- struct{}{}:
	case <-ctx.Done():
		return
	}
	n.note(who, func(l *lane) { l.script = j.script })
	result := n.run(ctx, j.command, script.Options{Policy: policy, Extra: j.extra,
		Timeout: ScriptTimeout, KillAfter: killAfter})
	<-n.slots
	n.record(who, ScriptRun{j.script, e.State, time.Now(), result})
	if result.Left != nil {
		// What cannot be killed keeps this name waiting, and nobody else.
		select {
		case <-result.Left:
		case <-ctx.Done():
		}
	}
	n.note(who, func(l *lane) { l.script = "" })
}

// record remembers a run, and logs one that did not succeed.
func (n *Notifier) record(who subject, r ScriptRun) {
	unlogged, loud := 0, false
	n.note(who, func(l *lane) {
		l.last = &r
		if !r.Result.Good() {
			unlogged, loud = l.complain(r)
		}
	})
	if loud {
		n.log.Warn("notify: script did not succeed", "kind", who.kind, "name", who.name, "state", r.State,
			"script", r.Script, "result", r.Result.String(), "output", r.Result.Output, "not_logged_before", unlogged)
	}
}

func (n *Notifier) note(who subject, change func(*lane)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	change(n.lanes[who])
}

// Drain lets everything that waits be told, and ends Run: at the latest when ctx
// ends, then what still runs is killed. The readers of the FIFOs get SIGTERM
// only when the last lines were written and they had a moment to read them. The
// caller has given all events to Notify before, and waits for Run to return. The
// error says what was not told.
func (n *Notifier) Drain(ctx context.Context) error {
	defer n.quit()
	for {
		n.mu.Lock()
		busy, idle := n.busy, n.idle
		n.closed = busy == 0 || ctx.Err() != nil
		closed, untold := n.closed, n.untold()
		n.mu.Unlock()
		if closed {
			n.finish(ctx)
			return untold
		}
		select {
		case <-idle:
		case <-ctx.Done():
		}
	}
}

// finish ends the FIFOs in good order.
func (n *Notifier) finish(ctx context.Context) {
	for _, f := range n.fifos {
		if f != nil {
			f.finish()
		}
	}
	for _, f := range n.fifos {
		if f == nil {
			continue
		}
		select {
		case <-f.over:
		case <-ctx.Done():
		}
	}
}

// untold is an error that names whose scripts have not told everything.
func (n *Notifier) untold() error {
	waiting, names := 0, []string{}
	for who, l := range n.lanes {
		if l.running || len(l.pending) > 0 {
			waiting += len(l.pending)
			names = append(names, who.name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	slices.Sort(names)
	return fmt.Errorf("notify: scripts of %q did not end in time, %d more events were left", names, waiting)
}
