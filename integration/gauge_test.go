package integration

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"director/integration/lab"
	"director/internal/api"
)

// A gauge is a machine without rivals whose instances track things, each in
// another way: the priority of each is read off the wire.
type gauge struct {
	*balancer // without a director where the program is keepalived
	witness   *lab.Witness
	instances []tracking
}

// A tracking is one instance of a gauge.
type tracking struct {
	// base is its priority, 0 is 100.
	base int
	uses []use
	// more are further lines, of either language.
	more []string
}

// A use is a track_* entry.
type use struct {
	// kind is the block without "track_", name what is tracked.
	kind, name string
	// weight is written where it is not 0.
	weight  int
	reverse bool
}

// inFault is the reading of an instance in FAULT: its last word was priority 0,
// or it has never said one.
const inFault = 0

func (i tracking) priority() int {
	if i.base == 0 {
		return 100
	}
	return i.base
}

func vridOf(n int) int { return 51 + n }

func vipOf(n int) string { return fmt.Sprintf("10.99.0.%d", 100+n) }

func nameOf(n int) string { return fmt.Sprintf("VI_%d", 1+n) }

// hcl is instance n in director's language.
func (i tracking) hcl(n int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "vrrp_instance %q {\n  interface = \"eth0\"\n  virtual_router_id = %d\n  advert_int = 0.1\n  priority = %d\n",
		nameOf(n), vridOf(n), i.priority())
	fmt.Fprintf(&b, "  virtual_ipaddress \"%s/24\" {}\n", vipOf(n))
	for _, u := range i.uses {
		b.WriteString("  " + u.hcl())
	}
	for _, line := range i.more {
		b.WriteString("  " + line + "\n")
	}
	b.WriteString("}\n")
	return b.String()
}

func (u use) hcl() string {
	var b strings.Builder
	fmt.Fprintf(&b, "track_%s %q {\n", u.kind, u.name)
	if u.weight != 0 {
		fmt.Fprintf(&b, "    weight = %d\n", u.weight)
	}
	if u.reverse {
		b.WriteString("    reverse = true\n")
	}
	b.WriteString("  }\n")
	return b.String()
}

// keepalived is instance n in keepalived's language.
func (i tracking) keepalived(n int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "vrrp_instance %s {\n interface eth0\n virtual_router_id %d\n advert_int 0.1\n priority %d\n state BACKUP\n",
		nameOf(n), vridOf(n), i.priority())
	fmt.Fprintf(&b, " virtual_ipaddress {\n  %s/24\n }\n", vipOf(n))
	for _, u := range i.uses {
		fmt.Fprintf(&b, " track_%s {\n  %s", u.kind, u.name)
		if u.weight != 0 || u.kind == "file" { // there, the default is 1
			fmt.Fprintf(&b, " weight %d", u.weight)
		}
		if u.reverse {
			b.WriteString(" reverse")
		}
		b.WriteString("\n }\n")
	}
	for _, line := range i.more {
		b.WriteString(" " + line + "\n")
	}
	b.WriteString("}\n")
	return b.String()
}

// hclOf is all instances, in director's language.
func hclOf(all []tracking) string {
	var b strings.Builder
	for n, i := range all {
		b.WriteString(i.hcl(n))
	}
	return b.String()
}

// newGauge makes the machine; nothing runs yet.
func newGauge(t *testing.T, instances ...tracking) *gauge {
	t.Helper()
	l, lan, host := alone(t, "10.99.0.2/24")
	return &gauge{balancer: &balancer{Host: host, lab: l}, witness: lan.Witness(), instances: instances}
}

// global is what a configuration begins with whose scripts write files of the
// lab; with further lines.
func global(lines ...string) string {
	return "global {\n  script_user = \"root\"\n  " + strings.Join(lines, "\n  ") + "\n}\n"
}

// run starts a director with what is tracked.
func (g *gauge) run(objects string) { g.start(global() + objects + hclOf(g.instances)) }

