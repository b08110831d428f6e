package integration

import (
	"testing"

	"director/integration/lab"
)

// TestNotify shows what notify scripts and FIFOs are told of what happens to
// instances and sync groups, when, as whom, and what a bad one can do.
//
// It needs network namespaces and keepalived.
func TestNotify(t *testing.T) {
	lab.Need(t, lab.Netns, lab.Keepalived)
	for _, c := range []struct {
		name string
		test func(*testing.T)
	}{
		{"FIFO beside keepalived", testFIFOBeside},
		{"scripts beside keepalived", testScriptsBeside},
		{"slow script", testSlowScript},
		{"control away", testControlAway},
		{"script users", testScriptUsers},
		{"stop", testNotifyStop},
		{"FIFO reader", testFIFOReader},
		{"reload", testNotifyReload},
		{"lagging reader", testLaggingReader},
		{"hanging script", testHangingScript},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(t)
		})
	}
}
