package notify

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"director/internal/script"
)

// readInto is a reader that appends what it reads to a file, slowly.
func readInto(out string) script.Command {
	return shell(`while read -r line; do sleep 0.02; echo "$line" >> ` + out + `; done < "$1"; echo end >> ` + out)
}

func (l *live) readerPid(t *testing.T) int {
	t.Helper()
	var pid int
	until(t, "a reader runs", func() bool {
		if s := l.Status().FIFOs; len(s) > 0 && s[0].Reader != nil {
			pid = s[0].Reader.Pid
		}
		return pid != 0
	})
	return pid
}

func TestReaderHearsTheLastLines(t *testing.T) {
	l := newLive(t)
	out := l.path("out")
	l.Configure(Settings{Policy: ourselves, FIFOs: FIFOs{All: FIFO{Path: l.path("fifo"), Script: readInto(out)}}})
	l.readerPid(t)
	want := ""
	for i, state := range []string{Backup, Master, Fault, Backup, Stop} {
		l.Notify(instance(uint64(i+1), "VI_1", state))
		want += "INSTANCE \"VI_1\" " + state + " 100\n"
	}
	if err := l.drain(30 * time.Second); err != nil {
		t.Error(err)
	}
	if got := contents(t, out); got != want+"end\n" {
		t.Errorf("the reader wrote\n%s", got)
	}
}

func TestReaderThatNeverEndsIsStopped(t *testing.T) {
	l := newLive(t)
	l.moment = 500 * time.Millisecond
	out := l.path("out")
	l.Configure(Settings{Policy: ourselves, FIFOs: FIFOs{All: FIFO{Path: l.path("fifo"), Script: shell(
		`trap "echo term >> ` + out + `" TERM; exec 3<>"$1"; while read -r line <&3; do echo "$line" >> ` + out + `; done; while :; do sleep 0.1; done`)}}})
	pid := l.readerPid(t)
	l.Notify(instance(1, "VI_1", Stop))
	until(t, "it is read", func() bool { return contents(t, out) != "" })
	began := time.Now()
	if err := l.drain(30 * time.Second); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > l.moment+readerGrace+5*time.Second {
		t.Errorf("it took %v", took)
	}
	if got := contents(t, out); got != "INSTANCE \"VI_1\" STOP 100\nterm\n" || !dead(pid) {
		t.Errorf("the reader wrote %q; gone: %t", got, dead(pid))
	}
}

func TestReaderIsStartedAgain(t *testing.T) {
	l := newLive(t)
	out := l.path("out")
	l.Configure(Settings{Policy: ourselves, FIFOs: FIFOs{All: FIFO{Path: l.path("fifo"), Script: readInto(out)}}})
	first := l.readerPid(t)
	if err := syscall.Kill(-first, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	until(t, "it is seen", func() bool { return strings.Contains(l.Status().FIFOs[0].Reader.Last, "killed") })
	l.Notify(instance(1, "VI_1", Master)) // waits in the pipe
	until(t, "the next one reads", func() bool { return contents(t, out) == "INSTANCE \"VI_1\" MASTER 100\n" })
	if s := l.Status().FIFOs[0].Reader; s.Starts != 2 || s.Pid == first {
		t.Errorf("status %+v", s)
	}
}

func TestReloadKeepsTheReader(t *testing.T) {
	l := newLive(t)
	settings := Settings{Policy: ourselves, FIFOs: FIFOs{All: FIFO{Path: l.path("fifo"), Script: readInto(l.path("out"))}}}
	l.Configure(settings)
	first := l.readerPid(t)
	info, err := os.Stat(l.path("fifo"))
	if err != nil {
		t.Fatal(err)
	}
	settings.FIFOs.All.JSON = true
	l.Configure(settings)
	l.Notify(instance(1, "VI_1", Master))
	until(t, "it reads", func() bool { return strings.HasPrefix(contents(t, l.path("out")), "{") })
	if pid := l.readerPid(t); pid != first {
		t.Errorf("an unchanged reader was started again: %d, %d", first, pid)
	}
	settings.FIFOs.All.Script = readInto(l.path("other"))
	l.Configure(settings)
	l.Notify(instance(2, "VI_1", Backup))
	until(t, "the other one reads", func() bool { return contents(t, l.path("other")) != "" })
	until(t, "the first one is gone", func() bool { return dead(first) })
	same, err := os.Stat(l.path("fifo"))
	if err != nil || !os.SameFile(info, same) {
		t.Errorf("the FIFO was made anew: %v", err)
	}
	second := l.readerPid(t)
	l.Configure(Settings{})
	until(t, "without a FIFO there is no reader", func() bool { return dead(second) })
	if s := l.Status().FIFOs; len(s) != 0 {
		t.Errorf("status %+v", s)
	}
}

// Without the rights of root, a user of its own has both the FIFO and the
// script.
func TestReaderOfAnotherUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can run scripts as another user")
	}
	l := newLive(t)
	for _, dir := range []string{filepath.Dir(l.dir), l.dir} {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	out := l.path("out")
	if err := os.Mkdir(out, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(out, 65534, 65534); err != nil {
		t.Fatal(err)
	}
	read := shell(`id -u > ` + out + `/who; while read -r line; do echo "$line" >> ` + out + `/lines; done < "$1"`)
	read.User = "nobody"
	l.Configure(Settings{FIFOs: FIFOs{All: FIFO{Path: l.path("fifo"), User: "nobody", Script: read}}})
	l.Notify(instance(1, "VI_1", Stop))
	if err := l.drain(30 * time.Second); err != nil {
		t.Error(err)
	}
	if who, lines := contents(t, out+"/who"), contents(t, out+"/lines"); who != "65534\n" || lines != "INSTANCE \"VI_1\" STOP 100\n" {
		t.Errorf("user %q read %q", who, lines)
	}
}
