package lab

import (
	"context"
	"fmt"
	"io"
	"runtime"
)

// Play runs what needs a [T] outside of a test: to its end, or to its first
// failure, which it returns, and cleans up. What is logged goes to log.
func Play(ctx context.Context, name string, log io.Writer, act func(T)) error {
	s := &stage{ctx: ctx, name: name, log: log}
	s.run(func() { act(s) })
	// A cleanup may fail, and it may add another one.
	for len(s.cleanups) > 0 {
		last := len(s.cleanups) - 1
		f := s.cleanups[last]
		s.cleanups = s.cleanups[:last]
		s.run(f)
	}
	return s.err
}

// A stage is a T without a test.
type stage struct {
	ctx      context.Context
	name     string
	log      io.Writer
	cleanups []func()
	err      error
}

func (s *stage) Helper()                  {}
func (s *stage) Name() string             { return s.name }
func (s *stage) Context() context.Context { return s.ctx }
func (s *stage) Cleanup(f func())         { s.cleanups = append(s.cleanups, f) }
func (s *stage) Failed() bool             { return s.err != nil }

func (s *stage) Logf(format string, args ...any) { _, _ = fmt.Fprintf(s.log, format+"\n", args...) }

// run runs f to its end or to its first failure.
func (s *stage) run(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	<-done
}

func (s *stage) Fatalf(format string, args ...any) {
	if s.err == nil {
		s.err = fmt.Errorf(format, args...)
	}
	runtime.Goexit()
}
