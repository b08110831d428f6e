package integration

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"director/integration/lab"
)

// An ordeal is three machines, two islands, and what happens to them. The test's
// goroutine does it all.
type ordeal struct {
	t       *testing.T
	lab     *lab.Lab
	plan    *destiny
	islands [2]*lab.Segment
	victims [3]*victim
	watch   *watch
	scenes  []scene
	begun   time.Time
	later   []deed
	count   map[blowKind]int
	story   []string
}

// A deed will be done.
type deed struct {
	at time.Time
	do func()
}

// A victim is one machine.
type victim struct {
	*lab.Host
	n        int
	director *lab.Director
	life     life
	since    time.Time // of this life
	island   int
	cable    bool // is plugged in
	priority int  // as configured
	weight   int  // in the tracked file
	ceded    bool // told to leave the role to others
	asked    chan string
	touched  time.Time
	before   state
}

// life is what a machine's dataplane does.
type life string

const (
	dead     life = "dead"
	starting life = "starting"
	running  life = "running"
	paused   life = "paused"
	leaving  life = "leaving"
)

// bounds of what depends on ordinary processes of a busy machine.
const (
	startsWithin = 20 * time.Second
	stopsWithin  = 10 * time.Second
)

func newOrdeal(t *testing.T, p *destiny) *ordeal {
	o := &ordeal{t: t, lab: lab.New(t), plan: p, count: map[blowKind]int{}}
	o.islands[0] = o.lab.Segment("lan")
	o.islands[1] = o.islands[0].Beside("br1")
	var hosts [3]*lab.Host
	for n := range o.victims {
		own := []string{fmt.Sprintf("10.99.0.%d/24", n+2)}
		if p.ipv6() {
			own = append(own, fmt.Sprintf("fd99::%d/64", n+2))
		}
		hosts[n] = o.lab.Host(string(rune('a'+n)), o.islands[0].At(own...))
		v := &victim{Host: hosts[n], n: n, life: dead, cable: true, priority: p.routers[n].priority}
		o.lab.Eventually(room, "the link-local address is there", func() bool { return v.Has(v.LinkLocal("eth0")) })
		v.before = stateOf(v.Host)
		o.victims[n] = v
	}
	o.watch = newWatch(o.lab, p, o.islands, hosts)
	t.Cleanup(o.watch.stop)
	return o
}

func (o *ordeal) file(v *victim) string { return filepath.Join(o.lab.Dir(), v.Name+"-more") }

func (o *ordeal) tell(format string, args ...any) {
	o.story = append(o.story, fmt.Sprintf("%10s  ", time.Since(o.begun).Round(time.Millisecond))+fmt.Sprintf(format, args...))
}

// do does something to the world: one scene ends before it, and another one
// begins after it.
func (o *ordeal) do(what string, grace time.Duration, lenient bool, do func()) {
	o.curtain()
	o.tell("%s", what)
	do()
	s := scene{begin: time.Now(), what: what, grace: grace, lenient: lenient}
	for n, v := range o.victims {
		s.routers[n] = condition{
			island:   v.island,
			able:     v.life == running && v.cable,
			watched:  v.life == running,
			priority: min(max(v.priority+v.weight, 1), 254),
			plain:    !o.plan.routers[n].nopreempt && o.plan.routers[n].delay == 0 && !v.ceded,
			touched:  v.touched,
		}
	}
	o.scenes = append(o.scenes, s)
}

func (o *ordeal) curtain() {
	if last := len(o.scenes) - 1; last >= 0 && o.scenes[last].end.IsZero() {
		o.scenes[last].end = time.Now()
	}
}

// begin starts all three.
func (o *ordeal) begin() {
	o.begun = time.Now()
	for _, v := range o.victims {
		o.start(v)
	}
	o.until("all listen", startsWithin, o.calm)
}

// suffer lets fate strike as planned.
func (o *ordeal) suffer() {
	begin := time.Now()
	for _, b := range o.plan.blows {
		for time.Since(begin) < b.at {
			o.tick()
		}
		o.strike(o.chosen(b), b)
	}
}

// chosen is whom a blow strikes.
func (o *ordeal) chosen(b blow) *victim {
	for _, v := range o.victims {
		if b.master && v.life == running && v.Has(o.plan.circuits[0].vips[0].Addr()) {
			return v
		}
	}
	return o.victims[b.router]
}

