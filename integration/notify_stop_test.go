package integration

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"director/integration/lab"
)

// testNotifyStop has notify_stop scripts that take a while, and one that never
// ends.
func testNotifyStop(t *testing.T) {
	g := newGauge(t, tracking{}, tracking{})
	slow := g.lab.File("slow.sh", "sleep 1\necho \"$@\" >>"+filepath.Join(g.lab.Dir(), told)+"\n")
	g.instances[0].more = []string{fmt.Sprintf("notify_stop = [\"/bin/sh\", %q, \"stop\"]", slow)}
	g.run("")
	g.reads(t, "start", 100, 100)
	took := g.director.Stop()
	if lines := linesOf(filepath.Join(g.lab.Dir(), told)); !slices.Equal(lines, []string{"stop"}) {
		t.Errorf("after the end notify_stop has said %q", lines)
	}
	if left := g.Processes(); len(left) > 0 {
		t.Errorf("left after the stop: %v", left)
	}
	lab.Claim(t, "a notify_stop of 1 s has run when director has ended, %s after SIGTERM", ms(took))

	hangs := g.lab.File("hangs.sh", "trap '' TERM\n"+sleeper+"7\n"+sleeper+"8\n")
	g.instances[0].more = []string{fmt.Sprintf("notify_stop = [\"/bin/sh\", %q]", hangs)}
	g.instances[1].more = []string{fmt.Sprintf("notify_stop = [\"/bin/sh\", %q, \"other\"]", slow)}
	g.run("")
	g.reads(t, "again", 100, 100)
	took = stopWithin(g.balancer, 10*time.Second+room/2)
	g.lab.Eventually(room, "nothing of it is left", func() bool { return len(g.Processes()) == 0 })
	if lines := linesOf(filepath.Join(g.lab.Dir(), told)); !slices.Equal(lines, []string{"stop", "other"}) {
		t.Errorf("after the end the scripts have said %q", lines)
	}
	lab.Claim(t, "one that hangs and ignores SIGTERM does not stop the stop (%s) and is killed; another instance's has run", ms(took))

	g.run("")
	g.reads(t, "once more", 100, 100)
	g.director.Signal(syscall.SIGTERM)
	g.lab.Eventually(5*room, "the script hangs", func() bool { return len(g.sleepers()) > 0 })
	took = stopWithin(g.balancer, room)
	lab.Claim(t, "a second SIGTERM waits for no script: %s", ms(took))
}

// stopWithin sends SIGTERM, and returns how long the director lived on, well.
func stopWithin(b *balancer, bound time.Duration) time.Duration {
	begin := time.Now()
	b.director.Signal(syscall.SIGTERM)
	b.lab.Expect(b.director.Ends(bound) && b.director.Err() == nil, "director runs %v after SIGTERM, or ended with %v", bound, b.director.Err())
	return time.Since(begin)
}

// testFIFOReader has director start the reader of a FIFO, kills it, and looks at
// what it reads in the end.
func testFIFOReader(t *testing.T) {
	g := newGauge(t, tracking{})
	path := filepath.Join(g.lab.Dir(), "fifo")
	heard := filepath.Join(g.lab.Dir(), "heard")
	reader := g.lab.File("reader.sh", "exec cat \"$1\" >>"+heard+"\n")
	g.start(global(fmt.Sprintf("notify_fifo = %q", path), fmt.Sprintf("notify_fifo_script = [\"/bin/sh\", %q]", reader)) + hclOf(g.instances))
	g.reads(t, "start", 100)
	has := func(line string) {
		t.Helper()
		g.lab.Eventually(5*room, line, func() bool { return slices.Contains(linesOf(heard), line) })
	}
	has(`INSTANCE "VI_1" MASTER 100`)
	pid := 0
	g.eventually("status has the reader", func() bool {
		s := g.status()
		if s == nil || len(s.Notify.FIFOs) != 1 || s.Notify.FIFOs[0].Reader == nil {
			return false
		}
		pid = s.Notify.FIFOs[0].Reader.PID
		return pid > 0 && s.Notify.FIFOs[0].Path == path
	})
	g.lab.Expect(syscall.Kill(pid, syscall.SIGKILL) == nil, "no reader %d", pid)
	g.Run("ip", "link", "set", "eth0", "down")
	has(`INSTANCE "VI_1" FAULT 100`)
	if r := g.status().Notify.FIFOs[0].Reader; r.Starts != 2 || r.PID == pid {
		t.Errorf("after a kill the reader is %+v", r)
	}
	lab.Claim(t, "the reader of a FIFO is started by director, and again when it ends; it misses nothing")
	begin := time.Now()
	g.director.Stop()
	lines := linesOf(heard)
	want := []string{`INSTANCE "VI_1" BACKUP 100`, `INSTANCE "VI_1" MASTER 100`, `INSTANCE "VI_1" FAULT 100`, `INSTANCE "VI_1" STOP 100`}
	if !slices.Equal(lines, want) {
		t.Errorf("the reader heard\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
	if left := g.Processes(); len(left) > 0 {
		t.Errorf("left after the stop: %v", left)
	}
	lab.Claim(t, "at the stop it reads the last line before it is ended (%s)", since(begin))
}

// testNotifyReload changes what is to be told, and by whom.
func testNotifyReload(t *testing.T) {
	p := newPlayground(t, tracking{uses: []use{{kind: "interface", name: "t0"}}})
	script := teller(p.lab)
	config := func(name, fifo string) string {
		p.instances[0].more = []string{fmt.Sprintf("notify = [\"/bin/sh\", %q, %q]", script, name)}
		return global(fmt.Sprintf("notify_fifo = %q", filepath.Join(p.lab.Dir(), fifo)), "fifo_write_vrrp_states_on_reload = true") + hclOf(p.instances)
	}
	p.start(config("old", "fifo"))
	r := openFIFO(t, p.lab, filepath.Join(p.lab.Dir(), "fifo")).read(t)
	said := func(line string) {
		t.Helper()
		p.lab.Eventually(5*room, line, func() bool { return slices.Contains(p.lines(told), line) })
	}
	said("old INSTANCE VI_1 MASTER 100")
	r.has(1, "MASTER")
	before := len(p.lines(told))
	p.reload(config("new", "fifo"))
	r.has(2, "MASTER")
	p.Run("ip", "link", "set", "t0", "down")
	said("new INSTANCE VI_1 FAULT 100")
	if lines := p.lines(told); len(lines) != before+1 {
		t.Errorf("the reload was told: %q", lines)
	}
	r.has(1, "FAULT")
	p.reload(config("new", "fifo2"))
	other := openFIFO(t, p.lab, filepath.Join(p.lab.Dir(), "fifo2")).read(t)
	p.Run("ip", "link", "set", "t0", "up")
	other.has(1, "MASTER")
	if r.of("BACKUP")[len(r.of("BACKUP"))-1] == r.all()[max(0, len(r.all())-len("INSTANCE \"VI_1\" BACKUP 100\n")):] {
		t.Errorf("the old FIFO still hears: %q", r.all())
	}
	lab.Claim(t, "a reload changes scripts and FIFOs, tells no script anything by itself, and with fifo_write_vrrp_states_on_reload the FIFO its state again")
}
