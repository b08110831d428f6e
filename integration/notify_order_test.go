package integration

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"director/integration/lab"
	"director/internal/api"
)

// toldOf is what status says was told of a name.
func (b *balancer) toldOf(name string) api.NotifyName {
	if s := b.status(); s != nil {
		for _, n := range s.Notify.Names {
			if n.Name == name {
				return n
			}
		}
	}
	return api.NotifyName{}
}

// slowTeller tells when it begins and ends.
const slowTeller = `echo "begin $4" >>DIR/told
sleep 0.25
echo "end $4" >>DIR/told`

// testSlowScript changes the role faster than its script can follow.
func testSlowScript(t *testing.T) {
	p := newPlayground(t, tracking{uses: []use{{kind: "interface", name: "t0"}}})
	script := p.lab.File("slow.sh", strings.ReplaceAll(slowTeller, "DIR", p.lab.Dir())+"\n")
	p.instances[0].more = []string{fmt.Sprintf("notify = [\"/bin/sh\", %q, \"x\"]", script)}
	path := filepath.Join(p.lab.Dir(), "fifo")
	p.start(global(fmt.Sprintf("notify_fifo = %q", path)) + hclOf(p.instances))
	r := openFIFO(t, p.lab, path).read(t)
	const flaps = 12
	r.has(1, "MASTER")
	for n := range flaps {
		p.Run("ip", "link", "set", "t0", "down")
		r.has(n+1, "FAULT")
		p.Run("ip", "link", "set", "t0", "up")
		r.has(n+2, "BACKUP")
	}
	r.has(1+1, "MASTER")
	p.eventually("all is told", func() bool {
		n := p.toldOf(nameOf(0))
		return n.Pending == 0 && n.Running == "" && n.State == "MASTER"
	})
	var states []string // as the FIFO has them, which waits for no script
	for line := range strings.Lines(r.all()) {
		states = append(states, strings.Fields(line)[2])
	}
	lines := p.lines(told)
	heard, at := 0, 0
	for n := 0; n+1 < len(lines); n += 2 {
		state, begins := strings.CutPrefix(lines[n], "begin ")
		if !begins || lines[n+1] != "end "+state {
			t.Fatalf("one run begins before the other has ended:\n%s", strings.Join(lines, "\n"))
		}
		next := slices.Index(states[at:], state)
		if next < 0 {
			t.Fatalf("scripts were told %q, out of the order of\n%q", lines, states)
		}
		at, heard = at+next+1, heard+1
	}
	if left := p.toldOf(nameOf(0)).Superseded; heard+int(left) != len(states) || lines[len(lines)-1] != "end MASTER" {
		t.Errorf("%d of %d states were told, %d left out, the last is %q", heard, len(states), left, lines[len(lines)-1])
	}
	lab.Claim(t, "%d role changes and a script of 250 ms: %d runs, in order, never two at a time, %d old states left out and counted, the last one told; the FIFO has all",
		len(states), heard, len(states)-heard)
}

// A jsonLine is an event on a FIFO.
type jsonLine struct {
	Time              time.Time
	Type, Name, State string
	Priority          int
	Reason            string
	Seq               uint64
}

// events are what the FIFO has, each once.
func (r *fifoReader) events(t *testing.T) []jsonLine {
	t.Helper()
	var all []jsonLine
	seen := map[uint64]bool{}
	for line := range strings.Lines(r.all()) {
		if !strings.HasSuffix(line, "\n") {
			break // the rest of it is on the way
		}
		var e jsonLine
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%q is no JSON: %v", line, err)
		}
		if !seen[e.Seq] {
			seen[e.Seq] = true
			all = append(all, e)
		}
	}
	return all
}

// testControlAway changes the role while every control process is killed as soon
// as it starts.
func testControlAway(t *testing.T) {
	p := newPlayground(t, tracking{uses: []use{{kind: "interface", name: "t0"}}})
	p.instances[0].more = []string{fmt.Sprintf("notify = [\"/bin/sh\", %q]", teller(p.lab))}
	path := filepath.Join(p.lab.Dir(), "fifo")
	p.start(global(fmt.Sprintf("vrrp_notify_fifo = %q", path), "vrrp_notify_fifo_json = true") + hclOf(p.instances))
	r := openFIFO(t, p.lab, path).read(t)
	r.has(1, "MASTER")
	p.eventually("the start is told", func() bool { n := p.toldOf(nameOf(0)); return n.State == "MASTER" && n.Pending == 0 })
	before := len(r.events(t))

	away := p.killControl()
	vip := addr(vipOf(0))
	p.Run("ip", "link", "set", "t0", "down")
	p.EventuallyLacks(vip, 5*room)
	p.Run("ip", "link", "set", "t0", "up")
	p.EventuallyHas(vip, 5*room)
	p.Run("ip", "link", "set", "t0", "down")
	p.EventuallyLacks(vip, 5*room)
	p.Run("ip", "link", "set", "t0", "up")
	p.EventuallyHas(vip, 5*room)
	killed := away()

	want := []string{"FAULT", "BACKUP", "MASTER", "FAULT", "BACKUP", "MASTER"}
	var states []string
	p.eventually("all is told", func() bool {
		states = nil
		for _, e := range r.events(t)[before:] {
			states = append(states, e.State)
		}
		n := p.toldOf(nameOf(0))
		return len(states) >= len(want) && n.State == "MASTER" && n.Pending == 0 && n.Running == ""
	})
	lines := p.lines(told)
	if !slices.Equal(states, want) || lines[len(lines)-1] != "INSTANCE VI_1 MASTER 100" {
		t.Errorf("told %q on the FIFO, want %q; scripts: %q", states, want, lines)
	}
	lab.Claim(t, "six role changes while %d control processes were killed: all told when it was back, in order, the last one to scripts, too", killed)
	e := r.events(t)[before]
	if e.Type != "INSTANCE" || e.Name != "VI_1" || e.Priority != 100 || e.Seq == 0 || time.Since(e.Time) > time.Minute || !strings.Contains(e.Reason, "t0") {
		t.Errorf("JSON line %+v", e)
	}
	lab.Claim(t, "a line of JSON has time, type, name, state, priority, reason and a number that tells a repetition: %+v", e)
}

// killControl kills each control process as soon as there is one, until the
// function it returns is called; that says how many there were.
func (b *balancer) killControl() func() int {
	quit, done := make(chan struct{}), make(chan struct{})
	killed := map[int]bool{}
	began := make(chan struct{})
	go func() {
		defer close(done)
		for {
			for pid, command := range b.Processes() {
				if strings.HasPrefix(command, "director control ") && !killed[pid] {
					killed[pid] = syscall.Kill(pid, syscall.SIGKILL) == nil
				}
			}
			if len(killed) == 1 {
				select {
				case <-began:
				default:
					close(began)
				}
			}
			select {
			case <-quit:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	<-began
	return func() int {
		close(quit)
		<-done
		return len(killed)
	}
}
