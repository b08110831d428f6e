package lab

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Process is a program that runs on a host until it is ended. Its output goes
// to a file that the test's log shows when the test fails.
type Process struct {
	Name string
	Pid  int
	// Log is the path of the file with its output.
	Log  string
	host *Host
	done chan struct{} // closed when it has ended
	err  error         // valid then
}

// Start starts a program on the host, in a process group of its own.
func (h *Host) Start(name string, args ...string) *Process {
	h.lab.t.Helper()
	h.must("folder", os.MkdirAll(h.Dir(), 0o755))
	log, err := os.CreateTemp(h.Dir(), filepath.Base(name)+"-*.log")
	h.must("log", err)
	defer func() { _ = log.Close() }()
	cmd := h.Cmd(context.Background(), name, args...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	h.must("start", cmd.Start())
	p := &Process{Name: filepath.Base(name), Pid: cmd.Process.Pid, Log: log.Name(), host: h, done: make(chan struct{})}
	go func() {
		p.err = cmd.Wait()
		close(p.done)
	}()
	h.lab.t.Cleanup(func() {
		p.Kill()
		if h.lab.t.Failed() {
			h.lab.t.Logf("%s on %s said:\n%s", p.Name, h.Name, p.Tail(60))
		}
	})
	return p
}

// Running reports whether the process lives.
func (p *Process) Running() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// Signal sends a signal to the process alone.
func (p *Process) Signal(signal syscall.Signal) { _ = syscall.Kill(p.Pid, signal) }

// SignalGroup sends a signal to the process and its children, as a terminal or
// a service manager does.
func (p *Process) SignalGroup(signal syscall.Signal) { _ = syscall.Kill(-p.Pid, signal) }

// Kill ends the process by SIGKILL, it alone, and waits for its end.
func (p *Process) Kill() {
	if p.Running() {
		p.Signal(syscall.SIGKILL)
	}
	<-p.done
}

// Stop ends the process by SIGTERM and returns how long that took. It has ten
// seconds and must end well.
func (p *Process) Stop() time.Duration {
	p.host.lab.t.Helper()
	begin := time.Now()
	p.Signal(syscall.SIGTERM)
	if !p.Ends(10 * time.Second) {
		p.host.lab.t.Fatalf("%s on %s does not stop", p.Name, p.host.Name)
	}
	if p.err != nil {
		p.host.lab.t.Fatalf("%s on %s stopped with %v", p.Name, p.host.Name, p.err)
	}
	return time.Since(begin)
}

// Ends reports whether the process ends within a time.
func (p *Process) Ends(within time.Duration) bool {
	select {
	case <-p.done:
		return true
	case <-time.After(within):
		return false
	}
}

// Err is how the process ended; nil: well, or it still runs.
func (p *Process) Err() error {
	if p.Running() {
		return nil
	}
	return p.err
}

// Said reports whether the process has printed a text.
func (p *Process) Said(text string) bool {
	output, _ := os.ReadFile(p.Log)
	return strings.Contains(string(output), text)
}

// Tail returns the last lines of the process's output.
func (p *Process) Tail(lines int) string {
	output, err := os.ReadFile(p.Log)
	if err != nil {
		return fmt.Sprintf("(no output: %v)", err)
	}
	all := strings.Split(strings.TrimRight(string(output), "\n"), "\n")
	if len(all) > lines {
		all = append([]string{"…"}, all[len(all)-lines:]...)
	}
	return "\t" + strings.Join(all, "\n\t")
}
