package trackers

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"director/internal/track"
)

// kernel is a /proc of our own.
type kernel struct {
	t    *testing.T
	root string
}

func newKernel(t *testing.T) *kernel {
	k := &kernel{t, t.TempDir()}
	do(t, os.Mkdir(filepath.Join(k.root, "self"), 0o755), write(filepath.Join(k.root, "uptime"), "1 1"))
	return k
}

// run makes a process, or makes it another program.
func (k *kernel) run(pid, start int, comm string, args ...string) {
	k.t.Helper()
	dir := filepath.Join(k.root, fmt.Sprint(pid))
	stat := fmt.Sprintf("%d (%s) S 1%s %d 0", pid, comm, strings.Repeat(" 0", 17), start)
	line := ""
	for _, arg := range args {
		line += arg + "\x00"
	}
	do(k.t, os.MkdirAll(dir, 0o755), write(filepath.Join(dir, "stat"), stat), write(filepath.Join(dir, "cmdline"), line))
}

func (k *kernel) end(pid int) {
	k.t.Helper()
	do(k.t, os.RemoveAll(filepath.Join(k.root, fmt.Sprint(pid))))
}

func process(name string, change func(*track.ProcessSpec)) track.ProcessSpec {
	p := track.ProcessSpec{Name: name, Command: name, Quorum: 1, QuorumMax: -1}
	change(&p)
	return p
}

func plain(*track.ProcessSpec) {}

// count is what a table finds now.
func count(t *testing.T, table *procTable, want ...int) {
	t.Helper()
	got, err := table.count()
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("round %d: %v, %v, want %v", table.round, got, err, want)
	}
}

func TestProcTable(t *testing.T) {
	k := newKernel(t)
	table := newProcTable(k.root, []track.ProcessSpec{
		process("nginx", plain), process("bird", func(p *track.ProcessSpec) { p.Match, p.Params = track.MatchInitial, []string{"-c"} }),
	})
	count(t, table, 0, 0)
	k.run(10, 1, "nginx", "nginx: master process")
	k.run(11, 1, "nginx")
	k.run(12, 1, "bird", "/usr/sbin/bird", "-c", "x")
	k.run(13, 1, "sh", "sh")
	count(t, table, 2, 1)
	k.end(11)
	count(t, table, 1, 1)
	k.run(10, 1, "sleep", "sleep") // what matched executes something else: seen at once
	k.run(12, 1, "bird", "/usr/sbin/bird", "-d")
	count(t, table, 0, 0)
	k.run(20, 5, "sh", "sh") // a new one executes something else: seen soon
	count(t, table, 0, 0)
	k.run(20, 5, "nginx", "nginx")
	count(t, table, 1, 0)
	do(t, write(filepath.Join(k.root, "20", "stat"), "20 (nginx) Z 1"+strings.Repeat(" 0", 17)+" 5 0"))
	count(t, table, 0, 0)
	k.end(20)
	k.run(20, 9, "nginx", "nginx") // the same number, another process
	count(t, table, 1, 0)
}

// Whatever has been looked at long ago is looked at again in a while.
func TestProcTableLooksAgain(t *testing.T) {
	k := newKernel(t)
	table := newProcTable(k.root, []track.ProcessSpec{process("nginx", plain)})
	k.run(10, 1, "sh")
	for range 100 {
		count(t, table, 0)
	}
	k.run(10, 1, "nginx")
	for round := 1; ; round++ {
		got, err := table.count()
		do(t, err)
		if got[0] == 1 {
			break
		}
		if round == slowest {
			t.Fatalf("not seen in %d rounds", round)
		}
	}
}

func TestParseStat(t *testing.T) {
	tail := strings.Repeat(" 0", 18) + " 4711 0"
	for _, tt := range []struct{ stat, comm, start string }{
		{"1 (nginx) S" + tail, "nginx", "4711"},
		{"1 (a) b (c)) R" + tail, "a) b (c)", "4711"},
		{"1 (nginx) Z" + tail, "", ""},
		{"1 (nginx) S 1 2", "", ""},
		{"", "", ""}, {")(", "", ""}, {"1 (x", "", ""},
	} {
		if comm, start := parseStat(tt.stat); comm != tt.comm || start != tt.start {
			t.Errorf("%q: %q, %q", tt.stat, comm, start)
		}
	}
}

