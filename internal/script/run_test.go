package script

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// run runs a shell text as a test may.
func run(t *testing.T, text string, o Options) Result {
	t.Helper()
	o.Policy = ours()
	return Run(context.Background(), shell(text), o)
}

// pids reads numbers that a script printed.
func pids(t *testing.T, text string) []int {
	t.Helper()
	var all []int
	for word := range strings.FieldsSeq(text) {
		var pid int
		if _, err := fmt.Sscan(word, &pid); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		all = append(all, pid)
	}
	return all
}

func TestRunResult(t *testing.T) {
	for _, tt := range []struct {
		text string
		want string
		good bool
		out  string
	}{
		{"exit 0", "exit status 0", true, ""},
		{"echo no >&2; exit 3", "exit status 3", false, "no\n"},
		{"kill -SEGV $$", "killed: segmentation fault", false, ""},
		{`printf '\377x'`, "exit status 0", true, "\uFFFDx"},
	} {
		r := run(t, tt.text, Options{Timeout: 20 * time.Second})
		if r.String() != tt.want || r.Good() != tt.good || r.Output != tt.out || r.Left != nil {
			t.Errorf("%s: %+v, %v", tt.text, r, r)
		}
	}
}

func TestRunArguments(t *testing.T) {
	c := Command{Args: []string{"printf", "%s|", "a b", "$HOME", "*"}}
	r := Run(context.Background(), c, Options{Policy: ours(), Extra: []string{"INSTANCE", "VI 1"}})
	if want := "a b|$HOME|*|INSTANCE|VI 1|"; r.Output != want || !r.Good() {
		t.Errorf("%q, %v", r.Output, r)
	}
	if len(c.Args) != 5 {
		t.Error("the command was changed")
	}
}

// What a script finds: nothing of ours.
func TestRunSurroundings(t *testing.T) {
	for _, name := range []string{"NOTIFY_SOCKET", "LD_PRELOAD_X", "IFS", "BASH_ENV", "ENV"} {
		t.Setenv(name, "/tmp/x")
	}
	t.Setenv("PATH", "/tmp")
	t.Setenv("TZ", "UTC")
	out := run(t, `env; echo DIR=$(pwd); echo IN=$(wc -c); ls -l /proc/self/fd | wc -l
		awk '{sub(/.*\) /, ""); print "GROUP=" $3 " POLICY=" $39}' /proc/self/stat; echo PID=$$
		grep Cap /proc/self/status`, Options{}).Output
	for _, line := range []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n", "TZ=UTC\n", "DIR=/\n", "IN=0\n"} {
		if !strings.Contains(out, line) {
			t.Errorf("no %q in\n%s", line, out)
		}
	}
	if strings.Contains(out, "/tmp/x") {
		t.Errorf("our environment is passed on:\n%s", out)
	}
	_, after, _ := strings.Cut(out, "GROUP=")
	var group, policy, pid int
	if _, err := fmt.Sscanf(after, "%d POLICY=%d\nPID=%d", &group, &policy, &pid); err != nil {
		t.Fatalf("%v in\n%s", err, out)
	}
	if group != pid || policy != 0 {
		t.Errorf("process %d is in group %d, scheduling policy %d", pid, group, policy)
	}
	for _, set := range []string{"CapInh", "CapPrm", "CapEff", "CapAmb"} {
		if got := field(out, set); got != "0000000000000000" {
			t.Errorf("%s %s", set, got)
		}
	}
}

func TestRunTimesOut(t *testing.T) {
	const soon, late = time.Minute, 200 * time.Millisecond
	for _, tt := range []struct {
		name, text string
		status     int
		signal     syscall.Signal
		grace      time.Duration // soon: SIGTERM is enough
	}{
		{"hangs", "exec sleep 60", -1, syscall.SIGTERM, soon},
		{"a child hangs", "sleep 60; true", -1, syscall.SIGTERM, soon},
		{"cleans up", "trap 'echo bye; exit 0' TERM; sleep 60 & wait", 0, 0, soon},
		{"ignores SIGTERM", "trap '' TERM; while :; do sleep 60; done", -1, syscall.SIGKILL, late},
		{"dies, and a child that ignores SIGTERM does not", "(trap '' TERM; sleep 60; sleep 60) & exec sleep 60", -1, syscall.SIGTERM, late},
		{"prints for ever", "while :; do echo yyyyyyyyyyyyyyyy; done", -1, syscall.SIGTERM, soon},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			r := run(t, tt.text, Options{Timeout: 1500 * time.Millisecond, KillAfter: tt.grace})
			took := time.Since(began) - r.Took
			if !r.TimedOut || r.Good() || r.Left != nil || r.Status != tt.status || r.Signal != tt.signal {
				t.Errorf("%+v", r)
			}
			if tt.grace == late && took < late || took > soon/2 {
				t.Errorf("took %v to end", took)
			}
			if !strings.HasPrefix(r.String(), "timed out after 1") {
				t.Error(r)
			}
		})
	}
}

