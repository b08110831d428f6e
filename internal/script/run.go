package script

import (
	"context"
	"fmt"
	"syscall"
	"time"
)

// killAfter is the usual time between SIGTERM and SIGKILL.
const killAfter = 2 * time.Second

// Options say how a Command runs. They are a plain value.
type Options struct {
	Policy Policy
	// Extra are arguments behind those of the Command: what keepalived appends.
	Extra []string
	// Timeout bounds a Run; 0: no bound. A Process has none.
	Timeout time.Duration
	// KillAfter is the time between SIGTERM and SIGKILL when a Run ends early;
	// 0: two seconds.
	KillAfter time.Duration
}

// Result is what became of a script.
type Result struct {
	// Status is the exit status; -1: killed by Signal, or not started.
	Status int
	Signal syscall.Signal
	// Output is the end of what it printed, both streams, at most 4 KiB.
	Output string
	// TimedOut: it ran longer than it may, and got SIGTERM.
	TimedOut bool
	Took     time.Duration
	// Err: it was not started (no such program, not executable, unknown user,
	// not secure), or its context ended.
	Err error
	// Left is nil when the script is gone. It is closed once a script that not
	// even SIGKILL ended (it waits in the kernel, it is another user's) has gone
	// after all.
	Left <-chan struct{}
}

// Good reports whether the script ran and said yes.
func (r Result) Good() bool { return r.Err == nil && !r.TimedOut && r.Status == 0 }

// String says what became of it for people: "exit status 1".
func (r Result) String() string {
	switch {
	case r.Err != nil:
		return r.Err.Error()
	case r.TimedOut && r.Left != nil:
		return fmt.Sprintf("timed out after %v, and cannot be killed", r.Took.Round(time.Millisecond))
	case r.TimedOut:
		return fmt.Sprintf("timed out after %v", r.Took.Round(time.Millisecond))
	case r.Signal != 0:
		return "killed: " + r.Signal.String()
	}
	return fmt.Sprintf("exit status %d", r.Status)
}

// Run runs c and waits for it. When ctx ends or the time is over, the whole
// process group of the script gets SIGTERM and a while later SIGKILL. It returns
// at the latest Timeout + KillAfter + 1 s after its start, or KillAfter + 1 s
// after ctx ended. Processes that a script leaves behind when it ends in time
// live on, but nobody reads what they print.
func Run(ctx context.Context, c Command, o Options) Result {
	began := time.Now()
	if err := ctx.Err(); err != nil {
		return Result{Status: -1, Err: err}
	}
	p, err := c.Start(o)
	if err != nil {
		return Result{Status: -1, Took: time.Since(began), Err: err}
	}
	var limit <-chan time.Time
	if o.Timeout > 0 {
		timer := time.NewTimer(o.Timeout)
		defer timer.Stop()
		limit = timer.C
	}
	var timedOut bool
	var stopped error
	select {
	case <-p.Done():
		return p.Result()
	case <-limit:
		timedOut = true
	case <-ctx.Done():
		stopped = ctx.Err()
	}
	took := time.Since(began)
	r := p.Stop(o.grace())
	r.TimedOut, r.Took, r.Err = timedOut, took, stopped
	return r
}

func (o Options) grace() time.Duration {
	if o.KillAfter > 0 {
		return o.KillAfter
	}
	return killAfter
}
