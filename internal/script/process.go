package script

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// linger is how long the output of a script that has ended is waited for,
	// where a process that it left behind keeps it open.
	linger = 100 * time.Millisecond
	// lastWait is how long a killed group may take to go.
	lastWait = time.Second
)

// Process is a script that runs. Its methods may be called by any goroutine.
type Process struct {
	cmd   *exec.Cmd
	began time.Time
	// stopping is closed with the first SIGTERM, killed with the first SIGKILL,
	// eof when nobody holds the output open any more, or we have closed it.
	stopping, killed, eof, done chan struct{}
	output                      tail

	mu     sync.Mutex
	gone   bool // reaped: the number may be another's
	result Result
}

// Start starts c and does not wait for it: what Run does, for a script that runs
// until it is stopped. The error says why it does not run. Whoever starts it
// calls Stop, or waits for Done.
func (c Command) Start(o Options) (*Process, error) {
	cmd, id, err := c.prepare(o)
	if err != nil {
		return nil, err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("pipe for the output: %w", err)
	}
	cmd.Stdout, cmd.Stderr = w, w
	p := &Process{cmd: cmd, began: time.Now(),
		stopping: make(chan struct{}), killed: make(chan struct{}),
		eof: make(chan struct{}), done: make(chan struct{})}
	started := make(chan error, 1)
	onOwnThread(func() { p.own(id, r, w, started) })
	if err := <-started; err != nil {
		return nil, explain(err)
	}
	return p, nil
}

// onOwnThread runs f in a goroutine on a thread that ends with it. The first
// thread of the process never ends, so it is not used.
func onOwnThread(f func()) {
	go func() {
		runtime.LockOSThread()
		if unix.Gettid() != unix.Getpid() {
			f()
			return
		}
		locked := make(chan struct{})
		go func() {
			runtime.LockOSThread()
			close(locked)
			f()
		}()
		<-locked
		runtime.UnlockOSThread()
	}()
}

// own starts the script, and lives on a thread of its own as long as it does.
// The thread gives its capabilities away, and the kernel ends the script with
// the thread (parent-death signal); so it is never returned to the runtime.
func (p *Process) own(id identity, r, w *os.File, started chan<- error) {
	err := id.shed()
	if err == nil {
		err = p.cmd.Start()
	}
	_ = w.Close()
	started <- err
	if err != nil {
		_ = r.Close()
		return
	}
	go func() {
		defer close(p.eof)
		_, _ = p.output.ReadFrom(r)
	}()
	awaitExit(p.cmd.Process.Pid)
	p.settle()
	_ = r.Close()
	<-p.eof
	p.reap()
	close(p.done)
}

// awaitExit returns when the process has ended, and leaves it a zombie: as long
// as it is one, nobody else gets the number of its group.
func awaitExit(pid int) {
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return
		}
	}
}

// settle waits, after the script itself has ended, for the rest: a moment for
// output; if it was stopped, until its group is dead.
func (p *Process) settle() {
	timer := time.NewTimer(linger)
	defer timer.Stop()
	select {
	case <-p.eof:
	case <-timer.C:
	case <-p.stopping:
	}
	select {
	case <-p.stopping:
	default:
		return
	}
	select {
	case <-p.eof:
	case <-p.killed:
	}
	p.signal(syscall.SIGKILL)
}

func (p *Process) reap() {
	p.mu.Lock()
	defer p.mu.Unlock()
	err := p.cmd.Wait()
	p.gone = true
	p.result = Result{Status: -1, Took: time.Since(p.began)}
	if state := p.cmd.ProcessState; state != nil {
		p.result.Status = state.ExitCode()
		if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
			p.result.Signal = status.Signal()
		}
	} else {
		p.result.Err = fmt.Errorf("wait for it: %w", err)
	}
}

// signal sends to the whole group, unless it is gone. That it may not be ours to
// signal (a set-user-ID program) shows in what does not end.
func (p *Process) signal(s syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.gone {
		_ = syscall.Kill(-p.cmd.Process.Pid, s)
	}
	mark := map[syscall.Signal]chan struct{}{syscall.SIGTERM: p.stopping, syscall.SIGKILL: p.killed}[s]
	select {
	case <-mark:
	default:
		close(mark)
	}
}

// Done is closed when the script is gone.
func (p *Process) Done() <-chan struct{} { return p.done }

// Pid is the number of the process, and of its group.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Result says what became of it. As long as it runs, Status is -1 and Left is
// not nil.
func (p *Process) Result() Result {
	p.mu.Lock()
	r := p.result
	if !p.gone {
		r = Result{Status: -1, Took: time.Since(p.began), Left: p.done}
	}
	p.mu.Unlock()
	r.Output = p.output.String()
	return r
}

// Stop sends SIGTERM to the whole process group, SIGKILL after grace, and waits
// until it is gone, at most a second longer.
func (p *Process) Stop(grace time.Duration) Result {
	p.signal(syscall.SIGTERM)
	if !p.wait(grace) {
		p.signal(syscall.SIGKILL)
		p.wait(lastWait)
	}
	return p.Result()
}

func (p *Process) wait(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-p.done:
		return true
	case <-timer.C:
		return false
	}
}
