// Package realtime makes the dataplane a real-time process and its children
// ordinary ones.
//
// A real-time thread in a busy Go process gains nothing, because a goroutine
// that comes back from a system call still needs one of the runtime's
// processors. A whole process under SCHED_FIFO with an idle runtime is on time
// (docs/architecture.md has the measurement). So the policy is set on the first
// thread and the process executes itself: every thread the runtime makes
// afterwards inherits it.
package realtime

import (
	"errors"
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

const (
	// marker tells the executed copy what became of the request; it is taken
	// out of the environment before any child starts.
	marker = "DIRECTOR_REALTIME"
	// Priority is the lowest real-time priority: above every ordinary process,
	// below the kernel's own threads (50).
	priority = 1
	// A thread that runs this long, in microseconds, without once waiting is a
	// bug that could freeze a machine of one CPU; the kernel kills the process.
	// Limits of 10 to 50 ms also hit one that is merely busy, and one of 300 ms
	// hit starts in a starved virtual machine, whose stolen time counts as ours
	// (measured). The soft limit is the same: SIGXCPU would tell nobody
	// anything that its death does not.
	rttime = 2_000_000
)

// errDisabled is the answer where the user asked for normal priority.
var errDisabled = errors.New("switched off by " + marker + "=off")

// Enter puts the process under SCHED_FIFO by executing it again, and bounds
// GOMAXPROCS by the CPUs it may use. In the executed copy, or where real time is
// not to be had, it returns: nil in real time, else the reason. It must be the
// first thing main does: threads that exist already would keep their policy.
//
// before is called once, at normal priority: it may start children.
func Enter(before func()) error {
	verdict, executed := os.LookupEnv(marker)
	if err := os.Unsetenv(marker); err != nil {
		return fmt.Errorf("clean the environment: %w", err)
	}
	boundProcs()
	switch {
	case executed && verdict == "on":
		return bound()
	case executed && verdict == "off":
		return errDisabled
	case executed:
		return errors.New(verdict)
	}
	before()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := request(); err != nil {
		return err
	}
	err := unix.Exec(self(), os.Args, append(os.Environ(), marker+"=on"))
	// Still here: the other threads are ordinary ones, so this one has to be, too.
	if back := plain(); back != nil {
		return fmt.Errorf("execute itself in real time: %w, and back: %w", err, back)
	}
	return fmt.Errorf("execute itself in real time: %w", err)
}

// bound limits what a bug can do in real time. It comes after the start, which
// on a slow machine is long and waits for nothing.
func bound() error {
	var limit unix.Rlimit
	err := unix.Getrlimit(unix.RLIMIT_RTTIME, &limit)
	if err == nil && limit.Max > rttime {
		limit.Cur, limit.Max = min(limit.Cur, rttime), rttime
		err = unix.Setrlimit(unix.RLIMIT_RTTIME, &limit)
	}
	if err != nil {
		return fmt.Errorf("limit real-time CPU (RLIMIT_RTTIME): %w", err)
	}
	return nil
}

// request asks for the policy on this thread.
func request() error {
	attr := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_FIFO, Priority: priority}
	if err := unix.SchedSetAttr(0, &attr, 0); err != nil {
		return fmt.Errorf("SCHED_FIFO (needs CAP_SYS_NICE and a real-time budget of the cgroup): %w", err)
	}
	return nil
}

// boundProcs keeps GOMAXPROCS at or below the CPUs of the affinity mask: with
// more processors than CPUs a real-time process of one CPU hangs (measured).
func boundProcs() {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return
	}
	if cpus := set.Count(); cpus > 0 && runtime.GOMAXPROCS(0) > cpus {
		runtime.GOMAXPROCS(cpus)
	}
}

// plain sets the calling thread back to the ordinary policy.
func plain() error {
	attr := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_NORMAL}
	return unix.SchedSetAttr(0, &attr, 0)
}

// Leave makes the process an ordinary one: what a real-time process starts calls
// it first of all. It executes the process again, because setting back the
// threads one by one would miss those that are being made; where there is
// nothing to leave it returns at once.
//
// The parent does not do this for its child: it would need a thread of normal
// priority, which its other threads starve, and for which the runtime waits now
// and then without letting go of the CPU.
func Leave() error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	attr, err := unix.SchedGetAttr(0, 0)
	if err != nil {
		return fmt.Errorf("scheduling policy: %w", err)
	}
	if attr.Policy == unix.SCHED_NORMAL {
		return nil
	}
	if err := plain(); err != nil {
		return fmt.Errorf("leave real time: %w", err)
	}
	err = unix.Exec(self(), os.Args, os.Environ())
	return fmt.Errorf("execute itself at normal priority: %w", err)
}

// self is the file to execute again: by its name, which tools show, unless that
// is another file meanwhile.
func self() string {
	const link = "/proc/self/exe"
	running, err := os.Stat(link)
	if err != nil {
		return link
	}
	name, err := os.Executable()
	if err != nil {
		return link
	}
	if file, err := os.Stat(name); err != nil || !os.SameFile(running, file) {
		return link
	}
	return name
}
