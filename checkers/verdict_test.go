package checkers

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var day = time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)

// verdictSpec has delays that can be told apart.
func verdictSpec(retry, urls int) Spec {
	s := Spec{DelayLoop: 10 * time.Second, Retry: retry, DelayBeforeRetry: 2 * time.Second}
	if urls > 0 {
		s.HTTP = &HTTP{URLs: make([]URL, urls)}
	}
	return s
}

// play gives results to a verdict, each at the moment its probe is due: "+" a
// success, "-" a failure, "?" unmade. It returns one word for each: state,
// change (! when there is one), the URL to ask next and the seconds until then.
func play(v Verdict, results string) string {
	var words []string
	for _, c := range results {
		now := v.Due
		var change Change
		v, change = v.Step(Result{OK: c == '+', Unmade: c == '?'}, now)
		word := "down"
		if v.Up {
			word = "up"
		}
		if change != NoChange {
			word += "!"
		}
		words = append(words, fmt.Sprintf("%s/%d/%gs", word, v.URL, v.Due.Sub(now).Seconds()))
	}
	return strings.Join(words, " ")
}

func TestVerdict(t *testing.T) {
	alpha := verdictSpec(1, 0)
	alpha.Alpha = true
	fast := verdictSpec(1, 3)
	fast.HTTP.FastRecovery = true
	known := Health{Up: true, Known: true, Since: day}
	out := Health{Known: true, Since: day, Failures: 4}
	for _, tt := range []struct {
		name    string
		verdict Verdict
		results string
		want    string
	}{
		{"the first failure after the start has no retries", NewVerdict(verdictSpec(3, 0), day), "-", "down!/0/10s"},
		{"the first success changes nothing", NewVerdict(verdictSpec(3, 0), day), "+", "up/0/10s"},
		{"retry 2 is three failures in a row", NewVerdict(verdictSpec(2, 0), day), "+---",
			"up/0/10s up/0/2s up/0/2s down!/0/10s"},
		{"retry 0 is one failure", NewVerdict(verdictSpec(0, 0), day), "+-", "up/0/10s down!/0/10s"},
		{"a success between starts the count anew", NewVerdict(verdictSpec(1, 0), day), "+-+--",
			"up/0/10s up/0/2s up/0/10s up/0/2s down!/0/10s"},
		{"no fast retry while down, one success brings it back", NewVerdict(verdictSpec(1, 0), day), "---+-",
			"down!/0/10s down/0/10s down/0/10s up!/0/10s up/0/2s"},
		{"alpha is down until the first success", NewVerdict(alpha, day), "--+--",
			"down/0/10s down/0/10s up!/0/10s up/0/2s down!/0/10s"},
		{"an unmade probe counts for nothing", NewVerdict(verdictSpec(1, 0), day), "?+-?-",
			"up/0/2s up/0/10s up/0/2s up/0/2s down!/0/10s"},
		{"after a restart the first failure has its retries", Resume(verdictSpec(1, 0), known, day), "--",
			"up/0/2s down!/0/10s"},
		{"after a restart a server that was out stays out", Resume(verdictSpec(1, 0), out, day), "-+",
			"down/0/10s up!/0/10s"},
		{"after a restart alpha does not take a server out", Resume(alpha, known, day), "+", "up/0/10s"},
		{"nothing remembered is a start", Resume(verdictSpec(1, 0), Health{}, day), "-", "down!/0/10s"},
		{"one URL per cycle", NewVerdict(verdictSpec(1, 3), day), "++++",
			"up/1/10s up/2/10s up/0/10s up/1/10s"},
		{"the URL that failed is asked again", NewVerdict(verdictSpec(1, 3), day), "+-+-",
			"up/1/10s up/1/2s up/2/10s up/2/2s"},
		{"any URL takes the server out, all in one round bring it back", NewVerdict(verdictSpec(1, 3), day), "+--++-+++",
			"up/1/10s up/1/2s down!/0/10s down/1/10s down/2/10s down/0/10s down/1/10s down/2/10s up!/0/10s"},
		{"fast recovery skips the delay until a round has passed", NewVerdict(fast, day), "++++--+++",
			"up/1/0s up/2/0s up/0/10s up/1/10s up/1/2s down!/0/10s down/1/0s down/2/0s up!/0/10s"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, play(tt.verdict, tt.results)); diff != "" {
				t.Errorf("results %q (-want +got):\n%s", tt.results, diff)
			}
		})
	}
}

