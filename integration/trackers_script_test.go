package integration

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"director/integration/lab"
)

// script writes a shell script into the lab's folder; DIR in it is that folder.
// It returns a vrrp_script that runs it.
func (g *gauge) script(name, text string, lines ...string) string {
	path := g.lab.File(name+".sh", strings.ReplaceAll(text, "DIR", g.lab.Dir())+"\n")
	return fmt.Sprintf("vrrp_script %q {\n  script = [\"/bin/sh\", %q]\n  %s\n}\n", name, path, strings.Join(lines, "\n  "))
}

// testTrackScript shows when scripts run, as whom, and what status keeps of them.
func testTrackScript(t *testing.T) {
	const interval = 200 * time.Millisecond
	uses := func(name string) tracking { return tracking{uses: []use{{kind: "script", name: name, weight: 10}}} }
	g := newGauge(t, uses("times"), uses("long"), uses("speaks"))
	g.run(g.script("times", "date +%s%N >>DIR/times", "interval = 0.2") +
		g.script("long", "mkdir DIR/lock || echo overlap >>DIR/overlaps\nsleep 0.5\nrmdir DIR/lock", "interval = 0.1", "timeout = 20") +
		g.script("speaks", "echo said\necho complained >&2\nexit 3", "interval = 0.2"))
	g.reads(t, "start", 110, 110, 100)

	times := filepath.Join(g.lab.Dir(), "times")
	g.eventually("it has run often", func() bool { return len(linesOf(times)) > 20 })
	starts := numbers(linesOf(times))
	average := starts[len(starts)-1].Sub(starts[0]) / time.Duration(len(starts)-1)
	if average < interval-interval/20 || average > 2*interval {
		t.Errorf("a script with interval %v ran every %v", interval, average)
	}
	g.eventually("runs were left out", func() bool { return g.tracker("script", "long").Skipped > 4 })
	if n := len(linesOf(filepath.Join(g.lab.Dir(), "overlaps"))); n > 0 {
		t.Errorf("%d runs overlapped another", n)
	}
	lab.Claim(t, "interval is from start to start (%v: every %s, %d runs); a run that takes longer never overlaps the next (%d left out)",
		interval, ms(average), len(starts), g.tracker("script", "long").Skipped)

	tr := g.tracker("script", "speaks")
	if tr.Output != "said\ncomplained\n" || tr.Failures == 0 || tr.Up || !strings.Contains(tr.Detail, "exit status 3") || !slices.Equal(tr.UsedBy, []string{nameOf(2)}) {
		t.Errorf("status says %+v", tr)
	}
	lab.Claim(t, "status has the result, the output and who uses it: %q, %q", tr.Detail, tr.Output)
}

// numbers are times as `date +%s%N` prints them.
func numbers(lines []string) []time.Time {
	var all []time.Time
	for _, line := range lines {
		n, _ := strconv.ParseInt(strings.Fields(line)[0], 10, 64)
		all = append(all, time.Unix(0, n))
	}
	return all
}

// planned is a script whose runs end as a plan says, each in its turn.
const planned = `date +%s%N >>DIR/runs
exit $(sed -n "$(wc -l <DIR/runs)p" DIR/plan)`

// plan is how the runs end, with fall 3 and rise 2: the seventh turns it, as the
// third failure in a row, and the eleventh turns it back.
var plan = []string{"0", "1", "1", "0", "1", "1", "1", "0", "1", "0", "0", "0", "0"}

// testScriptTurns counts the runs until a script counts as bad and good again.
func testScriptTurns(t *testing.T) {
	for _, program := range []string{"director", "keepalived"} {
		t.Run(program, func(t *testing.T) {
			t.Parallel()
			testPlan(t, program)
		})
	}
}

