package lab

import (
	"bytes"
	"time"
)

// lagBeat is how often a lag looks at the time.
const lagBeat = 10 * time.Millisecond

// A lag tells by how much the machine was late itself: how long a program that
// wanted to run did not.
type lag struct {
	quit, done chan struct{}
	worst      time.Duration
}

func startLag() *lag {
	l := &lag{quit: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(l.done)
		for {
			begin := time.Now()
			select {
			case <-l.quit:
				return
			case <-time.After(lagBeat):
			}
			l.worst = max(l.worst, time.Since(begin)-lagBeat)
		}
	}()
	return l
}

func (l *lag) end() time.Duration {
	close(l.quit)
	<-l.done
	return l.worst
}

// fairTries is how often a machine may spoil something.
const fairTries = 4

// Fairly plays what a machine that is late itself can spoil: when it fails, and
// the machine was late by more than most meanwhile, it is played again.
func Fairly(t T, most time.Duration, act func(T)) {
	t.Helper()
	for try := 1; ; try++ {
		var log bytes.Buffer
		lag := startLag()
		err := Play(t.Context(), t.Name(), &log, act)
		late := lag.end().Round(time.Millisecond)
		if err == nil {
			return
		}
		if late <= most || try == fairTries {
			t.Fatalf("%v; the machine was late by %v\n%s", err, late, &log)
		}
		t.Logf("again, as the machine was late by %v: %v", late, err)
	}
}
