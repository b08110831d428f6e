package checkers

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"director/internal/script"
)

// miscCheck runs a program: exit status 0 is good, all else is a failure. With
// Dynamic, 2 to 255 are good, too, and say the weight.
//
// A program that cannot be started says nothing of the server. One that ran too
// long and could not be killed fails the check until it is gone; a second one is
// not started beside it.
type miscCheck struct {
	spec Spec
	env  Env

	mu   sync.Mutex
	left <-chan struct{} // a run that could not be killed; nil: none
}

func newMiscCheck(s Spec, env Env) (*miscCheck, error) {
	if s.Misc == nil || !s.Misc.Command.Given() || s.Misc.Timeout <= 0 {
		return nil, errors.New("MISC_CHECK: needs a program and a timeout")
	}
	if env.Run == nil {
		env.Run = script.Run
	}
	if env.Policy == nil {
		env.Policy = func() script.Policy { return script.Policy{} }
	}
	return &miscCheck{spec: s, env: env}, nil
}

func (c *miscCheck) Probe(ctx context.Context, _ int) Result {
	start := time.Now()
	if c.stuck() {
		return newResult(start, "", errors.New("timed out, and the run cannot be killed"))
	}
	m := c.spec.Misc
	run := c.env.Run(ctx, m.Command, script.Options{Policy: c.env.Policy(), Timeout: m.Timeout})
	c.mu.Lock()
	c.left = run.Left
	c.mu.Unlock()
	if run.Err != nil {
		return newResult(start, "", &lackError{"script", run.Err})
	}
	if m.Dynamic && run.Status >= 2 && !run.TimedOut && run.Signal == 0 {
		r := newResult(start, fmt.Sprintf("%v: weight %d", run, run.Status-2), nil)
		r.SetsWeight, r.Weight = true, run.Status-2
		return r
	}
	if !run.Good() {
		return newResult(start, "", errors.New(withOutput(run)))
	}
	return newResult(start, run.String(), nil)
}

// stuck reports whether the run before has not gone.
func (c *miscCheck) stuck() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left == nil {
		return false
	}
	select {
	case <-c.left:
		c.left = nil
		return false
	default:
		return true
	}
}

// withOutput is a result with the last line of what the program printed.
func withOutput(r script.Result) string {
	lines := strings.FieldsFunc(r.Output, func(c rune) bool { return c == '\n' || c == '\r' })
	if len(lines) == 0 {
		return r.String()
	}
	return r.String() + ": " + strings.TrimSpace(lines[len(lines)-1])
}
