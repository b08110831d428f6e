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
	return fmt.Sprintf("%d CPUs (%s), Linux %s, load before the start %s,\n%s, %s.",
		runtime.NumCPU(), cpu(), kernel, load, runtime.Version(), other)
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
