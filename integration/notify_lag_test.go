package integration

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"director/integration/lab"
	"director/internal/api"
)

// testLaggingReader lets lines pile up before a reader that does not read: as
// many as are kept, and then more. Each line of JSON has its number.
func testLaggingReader(t *testing.T) {
	const instances = 40
	uses := make([]tracking, instances)
	for n := range uses {
		uses[n] = tracking{uses: []use{{kind: "file", name: "num"}}}
	}
	p := newPlayground(t, uses...)
	path := filepath.Join(p.lab.Dir(), "fifo")
	// It is there before, and smaller than pipes are.
	p.lab.Expect(unix.Mkfifo(path, 0o600) == nil, "no FIFO")
	r := openFIFO(t, p.lab, path)
	raw, err := r.file.SyscallConn()
	p.lab.Expect(err == nil, "FIFO: %v", err)
	_ = raw.Control(func(fd uintptr) { _, err = unix.FcntlInt(fd, unix.F_SETPIPE_SZ, os.Getpagesize()) })
	p.lab.Expect(err == nil, "FIFO: %v", err)
	p.start(global(fmt.Sprintf("notify_fifo = %q", path), "notify_fifo_json = true", "vrrp_notify_priority_changes = true") +
		fmt.Sprintf("track_file \"num\" { file = %q }\n", p.number) + hclOf(p.instances))
	p.eventually("all are master", func() bool { return p.instance(nameOf(instances-1)).State == "MASTER" && p.fifo().Waiting > 0 })
	turn := func(value int) {
		p.write(p.number, fmt.Sprint(value))
		p.eventually("the priority follows", func() bool {
			return p.reading(0) == 100+value && p.reading(instances-1) == 100+value
		})
	}
	for value := range 5 {
		turn(1 + value)
	}
	waiting := p.fifo()
	r.read(t)
	p.eventually("the reader has caught up", func() bool { f := p.fifo(); return f.Waiting == 0 && len(r.of("\n")) == int(f.Written) })
	if f := p.fifo(); f.Dropped > 0 || lastSeq(r, t) != f.Written {
		t.Errorf("%d lines, the last has number %d, status says %+v", len(r.of("\n")), lastSeq(r, t), f)
	}
	lab.Claim(t, "a reader that lags behind by %d lines (a pipe of one page is full, %d wait) gets them all later", waiting.Written+uint64(waiting.Waiting), waiting.Waiting)

	stop := r.pause()
	for value := 6; p.fifo().Dropped == 0; value++ {
		p.lab.Expect(value < 100, "nothing is dropped: %+v", p.fifo())
		turn(value)
	}
	time.Sleep(steadyFor) // the last lines come
	stop()
	p.eventually("the reader has caught up again", func() bool { f := p.fifo(); return f.Waiting == 0 && len(r.of("\n")) == int(f.Written) })
	f := p.fifo()
	if numbers := uint64(len(r.events(t))); numbers+f.Dropped != lastSeq(r, t) || len(p.log("older lines are dropped")) == 0 {
		t.Errorf("%d lines read, status says %+v, the last number is %d; log: %q", numbers, f, lastSeq(r, t), p.log("dropped"))
	}
	lab.Claim(t, "beyond 1024 the oldest are dropped, logged and counted: %d read, %d dropped, %d in all", len(r.events(t)), f.Dropped, lastSeq(r, t))
}

// fifo is what status says of the only FIFO.
func (b *balancer) fifo() api.FIFO {
	if s := b.status(); s != nil && len(s.Notify.FIFOs) == 1 {
		return s.Notify.FIFOs[0]
	}
	return api.FIFO{}
}

// lastSeq is the highest number that was read.
func lastSeq(r *fifoReader, t *testing.T) uint64 {
	highest := uint64(0)
	for _, e := range r.events(t) {
		highest = max(highest, e.Seq)
	}
	return highest
}

// hanging never ends by itself.
const hanging = "trap '' TERM\necho begin >>DIR/told\n" + sleeper + "9\n" + sleeper + "9\n"

// testHangingScript waits for the time-out of notify scripts, half a minute.
func testHangingScript(t *testing.T) {
	p := newPlayground(t, tracking{uses: []use{{kind: "interface", name: "t0"}}}, tracking{uses: []use{{kind: "interface", name: "t0"}}})
	script := p.lab.File("hanging.sh", strings.ReplaceAll(hanging, "DIR", p.lab.Dir()))
	tell := func(name, key string) string {
		return fmt.Sprintf("%s = [\"/bin/sh\", %q, %q]", key, teller(p.lab), name)
	}
	p.instances[0].more = []string{fmt.Sprintf("notify_master = [\"/bin/sh\", %q]", script), tell("hung", "notify_fault")}
	p.instances[1].more = []string{tell("free", "notify_fault")}
	p.run("")
	said := func(line string, within time.Duration) {
		t.Helper()
		p.lab.Eventually(within, line, func() bool {
			time.Sleep(20 * time.Millisecond)
			for _, l := range p.lines(told) {
				if l == line {
					return true
				}
			}
			return false
		})
	}
	said("begin", 5*room)
	begin := time.Now()
	p.eventually("status has the script that runs", func() bool { return p.toldOf(nameOf(0)).Running == "notify_master" })
	p.Run("ip", "link", "set", "t0", "down")
	said("free", 5*room)
	if n := p.toldOf(nameOf(0)); n.Pending != 1 || n.State != "FAULT" {
		t.Errorf("while the script hangs status says %+v", n)
	}
	said("hung", 45*time.Second)
	took := time.Since(begin)
	if took < 29*time.Second {
		t.Errorf("the script that hangs had %v only", took)
	}
	p.lab.Eventually(room, "nothing of it is left", func() bool { return len(p.sleepers()) == 0 })
	lab.Claim(t, "a notify script that hangs and ignores SIGTERM is killed with its group, and the next one runs %s after its start; other instances do not wait", ms(took))
}
