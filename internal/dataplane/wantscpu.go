package dataplane

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
)

// wantsCPU reports whether a thread of the process runs, waits for a CPU, or is
// in an uninterruptible wait for a disk: then silence may be starvation, not a
// hang. A process whose state cannot be read wants nothing.
func wantsCPU(pid int) bool {
	stats, err := filepath.Glob(filepath.Join("/proc", strconv.Itoa(pid), "task/*/stat"))
	if err != nil {
		return false
	}
	for _, f := range stats {
		b, err := os.ReadFile(f)
		if err != nil {
			continue
		}
		// The name, in parentheses, may contain anything; the state follows it
		// (proc_pid_stat(5)).
		if at := bytes.LastIndexByte(b, ')'); at >= 0 && at+2 < len(b) && (b[at+2] == 'R' || b[at+2] == 'D') {
			return true
		}
	}
	return false
}