// However many there are, and whoever holds the output: all die.
func TestStopKillsTheGroup(t *testing.T) {
	c := shell(`trap '' TERM; for i in $(seq 40); do (sleep 60; :) & echo $!; done; sleep 60`)
	p, err := c.Start(Options{Policy: ours()})
	if err != nil {
		t.Fatal(err)
	}
	for strings.Count(p.Result().Output, "\n") < 40 {
		time.Sleep(time.Millisecond)
	}
	r := p.Stop(50 * time.Millisecond)
	if r.Signal != syscall.SIGKILL || r.Left != nil {
		t.Errorf("%+v", r)
	}
	for _, pid := range pids(t, r.Output) {
		gone(t, pid)
	}
}

func TestStopEndsAForkBomb(t *testing.T) {
	// Each makes two, seven deep, and stays.
	c := shell(`f() { [ $1 -gt 0 ] && { f $(($1-1)) & f $(($1-1)) & }; while :; do sleep 60; done; }; trap '' TERM; f 7`)
	p, err := c.Start(Options{Policy: ours()})
	if err != nil {
		t.Fatal(err)
	}
	group := p.Pid()
	for members(group) < 50 {
		time.Sleep(10 * time.Millisecond)
	}
	p.Stop(50 * time.Millisecond)
	for began := time.Now(); members(group) > 0; time.Sleep(10 * time.Millisecond) {
		if time.Since(began) > 10*time.Second {
			t.Fatalf("%d are left", members(group))
		}
	}
}

// members counts the living processes of a group.
func members(group int) int {
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	n := 0
	for _, name := range files {
		stat, _ := os.ReadFile(name)
		_, rest, _ := strings.Cut(string(stat), ") ")
		if fields := strings.Fields(rest); len(fields) > 2 && fields[0] != "Z" && fields[2] == fmt.Sprint(group) {
			n++
		}
	}
	return n
}

func TestRunBoundsOutput(t *testing.T) {
	r := run(t, "head -c 30000000 /dev/zero | tr '\\0' x; echo; echo the end; exit 2", Options{Timeout: time.Minute})
	if r.Status != 2 || len(r.Output) != kept || !strings.HasSuffix(r.Output, "xxx\nthe end\n") {
		t.Errorf("%v, %d bytes", r, len(r.Output))
	}
}

// A script that ends in time may leave something running, also with its output.
func TestRunLeavesWhatIsLeftBehind(t *testing.T) {
	for _, text := range []string{"sleep 60 & echo $!", "setsid sleep 60 & echo $!"} {
		began := time.Now()
		r := run(t, text, Options{Timeout: 30 * time.Second})
		left := pids(t, r.Output)
		if !r.Good() || len(left) != 1 || time.Since(began) > 20*time.Second {
			t.Fatalf("%v, %q", r, r.Output)
		}
		if !alive(left[0]) {
			t.Errorf("%s: was killed", text)
		}
		if err := syscall.Kill(left[0], syscall.SIGKILL); err != nil {
			t.Error(err)
		}
	}
}

// One that leaves the group escapes, but nobody waits for it.
func TestRunDoesNotWaitForWhoLeftTheGroup(t *testing.T) {
	began := time.Now()
	r := run(t, "setsid sleep 60 & echo $!; wait", Options{Timeout: 1500 * time.Millisecond, KillAfter: 100 * time.Millisecond})
	if !r.TimedOut || r.Left != nil || time.Since(began) > 20*time.Second {
		t.Errorf("%+v", r)
	}
	for _, pid := range pids(t, r.Output) {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Error(err)
		}
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(50*time.Millisecond, cancel)
	r := Run(ctx, shell("sleep 60"), Options{Policy: ours()})
	if r.Err != context.Canceled || r.TimedOut || r.Good() || r.Left != nil {
		t.Errorf("%+v", r)
	}
	if r = Run(ctx, shell("echo started"), Options{Policy: ours()}); r.Err != context.Canceled || r.Output != "" {
		t.Errorf("%+v", r)
	}
}

func TestProcess(t *testing.T) {
	p, err := shell(`trap 'echo stopped; exit 5' TERM; echo ready $0; while :; do sleep 0.01; done`).
		Start(Options{Policy: ours(), Extra: []string{"/run/fifo"}})
	if err != nil {
		t.Fatal(err)
	}
	for p.Result().Output != "ready /run/fifo\n" {
		time.Sleep(time.Millisecond)
	}
	if r := p.Result(); r.Left == nil || r.Status != -1 {
		t.Errorf("while it runs: %+v", r)
	}
	if r := p.Stop(10 * time.Second); r.Status != 5 || r.Left != nil || !strings.HasSuffix(r.Output, "stopped\n") {
		t.Errorf("%+v", r)
	}
	<-p.Done()
	if r := p.Stop(0); r.Status != 5 {
		t.Errorf("stopped twice: %+v", r)
	}
}

func TestProcessEndsByItself(t *testing.T) {
	p, err := shell("exit 4").Start(Options{Policy: ours()})
	if err != nil {
		t.Fatal(err)
	}
	<-p.Done()
	if r := p.Result(); r.Status != 4 || r.Err != nil {
		t.Errorf("%+v", r)
	}
}
