package lab

import (
	"fmt"
	"time"
)

// Probed are the probes of a time, in order.
type Probed []Probe

// Lost keeps those that had no answer in a second.
func (all Probed) Lost() Probed {
	var lost Probed
	for _, p := range all {
		if p.Took == 0 || p.Took > lostAfter {
			lost = append(lost, p)
		}
	}
	return lost
}

// Gap is the longest time without a probe that was answered: from the sending of
// the last one before to that of the first one after.
func (all Probed) Gap() time.Duration {
	var gap time.Duration
	var last time.Time
	for _, p := range all {
		if p.Took == 0 || p.Took > lostAfter {
			continue
		}
		if !last.IsZero() {
			gap = max(gap, p.Sent.Sub(last))
		}
		last = p.Sent
	}
	return gap
}

// Pause is the longest time in which none was sent: a machine that is so late is
// no witness of anything shorter.
func (all Probed) Pause() time.Duration {
	var pause time.Duration
	for i := 1; i < len(all); i++ {
		pause = max(pause, all[i].Sent.Sub(all[i-1].Sent))
	}
	return pause
}

// Slowest is the longest that one took that was answered.
func (all Probed) Slowest() time.Duration {
	var slowest time.Duration
	for _, p := range all {
		if p.Took <= lostAfter {
			slowest = max(slowest, p.Took)
		}
	}
	return slowest
}

// String sums up: "2 of 1400 probes lost, slowest 12ms".
func (all Probed) String() string {
	return fmt.Sprintf("%d of %d probes lost, slowest %v", len(all.Lost()), len(all), all.Slowest().Round(100*time.Microsecond))
}
