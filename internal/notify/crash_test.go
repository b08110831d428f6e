package notify

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// However often control dies: if the next one gets what was not acknowledged,
// in order, every name is told its last role last.
func TestLastRoleArrivesAfterCrashes(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		states := rapid.SliceOfN(rapid.SampledFrom([]string{Master, Backup, Fault, RxLowerPri}), 1, 60).Draw(r, "states")
		lives := rapid.SliceOfN(rapid.IntRange(0, 8), 0, 5).Draw(r, "lives")
		var err error
		synctest.Test(t, func(t *testing.T) { err = crash(t, states, lives) })
		if err != nil {
			r.Fatal(err)
		}
	})
}

// crash plays the sender: lives are the seconds after which a control process
// dies; the one after them lives on.
func crash(t *testing.T, states []string, lives []int) error {
	var kept []Event
	last, told := "", ""
	for i, state := range states {
		kept = append(kept, instance(uint64(i+1), "A", state))
		if kept[i].role() {
			last = state
		}
	}
	for i := 0; i <= len(lives); i++ {
		s := newStage(t)
		s.takes = func(string) time.Duration { return time.Second }
		s.Configure(Settings{Instances: map[string]Scripts{"A": {All: scriptsOf("A").All}}})
		s.begin()
		for _, e := range kept {
			s.Notify(e)
		}
		if i < len(lives) {
			time.Sleep(time.Duration(lives[i]) * time.Second)
		} else if err := s.Drain(t.Context()); err != nil {
			return err
		}
		s.end()
		for _, run := range s.ran {
			var state string
			if _, err := fmt.Sscanf(run, "A notify INSTANCE A %s 100", &state); err != nil {
				return err
			}
			if state != RxLowerPri {
				told = state
			}
		}
		kept = slices.DeleteFunc(kept, func(e Event) bool { return slices.Contains(s.acked, e.Seq) })
	}
	if len(kept) > 0 || told != last {
		return fmt.Errorf("%q was told last, %q came last, never acknowledged: %v", told, last, kept)
	}
	return nil
}
