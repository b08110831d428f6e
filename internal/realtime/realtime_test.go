package realtime

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestMain lets the test binary be the process under test, and its child.
func TestMain(m *testing.M) {
	switch os.Getenv("REALTIME_TEST") {
	case "parent":
		parent()
	case "child":
		err := Leave()
		_, marked := os.LookupEnv(marker)
		fmt.Println("child:", policies(), marked, err)
	default:
		os.Exit(m.Run())
	}
}

func parent() {
	if err := Enter(func() { fmt.Println("before:", policies()) }); err != nil {
		fmt.Println("reason:", err)
	}
	fmt.Println("policies:", policies())
	var limit unix.Rlimit
	unix.Getrlimit(unix.RLIMIT_RTTIME, &limit)
	fmt.Println("limited:", limit.Max <= rttime)
	fmt.Println("procs:", runtime.GOMAXPROCS(0) <= runtime.NumCPU())
	child := exec.Command(self())
	child.Env = append(os.Environ(), "REALTIME_TEST=child")
	out, err := child.Output()
	fmt.Printf("%serr: %v\n", out, err)
}

// policies lists the scheduling policies of all threads of this process.
func policies() string {
	seen := map[string]bool{}
	stats, _ := filepath.Glob("/proc/self/task/*/stat")
	for _, f := range stats {
		b, err := os.ReadFile(f)
		if err != nil {
			continue
		}
		// After the name in parentheses, the policy is the 39th field (proc(5)).
		_, rest, _ := strings.Cut(string(b), ") ")
		seen[strings.Fields(rest)[38]] = true
	}
	var out []string
	for _, p := range []string{"0", "1", "2"} {
		if seen[p] {
			out = append(out, p)
		}
	}
	return strings.Join(out, ",")
}

func TestTheWholeProcessIsRealTimeAndItsChildrenAreNot(t *testing.T) {
	if !allowed(t) {
		t.Skip("no real-time privilege here")
	}
	out := child(t)
	for _, want := range []string{"before: 0\n", "policies: 1\n", "limited: true\n", "procs: true\n", "child: 0 false <nil>\n", "err: <nil>\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if strings.Contains(out, "reason:") {
		t.Errorf("real time refused:\n%s", out)
	}
}

func TestWithoutRealTimeTheReasonIsSaid(t *testing.T) {
	out := child(t, marker+"=off")
	for _, want := range []string{"reason: switched off", "policies: 0\n", "child: 0 false <nil>\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}

func child(t *testing.T, env ...string) string {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(append(os.Environ(), "REALTIME_TEST=parent"), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}

// allowed asks the kernel, on a thread that is thrown away.
func allowed(t *testing.T) bool {
	t.Helper()
	ok := make(chan bool)
	go func() {
		runtime.LockOSThread()
		attr := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_FIFO, Priority: priority}
		ok <- unix.SchedSetAttr(0, &attr, 0) == nil
	}()
	return <-ok
}
