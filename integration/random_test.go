package integration

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"director/integration/lab"
)

// seedVariable replays what TestRandomNamespaces did: the same set-up, the same
// blows at the same times. What processes make of it is their own.
const seedVariable = "DIRECTOR_SEED"

// suffering is for how long fate strikes in one run of a world; in a soak it is
// longer.
func suffering() time.Duration {
	if soak, err := time.ParseDuration(os.Getenv(lab.Soak)); err == nil && soak > 0 {
		return min(soak, time.Minute)
	}
	return 12 * time.Second
}

// TestRandomNamespaces lets fate strike three directors in namespaces:
// partitions, stopped and killed processes, stops, handovers, priorities, links,
// reloads, addresses that somebody takes away. Somebody who sees only the wire
// and the kernels' addresses demands what TestRandom of package vrrp demands in
// virtual time: among routers that hear each other never two masters and never
// none for longer than the protocol allows. In the end nothing is left.
func TestRandomNamespaces(t *testing.T) {
	lab.Need(t, lab.Netns)
	seed := uint64(time.Now().UnixNano()) >> 10
	if text := os.Getenv(seedVariable); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("%s: %v", seedVariable, err)
		}
	}
	for _, pace := range []struct {
		name      string
		intervals []time.Duration
	}{
		{"fast", []time.Duration{100 * time.Millisecond, 100 * time.Millisecond, 300 * time.Millisecond}},
		{"slow", []time.Duration{time.Second}},
	} {
		t.Run(pace.name, func(t *testing.T) {
			t.Parallel()
			testOrdeal(t, newDestiny(seed, pace.intervals, suffering()))
		})
	}
}

func testOrdeal(t *testing.T, p *destiny) {
	o := newOrdeal(t, p)
	again := fmt.Sprintf("again: %s=%d make integration RUN='%s$'", seedVariable, p.seed, strings.ReplaceAll(t.Name(), "/", "$/"))
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("seed %d: %s\n%s\n%s", p.seed, p, strings.Join(o.story, "\n"), again)
		}
	})
	o.begin()
	o.suffer()
	o.recover()
	o.watch.stop()
	c := o.chronicle()
	judged, objections := c.judge()
	if len(objections) > 0 {
		t.Fatalf("%s", strings.Join(objections[:min(len(objections), 10)], "\n"))
	}
	lab.Claim(t, "seed %d, %s: %s; never two masters and never none for longer than allowed, addresses where the master is, judged %s of %s (the machine was late %d times)",
		p.seed, p, o.blows(), roundly(judged), roundly(c.scenes[len(c.scenes)-1].end.Sub(c.scenes[0].begin)), len(c.late))
	o.end()
	lab.Claim(t, "after the stop of all three no address, route, rule, link, nftables rule or kernel variable differs, no process is left")
}

// roundly writes a time with one digit.
func roundly(d time.Duration) string { return d.Round(100 * time.Millisecond).String() }
