package checkers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"director/internal/script"
)

func miscSpec(args ...string) Spec {
	return Spec{Kind: MiscCheck, DelayLoop: 10 * time.Second, DelayBeforeRetry: time.Second, Warmup: 10 * time.Second,
		Misc: &Misc{Command: script.Command{Args: args}, Timeout: time.Second}}
}

// ends is a run that ends with a result.
func ends(r script.Result) Env {
	return Env{Run: func(context.Context, script.Command, script.Options) script.Result { return r }}
}

func TestMiscCheck(t *testing.T) {
	for _, tt := range []struct {
		name       string
		dynamic    bool
		run        script.Result
		ok, unmade bool
		reason     string
		sets       bool
		weight     int
	}{
		{"good", false, script.Result{}, true, false, "exit status 0", false, 0},
		{"bad", false, script.Result{Status: 1}, false, false, "exit status 1", false, 0},
		{"bad, with what it says", false, script.Result{Status: 3, Output: "a\nno queue \n"}, false, false, "exit status 3: no queue", false, 0},
		{"2 is bad", false, script.Result{Status: 2}, false, false, "exit status 2", false, 0},
		{"dynamic: good", true, script.Result{}, true, false, "exit status 0", false, 0},
		{"dynamic: bad", true, script.Result{Status: 1}, false, false, "exit status 1", false, 0},
		{"dynamic: least", true, script.Result{Status: 2}, true, false, "exit status 2: weight 0", true, 0},
		{"dynamic: most", true, script.Result{Status: 255}, true, false, "exit status 255: weight 253", true, 253},
		{"killed", true, script.Result{Status: -1, Signal: syscall.SIGKILL}, false, false, "killed: killed", false, 0},
		{"timed out", true, script.Result{Status: 9, TimedOut: true, Took: time.Second}, false, false, "timed out after 1s", false, 0},
		{"not started", false, script.Result{Status: -1, Err: errors.New("no such user")}, false, true, "script: no such user", false, 0},
		{"nothing that disturbs a terminal", false, script.Result{Status: 1, Output: "\x1b[2J"}, false, false, "exit status 1: ?[2J", false, 0},
	} {
		s := miscSpec("/bin/true")
		s.Misc.Dynamic = tt.dynamic
		r := probe(t, s, ends(tt.run))
		t.Run(tt.name, func(t *testing.T) {
			wantResult(t, r, tt.ok, tt.unmade, tt.reason)
			if r.SetsWeight != tt.sets || r.Weight != tt.weight {
				t.Errorf("weight %v %d, want %v %d", r.SetsWeight, r.Weight, tt.sets, tt.weight)
			}
		})
	}
}

// TestMiscCheckIsNotStartedTwice: a run that cannot be killed fails the check
// until it is gone.
func TestMiscCheckIsNotStartedTwice(t *testing.T) {
	left, starts := make(chan struct{}), 0
	p, err := New(miscSpec("/bin/x"), Env{Run: func(context.Context, script.Command, script.Options) script.Result {
		starts++
		if starts == 1 {
			return script.Result{Status: -1, TimedOut: true, Left: left, Took: time.Second}
		}
		return script.Result{}
	}})
	if err != nil {
		t.Fatal(err)
	}
	wantResult(t, p.Probe(t.Context(), 0), false, false, "timed out after 1s, and cannot be killed")
	wantResult(t, p.Probe(t.Context(), 0), false, false, "timed out, and the run cannot be killed")
	if starts != 1 {
		t.Errorf("started %d times beside one that hangs", starts)
	}
	close(left)
	wantResult(t, p.Probe(t.Context(), 0), true, false, "exit status 0")
}

