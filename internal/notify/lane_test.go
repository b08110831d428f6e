package notify

import (
	"errors"
	"testing"
	"time"

	"director/internal/script"
)

func TestTheSameFailureIsNotLoggedEveryTime(t *testing.T) {
	var l lane
	start := time.Unix(0, 0)
	run := func(after time.Duration, state, problem string) ScriptRun {
		return ScriptRun{Script: "notify", State: state, Ended: start.Add(after), Result: script.Result{Err: errors.New(problem)}}
	}
	for i, c := range []struct {
		run      ScriptRun
		unlogged int
		loud     bool
	}{
		{run(0, RxLowerPri, "no such file"), 0, true},
		{run(time.Second, RxLowerPri, "no such file"), 0, false},
		{run(2*time.Second, Master, "no such file"), 0, true},
		{run(3*time.Second, RxLowerPri, "no such file"), 0, false},
		{run(time.Minute, RxLowerPri, "no such file"), 2, true},
		{run(time.Minute, RxLowerPri, "permission denied"), 0, true},
	} {
		if unlogged, loud := l.complain(c.run); unlogged != c.unlogged || loud != c.loud {
			t.Errorf("%d: %d not logged, loud %t", i, unlogged, loud)
		}
	}
}
