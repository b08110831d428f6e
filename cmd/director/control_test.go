package main

import (
	"fmt"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"
)

// TestScriptsCanBeTerminated: what control does not obey its scripts do.
func TestScriptsCanBeTerminated(t *testing.T) {
	leaveSignals()
	defer signal.Reset(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	out, err := exec.Command("sed", "-n", `s/^SigIgn:\s*//p`, "/proc/self/status").Output()
	if err != nil {
		t.Fatal(err)
	}
	var ignored uint64
	if _, err := fmt.Sscanf(string(out), "%x", &ignored); err != nil {
		t.Fatalf("%q: %v", out, err)
	}
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP} {
		if ignored&(1<<(s-1)) != 0 {
			t.Errorf("a script would ignore %v", s)
		}
	}
	if err := syscall.Kill(syscall.Getpid(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
}
