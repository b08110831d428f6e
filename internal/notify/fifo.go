package notify

import (
	"fmt"
	"log/slog"
	"sync"
	"time"

	"director/internal/script"
)

// fifo is one notify FIFO: lines come in at any time, a goroutine writes them
// when there is room. Its fields are guarded by mu.
type fifo struct {
	log     *slog.Logger
	start   func(script.Command, script.Options) (process, error)
	release func(...*ticket)
	// patience and moment are those of the Notifier.
	patience, moment time.Duration
	// before is closed when the FIFO that was here earlier is over.
	before <-chan struct{}
	wake   chan struct{}
	last   chan struct{} // closed: no line will follow
	over   chan struct{} // closed: nothing of it is left
	finish func()        // closes last

	mu     sync.Mutex
	config FIFO
	policy script.Policy
	lines  backlog
	// stuck: nobody reads, or it cannot be opened; events do not wait for it.
	stuck            bool
	warn             pause // for saying that lines are dropped
	written, dropped uint64
	problem          string
	reading          *reader // for status
}

func (n *Notifier) newFIFO(which string, c FIFO, p script.Policy, before <-chan struct{}) *fifo {
	f := &fifo{log: n.log.With("fifo", which, "path", c.Path), start: n.start, release: n.release, patience: n.patience, moment: n.moment, before: before,
		wake: make(chan struct{}, 1), last: make(chan struct{}), over: make(chan struct{}), config: c, policy: p}
	f.finish = sync.OnceFunc(func() { close(f.last) })
	return f
}

// configureFIFOs ends those that go, and makes those that come.
func (n *Notifier) configureFIFOs(s Settings) {
	names := [...]string{"notify_fifo", "vrrp_notify_fifo", "lvs_notify_fifo"}
	for i, c := range [...]FIFO{s.FIFOs.All, s.FIFOs.VRRP, s.FIFOs.LVS} {
		old := n.fifos[i]
		if old != nil && old.configure(c, s.Policy) {
			continue
		}
		n.fifos[i] = nil
		var before <-chan struct{}
		if old != nil {
			old.finish()
			before = old.over
		}
		if c.Path != "" {
			n.fifos[i] = n.newFIFO(names[i], c, s.Policy, before)
			n.added = append(n.added, n.fifos[i])
		}
	}
}

// listeners are the FIFOs that hear of instances and groups.
func (n *Notifier) listeners() []*fifo {
	var to []*fifo
	for _, f := range n.fifos[:2] {
		if f != nil {
			to = append(to, f)
		}
	}
	return to
}

// configure takes over what can change of an open FIFO; false: it is another.
func (f *fifo) configure(c FIFO, p script.Policy) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.config.Path != c.Path || f.config.User != c.User || f.config.Group != c.Group {
		return false
	}
	f.config, f.policy = c, p
	f.poke()
	return true
}

func (f *fifo) poke() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// put lets the line of an event wait. It returns the tickets that nobody has to
// wait for any more.
func (f *fifo) put(e Event, t *ticket) (finished []*ticket) {
	f.mu.Lock()
	defer f.mu.Unlock()
	l := line{subject: e.subject(), role: e.role(), ticket: t}
	if f.stuck {
		finished, l.ticket = append(finished, t), nil
	}
	if f.config.JSON {
		l.data = e.JSONLine()
	} else {
		l.data = e.Line()
	}
	for _, gone := range f.lines.add(l, linesPerFIFO) {
		finished = append(finished, gone.ticket)
		f.dropped++
		if f.warn.due() {
			f.log.Warn("notify: the FIFO's reader lags behind, older lines are dropped",
				"waiting", len(f.lines.lines), "dropped", f.dropped)
		}
	}
	f.poke()
	return finished
}

// take removes the line that is written next.
func (f *fifo) take() (line, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.lines.take()
}

// wrote says that a line is in the pipe.
func (f *fifo) wrote(l line) {
	f.mu.Lock()
	f.written++
	f.stuck = false
	f.mu.Unlock()
	f.release(l.ticket)
}

// giveUpWaiting acknowledges what waits, although it is still to be written:
// otherwise the sender would have to keep, and the next control process to tell
// again, more and more for a reader that may never come.
func (f *fifo) giveUpWaiting() {
	f.mu.Lock()
	f.stuck = true
	tickets := f.lines.tickets()
	f.mu.Unlock()
	f.release(tickets...)
}

// fail remembers what is wrong; it is logged when it is new.
func (f *fifo) fail(err error) {
	problem := ""
	if err != nil {
		problem = err.Error()
	}
	f.mu.Lock()
	changed := f.problem != problem
	f.problem = problem
	f.mu.Unlock()
	if changed && err != nil {
		f.log.Error("notify: FIFO", "error", err)
	}
}

// lose counts what is still waiting when the FIFO ends.
func (f *fifo) lose(unwritten int) {
	f.mu.Lock()
	lost := unwritten + len(f.lines.lines)
	f.dropped += uint64(lost)
	f.mu.Unlock()
	if lost > 0 {
		f.log.Warn("notify: the FIFO ends with lines that were not written", "dropped", lost)
	}
}

// launch starts the reader that the configuration asks for.
func (f *fifo) launch(c script.Command, p script.Policy, path string) *reader {
	r := newReader(f.log.With("script", fmt.Sprint(c.Args)), func() (process, error) {
		return f.start(c, script.Options{Policy: p, Extra: []string{path}})
	})
	go r.run()
	return r
}