// reading is the effective priority of instance n, as the wire has it.
func (g *gauge) reading(n int) int {
	advert, ok := g.witness.Latest(uint8(vridOf(n)))
	if !ok {
		return inFault
	}
	return int(advert.Priority)
}

func (g *gauge) readings() []int {
	all := make([]int, len(g.instances))
	for n := range all {
		all[n] = g.reading(n)
	}
	return all
}

// steady is how long a reading has to stay.
const steadyFor = 350 * time.Millisecond

// reads waits until the wire has these priorities, and then for a while in which
// they stay; status of a director says the same, and what they are made of.
func (g *gauge) reads(t *testing.T, what string, want ...int) {
	t.Helper()
	g.reach(t, what, 10*room, want...)
}

func (g *gauge) reach(t *testing.T, what string, within time.Duration, want ...int) {
	t.Helper()
	if !g.lab.Becomes(within, func() bool {
		time.Sleep(20 * time.Millisecond)
		return slices.Equal(g.readings(), want)
	}) {
		t.Fatalf("%s: priorities on the wire are %v, want %v%s", what, g.readings(), want, g.explain())
	}
	for end := time.Now().Add(steadyFor); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if got := g.readings(); !slices.Equal(got, want) {
			t.Fatalf("%s: priorities on the wire were %v and did not stay: %v%s", what, want, got, g.explain())
		}
	}
	if g.director != nil {
		g.agrees(t, what, want)
	}
}

// explain is what status says, for a failure.
func (g *gauge) explain() string {
	if g.director == nil {
		return ""
	}
	s := g.status()
	if s == nil {
		return fmt.Sprintf("\nstatus does not answer; director runs: %v (%v); on the machine: %v", g.director.Running(), g.director.Err(), g.Processes())
	}
	var b strings.Builder
	for _, i := range s.Instances {
		fmt.Fprintf(&b, "\n%s %s %d terms %v faults %q waiting %q", i.Name, i.State, i.Priority, i.Terms, i.Faults, i.Waiting)
	}
	for _, tr := range s.Trackers {
		fmt.Fprintf(&b, "\n%+v", tr)
	}
	return b.String()
}

// agrees holds status against what the wire has.
func (g *gauge) agrees(t *testing.T, what string, want []int) {
	t.Helper()
	wrong := ""
	if !g.lab.Becomes(2*room, func() bool {
		time.Sleep(20 * time.Millisecond)
		wrong = g.disagrees(want)
		return wrong == ""
	}) {
		t.Errorf("%s: %s", what, wrong)
	}
}

func (g *gauge) disagrees(want []int) string {
	s := g.status()
	if s == nil || len(s.Instances) != len(want) {
		return "status does not answer"
	}
	for n, i := range s.Instances {
		if want[n] == inFault {
			if i.State != "FAULT" && len(i.Waiting) == 0 || i.State == "FAULT" && len(i.Faults) == 0 {
				return fmt.Sprintf("%s is silent, status says %s, faults %q, waiting for %q", i.Name, i.State, i.Faults, i.Waiting)
			}
			continue
		}
		if i.State != "MASTER" || i.Priority != want[n] || sumOf(i) != want[n] {
			return fmt.Sprintf("%s has %d on the wire, status says %s with %d: %d and %v", i.Name, want[n], i.State, i.Priority, i.BasePriority, i.Terms)
		}
	}
	return ""
}

// sumOf is what the terms in status make of the priority.
func sumOf(i api.Instance) int {
	switch {
	case len(i.LastResort) > 0:
		return 1
	case i.BasePriority == 255: // an owner's never changes
		return 255
	}
	sum := i.BasePriority
	for _, term := range i.Terms {
		sum += term.Delta
	}
	return min(max(sum, 1), 254)
}

// tracker is what status says of a tracked object.
func (b *balancer) tracker(kind, name string) api.Tracker {
	if s := b.status(); s != nil {
		for _, tr := range s.Trackers {
			if tr.Kind == kind && tr.Name == name {
				return tr
			}
		}
	}
	return api.Tracker{}
}