// TestBadScripts runs real ones that hang, fork and flood.
func TestBadScripts(t *testing.T) {
	policy := func() script.Policy {
		return script.Policy{User: fmt.Sprint(os.Geteuid()), Group: fmt.Sprint(os.Getegid())}
	}
	file := filepath.Join(t.TempDir(), "pids")
	for _, tt := range []struct {
		name, text string
		ok, unmade bool
		reason     string
	}{
		{"hangs", "exec sleep 100", false, false, "timed out after N"},
		{"does not want to end", "trap '' TERM; echo $$ > " + file + "; while :; do sleep 0.1; done", false, false, "timed out after N"},
		{"forks", "sleep 100 & sleep 100 & wait", false, false, "timed out after N"},
		{"leaves a child behind", "sleep 2 & exit 0", true, false, "exit status 0"},
		{"floods", "yes 0123456789 | head -c 100000000; echo; echo end; exit 4", false, false, "exit status 4: end"},
		{"no such program", "", false, true, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := miscSpec("/bin/sh", "-c", tt.text)
			if tt.text == "" {
				s = miscSpec("/nonexistent/program")
			}
			s.Misc.Timeout = 300 * time.Millisecond
			if tt.name == "floods" {
				s.Misc.Timeout = 20 * time.Second
			}
			r := probe(t, s, Env{Policy: policy})
			if strings.HasPrefix(r.Reason, "timed out after ") {
				r.Reason = "timed out after N"
			}
			if tt.reason == "" {
				tt.reason = r.Reason
			}
			wantResult(t, r, tt.ok, tt.unmade, tt.reason)
			if r.Latency > 10*time.Second {
				t.Errorf("took %v", r.Latency)
			}
		})
	}
}

// TestScriptsWaitForASlot: scripts that hang hold up other scripts, not other
// checks.
func TestScriptsWaitForASlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFarm()
		running, most := 0, 0
		env := Env{Dial: f.dial, Run: func(_ context.Context, c script.Command, _ script.Options) script.Result {
			f.mu.Lock()
			running++
			most = max(most, running)
			f.mu.Unlock()
			time.Sleep(time.Minute)
			f.mu.Lock()
			running--
			f.mu.Unlock()
			return script.Result{Status: 1}
		}}
		w := startPool(t, env, Options{MaxScripts: 3})
		specs := map[ID]Spec{"tcp": tcpSpec(web1)}
		for i := range 7 {
			s := miscSpec("/bin/x", fmt.Sprint(i))
			s.Warmup = 0
			specs[s.ID()] = s
		}
		w.mustSet(t, specs, nil)
		time.Sleep(3*time.Minute + time.Second)
		synctest.Wait()
		w.mu.Lock()
		made := map[ID]int{}
		for _, r := range w.reports {
			made[r.ID]++
		}
		w.mu.Unlock()
		if most != 3 || made["tcp"] < 18 || len(made) != 8 {
			t.Errorf("%d scripts at a time, want 3; %d TCP checks, want 18 or more; %d of 8 checks made", most, made["tcp"], len(made))
		}
		w.mustSet(t, map[ID]Spec{"tcp": tcpSpec(web1)}, nil) // those that wait are gone
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if s := w.Stats(); s.Checks != 1 || s.InFlight != 0 || running != 0 {
			t.Errorf("after their removal: %+v, %d run", s, running)
		}
	})
}

func TestFollowFile(t *testing.T) {
	for _, tt := range []struct {
		follow Follow
		value  int
		up     bool
		part   int
	}{
		{Follow{Weight: 1}, 5, true, 5}, {Follow{Weight: -2}, 5, true, -10}, {Follow{Weight: 2, Reverse: true}, 5, true, -10},
		{Follow{Weight: 1}, 0, true, 0},
		{Follow{}, 0, true, 0}, {Follow{}, 1, false, 0}, {Follow{}, -1, false, 0},
		{Follow{Reverse: true}, 0, false, 0}, {Follow{Reverse: true}, 1, true, 0},
		{Follow{Weight: 1}, -2147483648, false, 0}, {Follow{Weight: 1}, -2147483647, true, -2147483647},
		{Follow{Weight: 2147483647}, -2, false, 0}, {Follow{Weight: 2147483647}, 2147483647, true, 2147483647},
		{Follow{Weight: 2147483647, Reverse: true}, 2147483647, false, 0},
	} {
		if up, part, reason := tt.follow.File(tt.value); up != tt.up || part != tt.part || reason == "" {
			t.Errorf("%+v of %d: %v %d %q, want %v %d", tt.follow, tt.value, up, part, reason, tt.up, tt.part)
		}
	}
}
