package bench

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// Machine says what the figures were made on, and whether it was quiet.
func Machine() string {
	var name unix.Utsname
	kernel := "unknown"
	if unix.Uname(&name) == nil {
		kernel = unix.ByteSliceToString(name.Release[:])
	}
	load := "unknown"
	if text, err := os.ReadFile("/proc/loadavg"); err == nil {
		load = strings.Join(strings.Fields(string(text))[:3], " ")
	}
	other := "no keepalived"
	if text, err := exec.Command("keepalived", "--version").CombinedOutput(); err == nil || len(text) > 0 {
		other, _, _ = strings.Cut(string(text), "\n")
	}
	return fmt.Sprintf("%d CPUs (%s), Linux %s, %s,\n%s, %s.\nLoad before the start: %s.",
		runtime.NumCPU(), cpu(), kernel, realtime(), runtime.Version(), other, load)
}

// realtime says whether a process started from here can be real-time.
func realtime() string {
	tried := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with us
		tried <- unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_FIFO, Priority: 1}, 0)
	}()
	if err := <-tried; err != nil {
		return fmt.Sprintf("NO real time (%v)", err)
	}
	return "real time"
}

// cpu is the model of the first CPU.
func cpu() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}
