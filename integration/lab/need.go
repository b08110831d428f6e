package lab

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// What a test can need.
const (
	Netns      = "netns"      // to make network namespaces
	IPVS       = "ipvs"       // a kernel with IPVS: the test runs in the guest
	Keepalived = "keepalived" // the other router
	Zebra      = "zebra"      // yet another: FRR's daemons
)

// Prefix begins each line that is for the runner, on standard output.
const Prefix = "director-integration: "

// Runner is the environment variable that is set when the runner runs the tests.
const Runner = "DIRECTOR_INTEGRATION"

// Soak is the environment variable that says for how long the runner runs the
// tests again and again; empty: once.
const Soak = "DIRECTOR_SOAK"

// InGuest reports whether this process runs where package guest put it.
func InGuest() bool { return os.Getenv("DIRECTOR_GUEST") != "" }

// Need is the first call of every test: what it cannot do without. Under plain
// `go test` the test is skipped; the runner brings it where its needs are met.
func Need(t *testing.T, needs ...string) {
	t.Helper()
	if os.Getenv(Runner) == "" {
		t.Skip("run by make integration")
	}
	if slices.Contains(needs, IPVS) && !InGuest() {
		say("guest", t.Name())
		t.Skip("runs where IPVS is")
	}
	for _, need := range needs {
		if why := missing(need); why != "" {
			t.Fatalf("needs %s: %s", need, why)
		}
	}
}

func missing(need string) string {
	switch need {
	case Netns:
		if os.Getuid() != 0 {
			return "not root, and not in a user namespace"
		}
	case IPVS:
		if _, err := os.Stat("/proc/net/ip_vs"); err != nil {
			return err.Error()
		}
	case Keepalived:
		if _, err := exec.LookPath("keepalived"); err != nil {
			return err.Error()
		}
	case Zebra:
		return frrMissing()
	default:
		return "unknown need"
	}
	return ""
}

// say tells the runner something, in one write: tests run in parallel.
func say(kind, text string) {
	line := fmt.Sprintf("%s%s %s\n", Prefix, kind, strings.ReplaceAll(text, "\n", " "))
	_, _ = os.Stdout.WriteString(line)
}
