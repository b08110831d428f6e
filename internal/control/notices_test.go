package control

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"director/internal/wire"
)

// notified runs a script that takes a moment and then writes what it was told.
const notified = `
global {
  script_user            = "USER"
  enable_script_security = false
  notify_fifo            = "DIR/fifo"
  notify_fifo_script     = ["/bin/sh", "-c", "exec cat <\"$0\" >DIR/lines"]
}
vrrp_instance "VI_1" {
  interface         = "lo"
  virtual_router_id = 51
  virtual_ipaddress "192.0.2.100/24" {}
  notify      = ["/bin/sh", "-c", "sleep 0.2; echo $* >>DIR/told", "-"]
  notify_stop = ["/bin/sh", "-c", "sleep 0.2; echo bye >>DIR/told"]
}`

func notice(seq uint64, state string) wire.Message {
	return wire.Message{Notice: &wire.Notice{Seq: seq, Name: "VI_1", State: state, Priority: 100}}
}

// lines reads a file; there may be none yet.
func lines(t *testing.T, dir, name string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}

func (d *dataplane) untilNoticed(seq uint64) {
	d.t.Helper()
	d.until("an acknowledgement", func(m wire.Message) bool { return m.Noticed != nil && m.Noticed.Seq == seq })
}

func TestANoticeIsAcknowledgedWhenItsScriptHasRun(t *testing.T) {
	dir, file := configure(t, notified)
	d := startControl(t, file, wire.Hello{})
	d.until("readiness", isReady)
	d.say(notice(1, "BACKUP"))
	d.say(notice(2, "BACKUP_PRIORITY")) // nobody asked for it
	d.say(notice(3, "MASTER"))
	d.untilNoticed(1)
	if got := lines(t, dir, "told"); got[0] != "INSTANCE VI_1 BACKUP 100" {
		t.Errorf("acknowledged before the script ended: told %q", got)
	}
	d.untilNoticed(3)
	want := []string{"INSTANCE VI_1 BACKUP 100", "INSTANCE VI_1 MASTER 100"}
	if got := lines(t, dir, "told"); !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
	n := d.status(t).Notify
	if len(n.Names) != 1 || n.Names[0].State != "MASTER" || n.Names[0].Last == nil || !n.Names[0].Last.OK {
		t.Errorf("notify in status: %+v", n)
	}
	if err := d.stop(); err != nil {
		t.Error(err)
	}
}

// TestTheEndDrainsWhatWasHeard: scripts and the FIFO are done with what was said
// before the dataplane asked for the end, or went away without asking.
func TestTheEndDrainsWhatWasHeard(t *testing.T) {
	for name, end := range map[string]func(*dataplane) error{
		"asked": func(d *dataplane) error {
			d.say(wire.Message{Stop: &wire.Stop{}})
			d.untilNoticed(1)
			return <-d.ended
		},
		"lost": (*dataplane).stop,
	} {
		t.Run(name, func(t *testing.T) {
			dir, file := configure(t, notified)
			d := startControl(t, file, wire.Hello{})
			d.until("readiness", isReady)
			d.say(notice(1, "STOP"))
			began := time.Now()
			if err := end(d); err != nil {
				t.Error(err)
			}
			if took := time.Since(began); took > drainWithin+time.Second {
				t.Errorf("the end took %v", took)
			}
			if got := lines(t, dir, "told"); !slices.Equal(got, []string{"bye", "INSTANCE VI_1 STOP 100"}) {
				t.Errorf("told %q", got)
			}
			if got := lines(t, dir, "lines"); !slices.Equal(got, []string{`INSTANCE "VI_1" STOP 100`}) {
				t.Errorf("lines in the FIFO: %q", got)
			}
			d.conn.Close()
		})
	}
}

// TestAHangingScriptDoesNotHoldTheEnd is the bound of that.
func TestAHangingScriptDoesNotHoldTheEnd(t *testing.T) {
	_, file := configure(t, strings.ReplaceAll(notified, "sleep 0.2", "exec sleep 60"))
	d := startControl(t, file, wire.Hello{})
	d.until("readiness", isReady)
	d.say(notice(1, "STOP"))
	d.say(wire.Message{Stop: &wire.Stop{}})
	began := time.Now()
	for {
		m, err := d.conn.Receive()
		if err != nil {
			break
		}
		if m.Noticed != nil {
			t.Error("acknowledged although the script was killed")
		}
	}
	<-d.ended
	if took := time.Since(began); took < drainWithin/2 || took > drainWithin+time.Second {
		t.Errorf("the end took %v, want about %v", took, drainWithin)
	}
	d.conn.Close()
}

// TestASuccessorTellsOnlyWhatIsNew: what a predecessor told is known, what it
// left is told.
func TestASuccessorTellsOnlyWhatIsNew(t *testing.T) {
	dir, file := configure(t, notified)
	d := startControl(t, file, wire.Hello{})
	known := notice(0, "MASTER")
	known.Notice.Known = true
	d.say(known)
	d.say(notice(7, "MASTER"))
	d.say(notice(8, "BACKUP"))
	d.untilNoticed(7)
	d.untilNoticed(8)
	if got := lines(t, dir, "told"); !slices.Equal(got, []string{"INSTANCE VI_1 BACKUP 100"}) {
		t.Errorf("told %q", got)
	}
	if err := d.stop(); err != nil {
		t.Error(err)
	}
}

// TestAReloadNotifiesByTheNewConfiguration also shows that a name that is gone
// still tells that it is.
func TestAReloadNotifiesByTheNewConfiguration(t *testing.T) {
	dir, file := configure(t, notified+`
vrrp_instance "VI_2" {
  interface         = "lo"
  virtual_router_id = 52
  virtual_ipaddress "192.0.2.101/24" {}
  notify_deleted = ["/bin/sh", "-c", "echo VI_2 deleted >>DIR/told"]
}`)
	d := startControl(t, file, wire.Hello{})
	d.until("readiness", isReady)
	put(t, dir, "director.hcl", expand(strings.ReplaceAll(notified, "echo $*", "echo new $*"), dir))
	d.say(wire.Message{Reload: &wire.Reload{Seq: 1}})
	d.until("the reload", func(m wire.Message) bool { return m.Reloaded != nil })
	d.say(wire.Message{Notice: &wire.Notice{Seq: 1, Name: "VI_2", State: "DELETED"}})
	d.untilNoticed(1)
	d.say(notice(2, "MASTER"))
	d.untilNoticed(2)
	if got := lines(t, dir, "told"); !slices.Equal(got, []string{"VI_2 deleted", "new INSTANCE VI_1 MASTER 100"}) {
		t.Errorf("told %q", got)
	}
	if err := d.stop(); err != nil {
		t.Error(err)
	}
}
