package notify

import (
	"log/slog"
	"sync"
	"time"

	"director/internal/script"
)

const (
	// A reader that ends is started again after readerPause, and twice as long
	// each time up to longestReaderPause, unless it lived longer than that.
	readerPause        = time.Second
	longestReaderPause = time.Minute
	// readerGrace is the time between SIGTERM and SIGKILL.
	readerGrace = time.Second
)

// process is what package script starts.
type process interface {
	Pid() int
	Done() <-chan struct{}
	Result() script.Result
	Stop(grace time.Duration) script.Result
}

func startProcess(c script.Command, o script.Options) (process, error) {
	p, err := c.Start(o)
	if err != nil {
		return nil, err // a nil *Process would be no nil process
	}
	return p, nil
}

// ReaderStatus is what is known of the script that reads a FIFO.
type ReaderStatus struct {
	// Pid is its process and process group; 0: it does not run.
	Pid int
	// Starts counts how often it was started.
	Starts uint64
	// Last is how it ended last.
	Last string
}

// reader keeps a FIFO's script running.
type reader struct {
	log     *slog.Logger
	start   func() (process, error)
	last    chan struct{} // closed: it is not started again
	quit    chan struct{} // closed: it is stopped
	over    chan struct{} // closed: it has ended, and nothing will run
	mu      sync.Mutex
	status  ReaderStatus
	letEnd  func()
	letQuit func()
}

func newReader(log *slog.Logger, start func() (process, error)) *reader {
	r := &reader{log: log, start: start, last: make(chan struct{}), quit: make(chan struct{}),
		over: make(chan struct{})}
	r.letEnd = sync.OnceFunc(func() { close(r.last) })
	r.letQuit = sync.OnceFunc(func() { close(r.quit) })
	return r
}

// run starts the script again and again. Who calls it in a goroutine ends it
// with stop.
func (r *reader) run() {
	defer close(r.over)
	pause := readerPause
	for {
		began := time.Now()
		if !r.once() {
			return
		}
		if time.Since(began) > longestReaderPause {
			pause = readerPause
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-r.last:
			timer.Stop()
			return
		case <-r.quit:
			timer.Stop()
			return
		}
		pause = min(2*pause, longestReaderPause)
	}
}

// once runs the script until it ends; false: there is to be no other.
func (r *reader) once() bool {
	p, err := r.start()
	if err != nil {
		r.ended(err.Error(), "")
		return true
	}
	r.note(func(s *ReaderStatus) { s.Pid, s.Starts = p.Pid(), s.Starts+1 })
	stopped := false
	select {
	case <-p.Done():
	case <-r.quit:
		stopped = true
		p.Stop(readerGrace)
	}
	result := p.Result()
	select {
	case <-r.last:
		stopped = true
	default:
	}
	if stopped {
		r.note(func(s *ReaderStatus) { s.Pid, s.Last = 0, result.String() })
		return false
	}
	r.ended(result.String(), result.Output)
	return true
}

func (r *reader) ended(how, output string) {
	r.note(func(s *ReaderStatus) { s.Pid, s.Last = 0, how })
	r.log.Warn("notify: FIFO reader ended, it is started again", "result", how, "output", output)
}

func (r *reader) note(change func(*ReaderStatus)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(&r.status)
}

func (r *reader) state() ReaderStatus {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.status
}

// stop ends the script with SIGTERM, then SIGKILL, and returns when it is gone.
func (r *reader) stop() {
	r.letQuit()
	<-r.over
}
