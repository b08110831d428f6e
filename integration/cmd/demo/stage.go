package main

import (
	"context"
	"fmt"
	"runtime"
	"slices"
)

// A stage is what a lab plays on when there is no test.
type stage struct {
	ctx      context.Context
	cleanups []func()
	err      error
}

// play runs a story to its end, or to its first failure, and cleans up.
func play(ctx context.Context, story func(*stage)) error {
	s := &stage{ctx: ctx}
	done := make(chan struct{})
	go func() {
		defer close(done)
		story(s)
	}()
	<-done
	for _, f := range slices.Backward(s.cleanups) {
		f()
	}
	return s.err
}

// Helper implements lab.T.
func (s *stage) Helper() {}

// Name implements lab.T.
func (s *stage) Name() string { return "demo" }

// Context implements lab.T.
func (s *stage) Context() context.Context { return s.ctx }

// Cleanup implements lab.T.
func (s *stage) Cleanup(f func()) { s.cleanups = append(s.cleanups, f) }

// Logf implements lab.T.
func (s *stage) Logf(format string, args ...any) { fmt.Printf(format+"\n", args...) }

// Fatalf implements lab.T: it ends the story.
func (s *stage) Fatalf(format string, args ...any) {
	s.err = fmt.Errorf(format, args...)
	runtime.Goexit()
}

// Failed implements lab.T.
func (s *stage) Failed() bool { return s.err != nil }