// TestTimesOfScriptsCountFromTheStart: a run that takes longer than delay_loop
// is followed by the next at once.
func TestTimesOfScriptsCountFromTheStart(t *testing.T) {
	s := verdictSpec(1, 0)
	s.Kind = MiscCheck
	v := NewVerdict(s, day)
	for _, tt := range []struct {
		ok         bool
		took, next time.Duration
	}{
		{true, 0, 10 * time.Second}, {true, 4 * time.Second, 6 * time.Second}, {true, 11 * time.Second, 0},
		{false, time.Second, time.Second}, {false, 3 * time.Second, 7 * time.Second},
	} {
		now := v.Due.Add(tt.took)
		v, _ = v.Step(Result{OK: tt.ok, Latency: tt.took}, now)
		if got := v.Due.Sub(now); got != tt.next {
			t.Errorf("ok %v after %v: next after %v, want %v", tt.ok, tt.took, got, tt.next)
		}
	}
}

// TestWeightIsThatOfTheLastSuccess: failures leave it, a success without one
// gives it back.
func TestWeightIsThatOfTheLastSuccess(t *testing.T) {
	v := NewVerdict(verdictSpec(1, 0), day)
	for i, tt := range []struct {
		r    Result
		sets bool
		want int
	}{
		{Result{OK: true}, false, 0}, {Result{OK: true, SetsWeight: true, Weight: 7}, true, 7}, {Result{}, true, 7},
		{Result{Unmade: true}, true, 7}, {Result{}, true, 7}, {Result{OK: true, SetsWeight: true}, true, 0}, {Result{OK: true}, false, 0},
	} {
		if v, _ = v.Step(tt.r, v.Due); v.SetsWeight != tt.sets || v.Weight != tt.want {
			t.Errorf("step %d: %v %d, want %v %d", i, v.SetsWeight, v.Weight, tt.sets, tt.want)
		}
		if r := Resume(verdictSpec(1, 0), v.Health, day); r.SetsWeight != tt.sets || r.Weight != tt.want {
			t.Errorf("step %d: a restart forgets the weight", i)
		}
	}
}

func TestHealthKeepsSinceAndFailures(t *testing.T) {
	v := NewVerdict(verdictSpec(1, 0), day)
	at := func(seconds int) time.Time { return day.Add(time.Duration(seconds) * time.Second) }
	for i, step := range []struct {
		ok   bool
		want Health
	}{
		{true, Health{Up: true, Known: true, Since: day}},
		{false, Health{Up: true, Known: true, Since: day, Failures: 1}},
		{false, Health{Known: true, Since: at(2), Failures: 2}},
		{false, Health{Known: true, Since: at(2), Failures: 3}},
		{true, Health{Up: true, Known: true, Since: at(4)}},
	} {
		v, _ = v.Step(Result{OK: step.ok}, at(i))
		if diff := cmp.Diff(step.want, v.Health); diff != "" {
			t.Fatalf("after step %d (-want +got):\n%s", i, diff)
		}
	}
}

// TestVerdictProperties holds a verdict against its rules, written down a
// second time over the whole history instead of step by step.
func TestVerdictProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := verdictSpec(rapid.IntRange(0, 4).Draw(t, "retry"), 0)
		s.Alpha = rapid.Bool().Draw(t, "alpha")
		v := NewVerdict(s, day)
		up := !s.Alpha
		var history []bool // of the probes that were made
		for i, kind := range rapid.SliceOfN(rapid.SampledFrom([]rune("+-?")), 1, 60).Draw(t, "results") {
			before, now := v, v.Due
			var change Change
			v, change = v.Step(Result{OK: kind == '+', Unmade: kind == '?'}, now)
			if kind == '?' {
				if v.Health != before.Health || change != NoChange || !v.Due.After(now) {
					t.Fatalf("step %d: an unmade probe changed %+v to %+v", i, before, v)
				}
				continue
			}
			history = append(history, kind == '+')
			row := failuresAtEnd(history)
			want := up
			switch {
			case row == 0:
				want = true
			case row > s.Retry || row == len(history):
				want = false
			}
			if v.Up != want || (change != NoChange) != (want != up) {
				t.Fatalf("step %d: up %v, change %v; want %v, was %v", i, v.Up, change, want, up)
			}
			delay := s.DelayLoop
			if want && row > 0 {
				delay = s.DelayBeforeRetry
			}
			if got := v.Due.Sub(now); got != delay {
				t.Fatalf("step %d: next after %v, want %v", i, got, delay)
			}
			if (change != NoChange) != v.Since.Equal(now) && i > 0 {
				t.Fatalf("step %d: change %v, since %v, now %v", i, change, v.Since, now)
			}
			// What is remembered goes on as if nothing had happened.
			if got, want := play(Resume(s, v.Health, v.Due), "-+---"), play(v, "-+---"); got != want {
				t.Fatalf("step %d: resumed %s, want %s", i, got, want)
			}
			up = want
		}
	})
}

func failuresAtEnd(history []bool) int {
	n := 0
	for i := len(history) - 1; i >= 0 && !history[i]; i-- {
		n++
	}
	return n
}
