package lab

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Attempts are what a client saw, ordered by the beginning of each.
type Attempts []Attempt

func (all Attempts) sorted() Attempts {
	return slices.SortedFunc(slices.Values(all), func(a, b Attempt) int { return a.Begin.Compare(b.Begin) })
}

// Since leaves out what began before a moment.
func (all Attempts) Since(moment time.Time) Attempts {
	return all.filter(func(a Attempt) bool { return !a.Begin.Before(moment) })
}

// Until leaves out what began after a moment.
func (all Attempts) Until(moment time.Time) Attempts {
	return all.filter(func(a Attempt) bool { return !a.Begin.After(moment) })
}

// With keeps the attempts that ended in one of some ways.
func (all Attempts) With(outcomes ...Outcome) Attempts {
	return all.filter(func(a Attempt) bool { return slices.Contains(outcomes, a.Outcome) })
}

// Failed keeps the attempts that nobody answered.
func (all Attempts) Failed() Attempts {
	return all.filter(func(a Attempt) bool { return a.Outcome != Answered })
}

func (all Attempts) filter(keep func(Attempt) bool) Attempts {
	return slices.Collect(func(yield func(Attempt) bool) {
		for _, a := range all {
			if keep(a) && !yield(a) {
				return
			}
		}
	})
}

// By counts the answers of each server.
func (all Attempts) By() map[string]int {
	count := make(map[string]int)
	for _, a := range all.With(Answered) {
		count[a.By]++
	}
	return count
}

// Gap is the longest time without an answered attempt: from the beginning of
// the last one before to the beginning of the first one after. It is as exact
// as the client is dense.
func (all Attempts) Gap() time.Duration {
	var gap time.Duration
	answered := all.With(Answered)
	for i := 1; i < len(answered); i++ {
		gap = max(gap, answered[i].Begin.Sub(answered[i-1].Begin))
	}
	return gap
}

// Density is the number of attempts a second.
func (all Attempts) Density() float64 {
	if len(all) < 2 {
		return 0
	}
	return float64(len(all)-1) / all[len(all)-1].Begin.Sub(all[0].Begin).Seconds()
}

// String sums up: "812 attempts: 790 answered (web1 395, web2 395), 22 silent".
func (all Attempts) String() string {
	var parts []string
	for _, outcome := range []Outcome{Answered, Refused, Reset, Silent, Unreachable} {
		some := all.With(outcome)
		if len(some) == 0 {
			continue
		}
		part := fmt.Sprintf("%d %s", len(some), outcome)
		if outcome == Answered {
			part += " (" + servers(some.By()) + ")"
		}
		parts = append(parts, part)
	}
	return fmt.Sprintf("%d attempts: %s", len(all), strings.Join(parts, ", "))
}

func servers(by map[string]int) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(by)) {
		parts = append(parts, fmt.Sprintf("%s %d", name, by[name]))
	}
	return strings.Join(parts, ", ")
}
