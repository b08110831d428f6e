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
func Enter() error {
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
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := request(); err != nil {
		return err
	}
	self, err := os.Executable()
	if err == nil {
		err = unix.Exec(self, os.Args, append(os.Environ(), marker+"=on"))
	}
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

// Plainly runs f on a thread of normal priority, which is thrown away
// afterwards: what f starts, and it alone, is an ordinary process. The kernel's
// reset-on-fork flag is no way: it would also reset the threads that the Go
// runtime makes.
func Plainly(f func() error) error {
	done := make(chan error, 1)
	go func() {
		// Not unlocked: the runtime ends the thread with the goroutine, so
		// that no other goroutine ever runs at its priority.
		runtime.LockOSThread()
		if err := plain(); err != nil {
			done <- fmt.Errorf("leave real time before a child: %w", err)
			return
		}
		done <- f()
	}()
	return <-done
}
