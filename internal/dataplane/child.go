package dataplane

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"director/internal/wire"
)

const (
	// pingEvery is how often control has to prove that it lives.
	pingEvery = 150 * time.Millisecond
	// hungAfter is how long an answer may take of a process none of whose
	// threads wants the CPU: it is stopped or deadlocked. With the start of the
	// next one this stays below a second.
	hungAfter = 500 * time.Millisecond
	// starvedAfter is how long an answer may take of one that does want it: it
	// may only be starved.
	starvedAfter = 10 * time.Second
	// idleStart is how long one may do nothing at all before it is ready.
	idleStart = 5 * time.Second
	// readyWithin bounds the loading of the configuration.
	readyWithin = 2 * time.Minute
	// stopWithin is how long control may take to end when asked: notify scripts and
	// the readers of FIFOs have a moment.
	stopWithin = 2500 * time.Millisecond
	// hurryWithin is that where a stop was asked for twice.
	hurryWithin = 200 * time.Millisecond

	firstBackoff = 250 * time.Millisecond
	lastBackoff  = 30 * time.Second
)

// ErrStart says that control could not begin at the first start, such as with a
// configuration that has errors. Control has said why.
var ErrStart = errors.New("control could not begin")

// neverReap leaves it to the kernel to clean up after children, so that their
// exit status is never known. The wait of a real-time thread for a child walks
// the child's entries in /proc, and spins while ordinary processes, which it
// starves, hold some of them: 0.95 s at a time, until the kernel throttles real
// time (measured; proc_invalidate_siblings_dcache under release_task).
func neverReap() { signal.Ignore(syscall.SIGCHLD) }

// supervisor starts control and starts it again.
type supervisor struct {
	e   *engine
	log *slog.Logger
	// command makes the command of a control process; the wire is its file
	// descriptor 3, listener its 4.
	command  func() *exec.Cmd
	listener *os.File

	restarts int
}

// child is one control process.
type child struct {
	cmd  *exec.Cmd
	conn *wire.Conn
	out  outbox
	// greeted is closed when the greeting, which comes before all else, is in out.
	greeted chan struct{}
	ready   chan struct{} // closed when it has sent a whole configuration
	pong    chan uint64
	ended   chan struct{} // closed when the process has ended
	failed  chan struct{} // closed when it has said that it cannot begin
	lost    chan error    // the stream is broken
}

// run keeps a control process until ctx ends, and then ends it. The error is
// ErrStart when the first one says that it cannot begin.
func (s *supervisor) run(ctx context.Context) error {
	backoff := firstBackoff
	wasReady := false
	for {
		ready, err := s.once(ctx)
		if ctx.Err() != nil {
			return nil
		}
		wasReady = wasReady || ready
		if !wasReady && errors.Is(err, ErrStart) {
			return ErrStart
		}
		s.restarts++
		wait := time.Duration(0)
		if ready {
			backoff = firstBackoff
		} else {
			wait = backoff
			backoff = min(2*backoff, lastBackoff)
		}
		s.log.Error("control process ended; roles and services stay as they are", "reason", err, "restart_in", wait)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
	}
}

// once runs one control process to its end and says whether it had been ready.
func (s *supervisor) once(ctx context.Context) (ready bool, err error) {
	c, err := s.start()
	if err != nil {
		return false, err
	}
	restarts := s.restarts
	s.e.post(func() { s.e.greet(c.out, restarts); close(c.greeted) })
	streams, stop := context.WithCancel(context.WithoutCancel(ctx))
	written := make(chan struct{})
	go func() { defer close(written); c.write(streams) }()
	read := make(chan struct{})
	go func() { defer close(read); c.read(s.e) }()

	reason := c.watch(ctx)
	if reason == nil {
		// The engine's loop has ended: nobody else is at its state.
		within := cmp.Or(s.e.settings.ChildWait, stopWithin)
		if s.e.hurried {
			within = hurryWithin
		}
		c.askToStop(within)
	}
	// Nothing it still says counts: the next one starts from what is in force.
	c.conn.Close()
	if err := c.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		s.log.Error("control process could not be killed", "pid", c.cmd.Process.Pid, "error", err)
	}
	<-c.ended
	stop()
	<-written
	<-read
	s.e.post(func() {
		if s.e.out == c.out {
			s.e.out = nil
		}
	})
	return c.isReady(), reason
}

// start starts a process with one end of a socket pair. It leaves real time by
// itself, first of all.
func (s *supervisor) start() (*child, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("socket pair for control: %w", err)
	}
	theirs := os.NewFile(uintptr(fds[1]), "control")
	defer theirs.Close()
	file := os.NewFile(uintptr(fds[0]), "control")
	ours, err := net.FileConn(file)
	file.Close()
	if err != nil {
		return nil, fmt.Errorf("socket pair for control: %w", err)
	}
	c := &child{
		cmd: s.command(), conn: wire.NewConn(ours), out: wire.NewMailbox[string, wire.Message](),
		greeted: make(chan struct{}), ready: make(chan struct{}), pong: make(chan uint64, 1),
		ended: make(chan struct{}), failed: make(chan struct{}), lost: make(chan error, 1),
	}
	c.cmd.ExtraFiles = []*os.File{theirs, s.listener}
	if err := c.cmd.Start(); err != nil {
		c.conn.Close()
		return nil, fmt.Errorf("start control: %w", err)
	}
	go func() {
		// The error is always that there is no child to reap; see neverReap.
		_ = c.cmd.Wait()
		close(c.ended)
	}()
	return c, nil
}