// tick lets a little time pass and does what is due.
func (o *ordeal) tick() {
	time.Sleep(5 * time.Millisecond)
	for _, v := range o.victims {
		o.look(v)
	}
	slices.SortStableFunc(o.later, func(a, b deed) int { return a.at.Compare(b.at) })
	for len(o.later) > 0 && !time.Now().Before(o.later[0].at) {
		next := o.later[0]
		o.later = o.later[1:]
		next.do()
	}
}

func (o *ordeal) after(d time.Duration, do func()) {
	o.later = append(o.later, deed{time.Now().Add(d), do})
}

func (o *ordeal) until(what string, within time.Duration, so func() bool) {
	o.t.Helper()
	for end := time.Now().Add(within); !so(); o.tick() {
		o.lab.Expect(time.Now().Before(end), "not within %v: %s", within, what)
	}
}

// calm reports whether all three listen and nothing is under way.
func (o *ordeal) calm() bool {
	return len(o.later) == 0 && !slices.ContainsFunc(o.victims[:], func(v *victim) bool {
		return v.life != running || v.asked != nil
	})
}

// look finds out what has become of what a machine was told.
func (o *ordeal) look(v *victim) {
	switch {
	case v.life == starting && o.listens(v):
		o.do(v.Name+" listens", 0, false, func() { v.life = running })
	case v.life == starting:
		o.lab.Expect(time.Since(v.since) < startsWithin, "%s does not listen after %v", v.Name, startsWithin)
	case v.life == leaving && !v.director.Running():
		o.lab.Expect(v.director.Err() == nil, "%s stopped with %v", v.Name, v.director.Err())
		o.do(fmt.Sprintf("%s has stopped after %v", v.Name, time.Since(v.since)), 0, false, func() { v.life = dead })
	case v.life == leaving:
		o.lab.Expect(time.Since(v.since) < stopsWithin+room, "%s does not stop within %v", v.Name, stopsWithin)
	case v.life == running:
		o.lab.Expect(v.director.Running(), "%s has ended: %v", v.Name, v.director.Err())
	}
	select {
	case answer := <-v.asked:
		o.do(v.Name+" answers "+strconv.Quote(answer), 0, true, func() {
			v.asked, v.ceded = nil, v.ceded && !strings.Contains(answer, "may preempt again")
		})
	default:
	}
}

// listens reports whether each instance has left INIT.
func (o *ordeal) listens(v *victim) bool {
	return !slices.ContainsFunc(o.plan.circuits, func(c circuit) bool {
		return !v.director.Said("instance=" + c.name + " from=INIT")
	})
}

// recover heals everything and lets all settle.
func (o *ordeal) recover() {
	for _, v := range o.victims {
		o.heal(v)
		if !v.cable {
			o.plug(v)
		}
	}
	o.until("nothing is under way", startsWithin, func() bool {
		for _, v := range o.victims {
			if v.life == dead && len(o.later) == 0 {
				o.start(v)
			}
		}
		return o.calm()
	})
	settled := time.Now().Add(settling(linking, o.plan) + min(10*o.plan.interval, 2*time.Second))
	o.until("all has settled", time.Minute, func() bool { return time.Now().After(settled) })
	o.curtain()
}

// end stops all three at once and looks at what is left.
func (o *ordeal) end() {
	for _, v := range o.victims {
		v.director.Signal(syscall.SIGTERM)
	}
	for _, v := range o.victims {
		o.lab.Expect(v.director.Ends(stopsWithin+room), "%s does not stop", v.Name)
		o.lab.Expect(v.director.Err() == nil, "%s stopped with %v", v.Name, v.director.Err())
	}
	for _, v := range o.victims {
		o.lab.Eventually(room, "no process is left on "+v.Name, func() bool { return len(v.Processes()) == 0 })
		stateOf(v.Host).same(o.t, v.before, v.Name)
	}
}

func (o *ordeal) chronicle() *chronicle {
	return &chronicle{plan: o.plan, scenes: o.scenes, late: o.watch.stalls.Spans(),
		adverts: o.watch.adverts(o.plan, o.routerOf), holdings: o.watch.held()}
}

// routerOf tells whose an address is that adverts come from; -1: nobody's.
func (o *ordeal) routerOf(source netip.Addr) int {
	return slices.IndexFunc(o.victims[:], func(v *victim) bool {
		return source == addr(fmt.Sprintf("10.99.0.%d", v.n+2)) || source == v.LinkLocal("eth0")
	})
}