func testPlan(t *testing.T, program string) {
	g := newGauge(t, tracking{uses: []use{{kind: "script", name: "planned", weight: 10}}})
	g.lab.File("plan", strings.Join(plan, "\n")+"\n")
	runs := filepath.Join(g.lab.Dir(), "runs")
	script := g.script("planned", planned, "interval = 1", "fall = 3", "rise = 2")
	switch program {
	case "director":
		g.run(script)
	case "keepalived":
		g.Keepalived("global_defs {\n router_id a\n vrrp_version 3\n script_user root\n}\nvrrp_script planned {\n script \"/bin/sh "+
			g.lab.Dir()+"/planned.sh\"\n interval 1\n fall 3\n rise 2\n}\n"+g.instances[0].keepalived(0), false)
	}
	g.eventually("the plan is through", func() bool { return len(linesOf(runs)) >= len(plan) })
	starts := numbers(linesOf(runs))
	var turns []lab.Advert
	for _, a := range g.witness.Adverts(starts[1]) { // the first result counts at once
		if len(turns) == 0 || turns[len(turns)-1].Priority != a.Priority {
			turns = append(turns, a)
		}
	}
	var priorities, after []int
	for _, a := range turns {
		priorities = append(priorities, int(a.Priority))
		ran := 0
		for _, start := range starts {
			if start.Before(a.At) {
				ran++
			}
		}
		after = append(after, ran)
	}
	if !slices.Equal(priorities, []int{110, 100, 110}) || !slices.Equal(after[1:], []int{7, 11}) {
		t.Fatalf("priorities %v after %v runs, want 110, 100 after 7, 110 after 11", priorities, after)
	}
	lab.Claim(t, "%s: fall 3 and rise 2 in a row: runs ending %s give priority 100 after run 7 and 110 after run 11",
		program, strings.Join(plan, ""))
}

// testFirstResult holds back the first result of scripts.
func testFirstResult(t *testing.T) {
	uses := func(name string, weight int) tracking {
		return tracking{uses: []use{{kind: "script", name: name, weight: weight}}}
	}
	g := newGauge(t, uses("good", 0), uses("bad", 0), uses("good", 10), uses("doubted", 0), uses("doubted", -10))
	const held = "until test -e DIR/go; do sleep 0.05; done\n"
	scripts := g.script("good", held+"exit 0", "timeout = 60") + g.script("bad", held+"exit 1", "timeout = 60") +
		g.script("doubted", held+"exit 0", "timeout = 60", "init_fail = true")
	g.run(scripts)
	g.reads(t, "no result yet", inFault, inFault, 100, inFault, 90)
	first := g.instance(nameOf(0))
	if first.State == "FAULT" || !slices.Contains(first.Waiting, `script "good"`) || g.instance(nameOf(3)).State != "FAULT" {
		t.Errorf("before the first result: %s waits for %q, with init_fail it is %s", first.State, first.Waiting, g.instance(nameOf(3)).State)
	}
	g.lab.File("go", "")
	g.reads(t, "the first results", 100, inFault, 110, 100, 100)
	lab.Claim(t, "an instance waits for the first result of a script without weight, which decides; with init_fail it is FAULT until then; with weight nothing is added before")

	before := g.instance(nameOf(0)).Transitions
	g.instances[0].uses = append(g.instances[0].uses, use{kind: "script", name: "never"}, use{kind: "script", name: "never10", weight: 10})
	const never = "sleep 1000"
	scripts += g.script("never", never, "timeout = 60") + g.script("never10", never, "timeout = 60")
	g.reload(global() + scripts + hclOf(g.instances))
	g.eventually("the new script runs", func() bool { return g.tracker("script", "never").Kind != "" })
	g.reads(t, "scripts without a result come by a reload", 100, inFault, 110, 100, 100)
	if after := g.instance(nameOf(0)); after.Transitions != before || len(after.Waiting) > 0 {
		t.Errorf("%d role changes, waiting for %q", after.Transitions-before, after.Waiting)
	}
	lab.Claim(t, "a script that a reload brings is not waited for")
}

// reload gives the director another configuration and waits until it is in
// force.
func (b *balancer) reload(config string) {
	before := b.status()
	b.lab.File(b.Name+"/director.hcl", config)
	b.director.Signal(syscall.SIGHUP)
	b.eventually("another configuration is in force", func() bool {
		s := b.status()
		return s != nil && s.Control.Generation > before.Control.Generation && s.Control.Generation == s.Dataplane.Generation
	})
}