func TestProcessesInTime(t *testing.T) {
	k := newKernel(t)
	synctest.Test(t, func(t *testing.T) {
		j := newJournal()
		s := newSet(j, func(o *Options) { o.Proc = k.root })
		slow := process("slow", func(p *track.ProcessSpec) {
			p.Command, p.ForkDelay, p.TerminateDelay = "nginx", time.Second, 2*time.Second
		})
		fast := process("nginx", plain)
		none := process("none", func(p *track.ProcessSpec) { p.Command, p.QuorumMax = "nginx", 0 })
		s.Configure(nil, nil, []track.ProcessSpec{fast, slow, none}, true)
		j.expect(t, "0s process nginx pending", "0s process slow pending", "0s process none pending")
		start(t, s)
		settle(time.Second + 100*time.Millisecond)
		j.expect(t, "0s process nginx down", "0s process none up", "0s process slow down")
		k.run(10, 1, "nginx")
		settle(2 * time.Second) // seen at 1.2 s
		j.expect(t, "1.2s process nginx up", "1.2s process none down", "2.2s process slow up")
		k.end(10)
		settle(time.Second) // a moment without it is no loss
		k.run(11, 2, "nginx")
		settle(3 * time.Second)
		j.expect(t, "3.2s process nginx down", "3.2s process none up", "4.2s process nginx up", "4.2s process none down")
		k.end(11)
		s.Configure(nil, nil, []track.ProcessSpec{fast, slow}, false) // in the middle
		settle(3 * time.Second)
		j.expect(t, "7.1s process nginx down", "9.1s process slow down")
		if got := s.Status()[0]; got.Count != 0 || got.Result != "0 processes" || got.Runs == 0 {
			t.Errorf("%+v", got)
		}
		s.Configure(nil, nil, nil, false)
		k.run(12, 3, "nginx")
		settle(time.Second)
		s.Configure(nil, nil, []track.ProcessSpec{fast}, false)
		settle(time.Second)
		j.expect(t, "11.1s process nginx unknown", "11.1s process nginx up")
	})
}

// That the kernel's list cannot be had is no process's fault.
func TestProcessesUnreadable(t *testing.T) {
	k := newKernel(t)
	k.run(10, 1, "nginx")
	synctest.Test(t, func(t *testing.T) {
		j := newJournal()
		s := newSet(j, func(o *Options) { o.Proc = k.root })
		s.Configure(nil, nil, []track.ProcessSpec{process("nginx", plain)}, true)
		start(t, s)
		settle(time.Second)
		do(t, os.Rename(k.root, k.root+"-away"))
		settle(time.Second)
		j.expect(t, "0s process nginx pending", "0s process nginx up")
		if got := s.Status()[0]; !strings.Contains(got.Result, "no such file") || got.Failures == 0 {
			t.Errorf("%+v", got)
		}
		do(t, os.Rename(k.root+"-away", k.root))
	})
}

func TestRealProcess(t *testing.T) {
	// A name of its own, so that no other sleep is counted.
	name := fmt.Sprintf("slp%d", os.Getpid())
	program := filepath.Join(t.TempDir(), name)
	sleep, err := exec.LookPath("sleep")
	do(t, err)
	sleep, err = filepath.EvalSymlinks(sleep)
	do(t, err)
	if filepath.Base(sleep) != "sleep" {
		t.Skip("sleep looks at its name here")
	}
	do(t, os.Symlink(sleep, program))
	j := newJournal()
	s := newSet(j, func(*Options) {})
	s.Configure(nil, nil, []track.ProcessSpec{
		process(name, plain),
		process("exact", func(p *track.ProcessSpec) {
			p.Command, p.Match, p.Params = program, track.MatchExact, []string{"60"}
		}),
	}, true)
	start(t, s)
	ids := []track.ID{{Kind: track.Process, Name: name}, {Kind: track.Process, Name: "exact"}}
	for _, id := range ids {
		j.await(t, s, id, "down")
	}
	cmd := exec.Command(program, "60")
	do(t, cmd.Start())
	for _, id := range ids {
		j.await(t, s, id, "up")
	}
	do(t, cmd.Process.Kill())
	for _, id := range ids { // a zombie does not count
		j.await(t, s, id, "down")
	}
	_ = cmd.Wait()
}

// BenchmarkProcTable is what a round costs that finds nothing new.
func BenchmarkProcTable(b *testing.B) {
	table := newProcTable("/proc", []track.ProcessSpec{{Command: "no-such-program", Quorum: 1}})
	for b.Loop() {
		if _, err := table.count(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(table.known)), "processes")
}
