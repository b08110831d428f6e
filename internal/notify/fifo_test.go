package notify

import (
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"director/internal/script"
)

func TestFIFOsGetEveryEvent(t *testing.T) {
	l := newLive(t)
	l.Configure(Settings{FIFOs: FIFOs{All: FIFO{Path: l.path("all")}, VRRP: FIFO{Path: l.path("vrrp"), JSON: true},
		LVS: FIFO{Path: l.path("lvs")}}})
	all, vrrp := listen(t, l.path("all")), listen(t, l.path("vrrp"))
	listen(t, l.path("lvs"))
	e := instance(1, "VI_1", Master)
	e.At = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	l.Notify(e)
	l.Notify(Event{Seq: 2, Kind: Group, Name: "EDGE", State: Master, At: e.At})
	for _, c := range []struct{ got, want string }{
		{nextLine(t, all) + nextLine(t, all), "INSTANCE \"VI_1\" MASTER 100\nGROUP \"EDGE\" MASTER 0\n"},
		{nextLine(t, vrrp) + nextLine(t, vrrp),
			`{"time":"2026-03-01T12:00:00Z","type":"INSTANCE","name":"VI_1","state":"MASTER","priority":100,"seq":1}` + "\n" +
				`{"time":"2026-03-01T12:00:00Z","type":"GROUP","name":"EDGE","state":"MASTER","priority":0,"seq":2}` + "\n"},
	} {
		if c.got != c.want {
			t.Errorf("got %s, want %s", c.got, c.want)
		}
	}
	until(t, "both are acknowledged", func() bool { return len(l.acks()) == 2 })
	if s := l.Status().FIFOs; s[0].Written != 2 || s[1].Written != 2 || s[2].Written != 0 || s[0].Error != "" {
		t.Errorf("status %+v", s)
	}
}

func TestFIFOModeAndOwner(t *testing.T) {
	l := newLive(t)
	config := FIFO{Path: l.path("fifo")}
	if os.Geteuid() == 0 {
		config.User = "nobody"
	}
	l.Configure(Settings{FIFOs: FIFOs{All: config}})
	listen(t, config.Path)
	info, err := os.Stat(config.Path)
	if err != nil {
		t.Fatal(err)
	}
	want, err := ownerOf(config, script.Policy{})
	if err != nil {
		t.Fatal(err)
	}
	if want.uid < 0 {
		want.uid = os.Geteuid()
	}
	if got := info.Sys().(*syscall.Stat_t).Uid; int(got) != want.uid {
		t.Errorf("it belongs to %d, not to %d", got, want.uid)
	}
	plain := l.path("plain")
	if err := os.WriteFile(plain, nil, pipeMode); err != nil {
		t.Fatal(err)
	}
	other, err := os.Stat(plain)
	if err != nil || info.Mode().Perm() != other.Mode().Perm() {
		t.Errorf("mode %v, a file made with %o has %v: %v", info.Mode(), pipeMode, other.Mode(), err)
	}
}

func TestFIFOThatIsSomethingElse(t *testing.T) {
	makers := map[string]func(path string) error{
		"no FIFO": func(path string) error { return os.WriteFile(path, []byte("precious"), 0o600) },
		"is no FIFO": func(path string) error {
			if err := syscall.Mkfifo(path+".real", 0o600); err != nil {
				return err
			}
			return os.Symlink(path+".real", path)
		},
		"and is no FIFO": func(path string) error {
			socket, err := net.Listen("unix", path)
			if err == nil {
				t.Cleanup(func() { _ = socket.Close() })
			}
			return err
		},
	}
	if os.Geteuid() == 0 {
		makers["belongs to neither"] = func(path string) error {
			if err := syscall.Mkfifo(path, 0o600); err != nil {
				return err
			}
			return os.Chown(path, 12345, 12345)
		}
	}
	for complaint, make := range makers {
		t.Run(complaint, func(t *testing.T) {
			l := newLive(t)
			path := l.path("f")
			if err := make(path); err != nil {
				t.Fatal(err)
			}
			l.Configure(Settings{FIFOs: FIFOs{All: FIFO{Path: path}}})
			l.Notify(instance(1, "VI_1", Master))
			until(t, "the event does not wait for it", func() bool { return len(l.acks()) == 1 })
			if s := l.Status().FIFOs[0]; !strings.Contains(s.Error, complaint) || s.Waiting != 1 || !s.Stuck {
				t.Errorf("status %+v", s)
			}
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			if got := nextLine(t, listen(t, path)); got != "INSTANCE \"VI_1\" MASTER 100\n" {
				t.Errorf("read %q once it could be made", got)
			}
		})
	}
}

func TestFIFOThatIsTakenAwayIsMadeAgain(t *testing.T) {
	l := newLive(t)
	path := l.path("fifo")
	l.Configure(Settings{FIFOs: FIFOs{All: FIFO{Path: path}}})
	listen(t, path)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	r := listen(t, path) // without any event
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	l.Notify(instance(1, "VI_1", Master))
	if got := nextLine(t, listen(t, path)); got != "INSTANCE \"VI_1\" MASTER 100\n" {
		t.Errorf("read %q", got)
	}
	if rest, err := r.ReadString('\n'); rest != "" {
		t.Errorf("the one that was taken away got %q, %v", rest, err)
	}
}

