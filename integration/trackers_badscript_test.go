package integration

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"director/integration/lab"
)

// sleeper is what the bad scripts start, so that what they leave can be found.
const sleeper = "sleep 1077."

// testBadScripts has scripts that do all the wrong things, each with weight -10.
func testBadScripts(t *testing.T) {
	names := []string{"hangs", "stubborn", "bomb", "chatty", "missing", "not_a_program", "insecure", "dies", "leaves"}
	var instances []tracking
	for _, name := range names {
		instances = append(instances, tracking{uses: []use{{kind: "script", name: name, weight: -10}}})
	}
	instances = append(instances, tracking{uses: []use{{kind: "script", name: "missing"}}})
	g := newGauge(t, instances...)
	const once = "interval = 600" // one run each is enough
	g.lab.File("text", "#!/bin/sh\n")
	g.run(g.script("hangs", sleeper+"1 & "+sleeper+"2", "timeout = 0.5", once) +
		g.script("stubborn", "trap '' TERM\n"+sleeper+"3\n"+sleeper+"4", "timeout = 0.5", once) +
		// As a fork bomb each process begins another one, but only so deep.
		g.script("bomb", "trap '' TERM\necho >>DIR/forks\ndepth=${1:-0}\n[ $depth -lt 6 ] && for i in 1 2; do sh $0 $((depth + 1)) & done\n"+sleeper+"5", "timeout = 2", once) +
		g.script("chatty", "head -c 50000000 /dev/zero | tr '\\0' 'x'\necho\necho the end\nexit 1", "timeout = 60", once) +
		"vrrp_script \"missing\" { script = [\"/nonexistent/script\", \"x\"] }\n" +
		"vrrp_script \"not_a_program\" { script = [\"/etc/passwd\"] }\n" +
		"vrrp_script \"insecure\" { script = [\"" + g.lab.Dir() + "/text\"] }\n" +
		g.script("dies", "kill -KILL $$", once) +
		g.script("leaves", sleeper+"6 & exit 1", once))
	g.reads(t, "all failed", 90, 90, 90, 90, 90, 90, 90, 90, 90, inFault)

	for name, want := range map[string]string{
		"hangs": "timed out after", "stubborn": "timed out after", "bomb": "timed out after", "chatty": "exit status 1",
		"missing": "no such file", "not_a_program": "permission denied", "insecure": "everybody may write to /tmp", "dies": "killed", "leaves": "exit status 1",
	} {
		if tr := g.tracker("script", name); tr.Up || !strings.Contains(tr.Detail, want) || tr.Failures == 0 {
			t.Errorf("%s: status says %+v, want %q", name, tr, want)
		}
	}
	lab.Claim(t, "a script that hangs, ignores SIGTERM, forks, dies, is no program, can be changed by anybody or does not exist has failed, with the reason in status; without weight it is FAULT")

	if out := g.tracker("script", "chatty").Output; len(out) > 4096 || !strings.HasSuffix(out, "x\nthe end\n") {
		t.Errorf("of 50 MB status has %d bytes: %.100q…", len(out), out)
	}
	lab.Claim(t, "of a script that prints 50 MB the last 4 KiB are kept")

	left := 0
	g.lab.Eventually(2*time.Second+3*room, "what the scripts started is gone", func() bool {
		left = len(g.sleepers())
		return left == 1
	})
	forks := len(linesOf(filepath.Join(g.lab.Dir(), "forks")))
	lab.Claim(t, "a time-out ends the whole process group, %d forks that ignore SIGTERM among it; only what a script left that ended in time lives on", forks)
	g.director.Stop()
	for pid, command := range g.Processes() {
		if !strings.HasPrefix(command, sleeper+"6") {
			t.Errorf("left after the stop: %d %s", pid, command)
		}
	}
}

// sleepers are the processes that bad scripts started.
func (g *gauge) sleepers() []string {
	var all []string
	for _, command := range g.Processes() {
		if strings.HasPrefix(command, sleeper) {
			all = append(all, command)
		}
	}
	return all
}
