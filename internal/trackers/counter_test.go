package trackers

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestCounter(t *testing.T) {
	for _, tt := range []struct {
		name       string
		rise, fall int
		known, up  bool
		results    string // + good, - bad
		want       string // U up, D down after each
	}{
		{"each result counts", 1, 1, false, false, "+-+--++", "UDUDDUU"},
		{"the first good one is decisive", 3, 3, false, false, "+--+---", "UUUUUUD"},
		{"the first bad one is decisive", 3, 3, false, false, "-++-+++", "DDDDDDU"},
		{"fall 2 takes two in a row", 1, 2, false, false, "+-+--", "UUUUD"},
		{"rise 2 takes two in a row", 2, 1, false, false, "-+-++-", "DDDDUD"},
		{"once turned, all of them are needed again", 2, 3, false, false, "+---++--+---", "UUUDDUUUUUUD"},
		{"what was known to be good is so firmly", 2, 2, true, true, "-+--", "UUUD"},
		{"what was known to be bad is so firmly", 2, 2, true, false, "+-++", "DDDU"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newCounter(tt.rise, tt.fall, tt.known, tt.up)
			got := ""
			for _, r := range tt.results {
				c = c.step(r == '+')
				got += map[bool]string{true: "U", false: "D"}[c.up()]
			}
			if got != tt.want {
				t.Errorf("%s gives %s, want %s", tt.results, got, tt.want)
			}
		})
	}
}

// The counter is another way to say: turn when the last rise (or fall) results
// were all the other way.
func TestCounterIsResultsInARow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rise, fall := rapid.IntRange(1, 6).Draw(t, "rise"), rapid.IntRange(1, 6).Draw(t, "fall")
		results := rapid.SliceOf(rapid.Bool()).Draw(t, "results")
		known, up := rapid.Bool().Draw(t, "known"), rapid.Bool().Draw(t, "up")
		c := newCounter(rise, fall, known, up)
		up = up && known
		row := 0
		for i, good := range results {
			switch {
			case !known:
				known, up = true, good
			case good == up:
				row = 0
			default:
				if row++; good && row == rise || !good && row == fall {
					up, row = good, 0
				}
			}
			if c = c.step(good); c.up() != up {
				t.Fatalf("after %d results: up %v, want %v", i+1, c.up(), up)
			}
			if c.n < 0 || c.n > rise+fall-1 {
				t.Fatalf("counter at %d", c.n)
			}
		}
	})
}

// Runs stay on the grid of the first one, and none is due in the past.
func TestNextStaysOnTheGrid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		due := time.Unix(1000, 0)
		interval := time.Duration(rapid.Int64Range(int64(time.Millisecond), int64(time.Hour)).Draw(t, "interval"))
		took := time.Duration(rapid.Int64Range(0, int64(24*time.Hour)).Draw(t, "took"))
		got, missed := next(due, due.Add(took), interval)
		if got.Sub(due) != time.Duration(missed+1)*interval {
			t.Fatalf("due after %v, %d missed", got.Sub(due), missed)
		}
		if early := got.Sub(due.Add(took)); early < 0 || early >= interval && missed > 0 {
			t.Fatalf("due %v after now, %d missed", early, missed)
		}
	})
}