// write sends what the engine queues, and pings.
func (c *child) write(ctx context.Context) {
	select {
	case <-c.greeted:
	case <-ctx.Done():
		return // the engine has ended before
	}
	for n := 1; ; n++ {
		m, err := c.out.Next(ctx)
		if err != nil {
			return
		}
		if err := c.conn.Send(m); err != nil {
			return
		}
		if n%pauseEvery == 0 {
			time.Sleep(time.Millisecond)
		}
	}
}

// pauseEvery is the number of messages after which reader and writer let go of
// the CPU, like everything in the real-time process that may come in thousands:
// on one CPU no timer fires before. A thousand services that report themselves
// programmed held it for 0.2 s (measured in the guest).
const pauseEvery = 10

// read takes in what control says until its stream ends.
func (c *child) read(e *engine) {
	var open *change
	for n := 1; ; n++ {
		m, err := c.conn.Receive()
		if err == nil {
			open, err = c.take(e, open, m)
		}
		if err != nil {
			c.lost <- fmt.Errorf("its stream ended: %w", err)
			return
		}
		if n%pauseEvery == 0 {
			time.Sleep(time.Millisecond)
		}
	}
}

// take handles one message and returns the change that is open afterwards.
func (c *child) take(e *engine, open *change, m wire.Message) (*change, error) {
	switch {
	case m.Pong != nil:
		select {
		case c.pong <- m.Pong.Seq:
		default:
		}
	case m.Ready != nil:
		select {
		case <-c.ready:
		default:
			close(c.ready)
		}
		e.post(e.becameReady)
	case m.Failed != nil:
		close(c.failed)
		return nil, errors.New("it cannot begin")
	case m.Reloaded != nil:
		seq := m.Reloaded.Seq
		e.post(func() { e.reloads.answered = seq })
	case m.Noticed != nil:
		seq := m.Noticed.Seq
		e.post(func() { e.noticed(seq) })
	case m.Handover != nil:
		h := *m.Handover
		e.post(func() { e.askHandover(h) })
	case m.Tracker != nil:
		t := *m.Tracker
		e.post(func() { e.tellTracker(t) })
	case m.Health != nil:
		h := *m.Health
		e.later(func() { e.remember(h) })
	case m.Begin != nil:
		return &change{begin: *m.Begin, at: map[string]int{}}, nil
	case open == nil:
		return nil, errors.New("a change without a beginning")
	case m.Commit != nil:
		e.post(func() { e.commit(open) })
		return nil, nil
	default:
		return open, open.collect(m)
	}
	return open, nil
}

// watch returns when the process has to be replaced, with the reason, or when
// ctx has ended. It says nothing before the greeting.
func (c *child) watch(ctx context.Context) error {
	select {
	case <-c.greeted:
	case <-ctx.Done():
		return nil
	}
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	started := time.Now()
	alive, busy := started, started
	var seq uint64
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-c.lost:
			return c.lostReason(err)
		case <-c.pong:
			alive = time.Now()
		case <-tick.C:
			seq++
			c.out.Set("ping", wire.Message{Ping: &wire.Ping{Seq: seq}})
			if !c.isReady() {
				alive = time.Now()
				// Not at every tick: it reads a dozen files in real time.
				if alive.Sub(busy) > idleStart/5 && wantsCPU(c.cmd.Process.Pid) {
					busy = alive
				}
				if time.Since(started) > readyWithin || time.Since(busy) > idleStart {
					return fmt.Errorf("it was not ready after %v", time.Since(started).Round(time.Millisecond))
				}
				continue
			}
			silent := time.Since(alive)
			if silent > hungAfter && (silent > starvedAfter || !wantsCPU(c.cmd.Process.Pid)) {
				return fmt.Errorf("it hangs: no answer for %v", silent.Round(time.Millisecond))
			}
		}
	}
}

// isReady reports whether it has sent a whole configuration.
func (c *child) isReady() bool {
	select {
	case <-c.ready:
		return true
	default:
		return false
	}
}

// lostReason says why the stream ended.
func (c *child) lostReason(lost error) error {
	select {
	case <-c.failed:
		return ErrStart
	default:
	}
	select {
	case <-c.ended:
		return errors.New("it ended, or was killed")
	case <-time.After(100 * time.Millisecond):
		return lost
	}
}

// askToStop gives the process a moment to end by itself.
func (c *child) askToStop(within time.Duration) {
	c.out.Set("stop", wire.Message{Stop: &wire.Stop{}})
	select {
	case <-c.ended:
	case <-time.After(within):
	}
}