// A reader that lags loses the oldest lines, in order and counted, and sees the
// last state of every name.
func TestFIFOWithALaggingReader(t *testing.T) {
	l := newLive(t)
	path := l.path("fifo")
	l.Configure(Settings{FIFOs: FIFOs{All: FIFO{Path: path}}})
	r := listen(t, path)
	events := 0
	busy := func() {
		e := instance(uint64(events+1), "busy", []string{Backup, Master}[events%2])
		e.Priority = events
		events++
		l.Notify(e)
	}
	until(t, "the pipe is full", func() bool {
		for range 100 {
			busy()
		}
		return l.Status().FIFOs[0].Stuck
	})
	l.Notify(instance(1_000_000, "quiet", Backup))
	for range 3 * linesPerFIFO {
		busy()
	}
	until(t, "all are acknowledged", func() bool { return len(l.acks()) == events+1 })
	s := l.Status().FIFOs[0]
	if s.Waiting != linesPerFIFO || s.Dropped == 0 || !s.Stuck {
		t.Errorf("status %+v", s)
	}
	lines, last, heard := uint64(0), -1, false
	for last != events-1 {
		lines++
		var name, state string
		var n int
		if _, err := fmt.Sscanf(nextLine(t, r), "INSTANCE %q %s %d\n", &name, &state, &n); err != nil {
			t.Fatal(err)
		}
		if name == "quiet" {
			heard = true
			continue
		}
		if n <= last {
			t.Fatalf("%d after %d", n, last)
		}
		last = n
	}
	if !heard {
		t.Error("the only state of the quiet name was dropped")
	}
	until(t, "all is written", func() bool { return l.Status().FIFOs[0].Waiting == 0 })
	if s := l.Status().FIFOs[0]; s.Written != lines || s.Written+s.Dropped != uint64(events+1) || s.Stuck {
		t.Errorf("%d lines read, status %+v", lines, s)
	}
}

func TestStatesOnReload(t *testing.T) {
	l := newLive(t)
	path := l.path("fifo")
	settings := Settings{Instances: map[string]Scripts{"A": {All: shell("echo x >> " + l.path("out"))}, "B": {}},
		Groups: map[string]Scripts{"G": {}}, Policy: ourselves, FIFOs: FIFOs{All: FIFO{Path: path}}}
	l.Configure(settings)
	r := listen(t, path)
	l.Notify(Event{Kind: Group, Name: "G", State: Backup})
	l.Notify(instance(1, "A", Backup))
	l.Notify(instance(2, "A", Master))
	want := "GROUP \"G\" BACKUP 0\nINSTANCE \"A\" BACKUP 100\nINSTANCE \"A\" MASTER 100\n"
	if got := nextLine(t, r) + nextLine(t, r) + nextLine(t, r); got != want {
		t.Errorf("read %s", got)
	}
	l.Configure(settings)
	settings.FIFOs.StatesOnReload = true
	l.Configure(settings)
	want = "INSTANCE \"A\" MASTER 100\nGROUP \"G\" BACKUP 0\n"
	if got := nextLine(t, r) + nextLine(t, r); got != want {
		t.Errorf("after the reload: %s", got)
	}
	if err := l.drain(5 * time.Second); err != nil {
		t.Error(err)
	}
	if got := contents(t, l.path("out")); got != "x\nx\n" {
		t.Errorf("the script ran %d times", len(got)/2)
	}
}

// What Run leaves unwritten when it is ended in the middle is the next one's to
// tell; what a reload leaves unwritten is nobody's.
func TestFIFOThatEndsWithLines(t *testing.T) {
	for what, c := range map[string]struct {
		end   func(*live)
		acked bool
	}{
		"killed":   {func(l *live) { l.quit(); <-l.over }, false},
		"reloaded": {func(l *live) { l.Configure(Settings{}) }, true},
	} {
		t.Run(what, func(t *testing.T) {
			l := newLive(t)
			l.patience, l.moment = time.Hour, 100*time.Millisecond
			l.Configure(Settings{FIFOs: FIFOs{All: FIFO{Path: l.path("fifo")}}})
			r := listen(t, l.path("fifo"))
			var sent uint64
			until(t, "lines wait", func() bool {
				for range 100 {
					sent++
					e := instance(sent, "A", []string{Backup, Master}[sent%2])
					l.Notify(e)
				}
				time.Sleep(20 * time.Millisecond)
				return l.Status().FIFOs[0].Waiting > 200
			})
			c.end(l)
			if c.acked {
				until(t, "nobody waits for it", func() bool { return len(l.acks()) == int(sent) })
			} else if n := uint64(len(l.acks())); n >= sent {
				t.Errorf("%d of %d events are acknowledged", n, sent)
			}
			_ = nextLine(t, r)
		})
	}
}
