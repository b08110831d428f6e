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

// TestMain lets the test binary be the process under test.
func TestMain(m *testing.M) {
	if os.Getenv("REALTIME_TEST_CHILD") == "" {
		os.Exit(m.Run())
	}
	if err := Enter(); err != nil {
		fmt.Println("reason:", err)
	}
	fmt.Println("policies:", policies())
	var limit unix.Rlimit
	unix.Getrlimit(unix.RLIMIT_RTTIME, &limit)
	fmt.Println("limited:", limit.Max <= rttime)
	fmt.Println("procs:", runtime.GOMAXPROCS(0) <= runtime.NumCPU())
	err := Plainly(func() error {
		out, err := exec.Command("/bin/sh", "-c", "cut -d' ' -f41 /proc/self/stat; env").Output()
		policy, env, _ := strings.Cut(string(out), "\n")
		fmt.Println("child:", policy, strings.Contains(env, marker))
		return err
	})
	fmt.Println("err:", err)
	fmt.Println("after:", policies())
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
	for _, want := range []string{"policies: 1\n", "limited: true\n", "procs: true\n", "child: 0 false\n", "err: <nil>\n"} {
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
	for _, want := range []string{"reason: switched off", "policies: 0\n", "child: 0 false\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}

func child(t *testing.T, env ...string) string {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(append(os.Environ(), "REALTIME_TEST_CHILD=1"), env...)
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
