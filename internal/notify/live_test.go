package notify

import (
	"bufio"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"director/internal/script"
)

// live is a notifier with real scripts and FIFOs.
type live struct {
	*Notifier
	t    *testing.T
	dir  string
	over chan struct{}

	mu    sync.Mutex
	acked []uint64
}

// ourselves runs scripts as the user who runs the tests.
var ourselves = script.Policy{User: strconv.Itoa(os.Geteuid())}

func newLive(t *testing.T) *live {
	t.Parallel()
	l := &live{t: t, dir: t.TempDir(), over: make(chan struct{})}
	l.Notifier = New(slog.New(slog.NewTextHandler(t.Output(), nil)), func(seq uint64) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.acked = append(l.acked, seq)
	})
	l.patience, l.moment = 100*time.Millisecond, 20*time.Second
	go func() {
		defer close(l.over)
		l.Run(context.Background())
	}()
	t.Cleanup(func() { _ = l.drain(5 * time.Second) })
	return l
}

func (l *live) drain(bound time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), bound)
	defer cancel()
	err := l.Drain(ctx)
	<-l.over
	return err
}

func (l *live) path(name string) string { return filepath.Join(l.dir, name) }

// shell is a command that runs as ourselves; what is appended is $1, $2 …
func shell(text string) script.Command {
	return script.Command{Args: []string{"/bin/sh", "-c", text, "sh"}}
}

func (l *live) acks() []uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Sorted(slices.Values(l.acked))
}

// until waits for something that other processes do.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !holds(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

func contents(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(data)
}

// listen opens a FIFO as somebody else would, once it is there.
func listen(t *testing.T, path string) *bufio.Reader {
	t.Helper()
	until(t, path+" is a FIFO", func() bool {
		info, err := os.Lstat(path)
		return err == nil && info.Mode().Type() == os.ModeNamedPipe
	})
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return bufio.NewReader(f)
}

func nextLine(t *testing.T, r *bufio.Reader) string {
	t.Helper()
	line, err := r.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return line
}

func TestRealScriptsInOrder(t *testing.T) {
	l := newLive(t)
	out := l.path("out")
	say := func(word string) script.Command {
		return shell("sleep 0.05; echo " + word + ` "$@" >> ` + out)
	}
	l.Configure(Settings{Policy: ourselves, Instances: map[string]Scripts{"VI_1": {
		Master: say("master"), Backup: say("backup"), Stop: say("stop"), All: say("all")}}})
	for i, state := range []string{Backup, Master, Stop} {
		l.Notify(instance(uint64(i+1), "VI_1", state))
	}
	if err := l.drain(30 * time.Second); err != nil {
		t.Fatal(err)
	}
	want := "backup\nall INSTANCE VI_1 BACKUP 100\nmaster\nall INSTANCE VI_1 MASTER 100\nstop\nall INSTANCE VI_1 STOP 100\n"
	if got := contents(t, out); got != want || !slices.Equal(l.acks(), []uint64{1, 2, 3}) {
		t.Errorf("scripts wrote\n%sacknowledged %v", got, l.acks())
	}
}

func TestDrainKillsTheWholeGroup(t *testing.T) {
	l := newLive(t)
	out := l.path("pids")
	l.Configure(Settings{Policy: ourselves, Instances: map[string]Scripts{"VI_1": {
		Stop: shell(`trap "" TERM; sleep 1000 & echo $$ $! > ` + out + `.new; mv ` + out + `.new ` + out + `; while :; do wait; done`)}}})
	l.Notify(instance(1, "VI_1", Stop))
	until(t, "the script runs", func() bool { return contents(t, out) != "" })
	began := time.Now()
	if err := l.drain(200 * time.Millisecond); err == nil {
		t.Error("nothing was said of the script that was killed")
	}
	if took := time.Since(began); took > 200*time.Millisecond+killAfter+5*time.Second {
		t.Errorf("it took %v", took)
	}
	for _, word := range strings.Fields(contents(t, out)) {
		pid, err := strconv.Atoi(word)
		if err != nil {
			t.Fatal(err)
		}
		until(t, "process "+word+" is gone", func() bool { return dead(pid) })
	}
	if len(l.acks()) != 0 {
		t.Error("an event was acknowledged whose script was killed")
	}
}

// dead: it is gone, or only waits for whoever adopted it.
func dead(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return true
	}
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	return err != nil || strings.Contains(string(stat), ") Z ")
}

func TestMissingScriptIsNoReasonToStop(t *testing.T) {
	l := newLive(t)
	l.Configure(Settings{Policy: ourselves, Instances: map[string]Scripts{"VI_1": {
		Master: script.Command{Args: []string{"/nowhere/notify"}}, All: shell(`echo "$@" > ` + l.path("out"))}}})
	l.Notify(instance(1, "VI_1", Master))
	until(t, "it is acknowledged", func() bool { return len(l.acks()) == 1 })
	if got := contents(t, l.path("out")); got != "INSTANCE VI_1 MASTER 100\n" {
		t.Errorf("notify wrote %q", got)
	}
}

func TestSlowScriptDoesNotHoldUpTheFIFO(t *testing.T) {
	l := newLive(t)
	l.Configure(Settings{Policy: ourselves, FIFOs: FIFOs{VRRP: FIFO{Path: l.path("fifo")}},
		Instances: map[string]Scripts{"VI_1": {Backup: shell("until test -e " + l.path("go") + "; do sleep 0.01; done")}}})
	r := listen(t, l.path("fifo"))
	l.Notify(instance(1, "VI_1", Backup))
	l.Notify(instance(2, "VI_1", Master))
	if got := nextLine(t, r) + nextLine(t, r); got != "INSTANCE \"VI_1\" BACKUP 100\nINSTANCE \"VI_1\" MASTER 100\n" {
		t.Errorf("read %q", got)
	}
	if acks := l.acks(); len(acks) != 0 {
		t.Errorf("acknowledged before the script ended: %v", acks)
	}
	if err := os.WriteFile(l.path("go"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	until(t, "both are acknowledged", func() bool { return len(l.acks()) == 2 })
}
