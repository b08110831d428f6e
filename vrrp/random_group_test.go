package vrrp

import (
	"strings"
	"testing"
	"time"
)

// TestRandomGroups lets fate strike three routers with a sync group of two
// instances each: what TestRandom demands of each instance, and that the members
// of a group are master on the same router, or not at all.
func TestRandomGroups(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	steps := *randomSteps
	if *randomSeed != 0 {
		seed, steps = *randomSeed, stepsPerWorld
	}
	if testing.Short() {
		steps = min(steps, 100_000)
	}
	for done := 0; done < steps; done += stepsPerWorld {
		if err := newGroups(seed).run(stepsPerWorld); err != nil {
			g := newGroups(seed)
			g.remember()
			_ = g.run(stepsPerWorld)
			t.Fatalf("seed %d: %v\n%s\nagain: go test ./vrrp -run 'TestRandomGroups$' -random.seed=%d",
				seed, err, strings.Join(g.trace[max(0, len(g.trace)-60):], "\n"), seed)
		}
		seed++
	}
}

// TestRandomGroupsFindsPlantedBugs shows that the judge of groups can see.
func TestRandomGroupsFindsPlantedBugs(t *testing.T) {
	for _, bug := range []struct {
		name  string
		plant func(*groups)
	}{
		{"a member becomes master alone", func(g *groups) { g.alone = true }},
		{"a member that wishes bows to an equal of lower address", func(g *groups) {
			for _, w := range g.circuits {
				w.step = bowing
			}
		}},
		{"all are granted, but one", func(g *groups) { g.forgetful = true }},
	} {
		t.Run(bug.name, func(t *testing.T) {
			for seed := uint64(1); seed <= 200; seed++ {
				g := newGroups(seed)
				bug.plant(g)
				if err := g.run(stepsPerWorld); err != nil {
					t.Logf("found in world %d: %v", seed, err)
					return
				}
			}
			t.Error("not found in 200 worlds")
		})
	}
}

// bowing is Step with the mistake that the members of two routers which take over
// at once each keep what they were first at.
func bowing(p Params, s State, ev Event) (State, Actions) {
	if ev.Kind == AdvertReceived && s.Role == Backup && s.wishing && ev.Advert.Priority == s.Priority {
		s.wishing = false
	}
	return Step(p, s, ev)
}
