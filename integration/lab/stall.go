package lab

import (
	"runtime"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// A Span is some time.
type Span struct{ Begin, End time.Time }

// Stalls finds out when the machine itself was late: a thread that only sleeps,
// in real time where that is allowed, as the program under test is.
type Stalls struct {
	end  chan struct{}
	done chan struct{}

	mu    sync.Mutex // guards spans
	spans []Span
}

// Stalls notes each sleep that lasted that much too long, until the test ends.
func (l *Lab) Stalls(over time.Duration) *Stalls {
	s := &Stalls{end: make(chan struct{}), done: make(chan struct{})}
	go s.watch(over)
	l.t.Cleanup(func() {
		close(s.end)
		<-s.done
	})
	return s
}

func (s *Stalls) watch(over time.Duration) {
	defer close(s.done)
	runtime.LockOSThread() // and never unlocked: the thread ends with us
	_ = unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_FIFO, Priority: 1}, 0)
	const nap = 5 * time.Millisecond
	pause := unix.NsecToTimespec(nap.Nanoseconds())
	for last := time.Now(); ; {
		select {
		case <-s.end:
			return
		default:
		}
		_ = unix.Nanosleep(&pause, nil)
		now := time.Now()
		if now.Sub(last) > nap+over {
			s.mu.Lock()
			s.spans = append(s.spans, Span{last, now})
			s.mu.Unlock()
		}
		last = now
	}
}

// Spans returns when the machine was late, in order.
func (s *Stalls) Spans() []Span {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.spans)
}
