package bfd_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"director/bfd"
)

// pair runs a session between two nodes, and lets it come up.
func pair(t *testing.T, cfg bfd.Config) (f *fabric, a, b *node) {
	t.Helper()
	f = newFabric()
	ha, hb := f.host(a4), f.host(b4)
	a, b = run(t, ha, cfg), run(t, hb, mirror(cfg))
	time.Sleep(3 * time.Second)
	a.wantUp(true)
	b.wantUp(true)
	return f, a, b
}

func TestSetReports(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFabric()
		ha, hb := f.host(a4), f.host(b4)
		a := run(t, ha, config())
		if s := a.last(); !s.Known || s.Up || s.State != bfd.Down || s.Since.IsZero() {
			t.Errorf("begins %+v", s)
		}
		b := run(t, hb, mirror(config()))
		time.Sleep(3 * time.Second)
		a.wantUp(true)
		s := a.one()
		if s.DetectionTime != 150*time.Millisecond || s.TxInterval != 50*time.Millisecond || s.Polling ||
			s.RemoteDiscriminator != b.one().LocalDiscriminator || s.Ups != 1 || s.Downs != 0 || s.In == 0 || s.Out == 0 ||
			len(s.Drops) != 0 || s.Error != "" {
			t.Errorf("status %+v", s)
		}
		f.set(func() { f.cut = true })
		time.Sleep(160 * time.Millisecond)
		a.wantUp(false)
		b.wantUp(false)
		if s := a.one(); s.Diag != bfd.DiagTimeExpired || s.Downs != 1 || s.RemoteDiscriminator != 0 {
			t.Errorf("status %+v", s)
		}
		f.set(func() { f.cut = false })
		time.Sleep(3 * time.Second)
		a.wantUp(true)
		a.stop()
		b.stop()
	})
}

func TestSetStopIsNoFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, a, b := pair(t, config())
		begin := time.Now()
		a.stop()
		if took := time.Since(begin); took < 150*time.Millisecond || took > time.Second {
			t.Errorf("stopped after %v", took)
		}
		var adminDowns int
		f.set(func() { adminDowns = a.host.adminDowns })
		if adminDowns < 3 {
			t.Errorf("AdminDown sent %d times", adminDowns)
		}
		if s := b.last(); !s.Up || s.State != bfd.Down || s.Diag != bfd.DiagNeighborDown || s.RemoteDiag != bfd.DiagAdminDown {
			t.Errorf("the neighbor reported %+v", s)
		}
		for _, s := range a.reports {
			if s.State == bfd.AdminDown {
				t.Errorf("we reported our own end: %+v", s)
			}
		}
		time.Sleep(10 * time.Second)
		b.wantUp(true) // silence after a goodbye is no failure either
		b.stop()
	})
}

func TestSetConfigure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, a, b := pair(t, config())
		before := a.one()
		other := config()
		other.Name, other.Neighbor, other.Source = "other", a4.Next().Next(), a4
		changed := config()
		changed.Name, changed.MinTx, changed.MinRx = "renamed", 80*time.Millisecond, 20*time.Millisecond
		a.configure(changed, other)
		synctest.Wait()
		if s := a.set.Status(); len(s) != 2 || s[0].Name != "other" || s[1].Name != "renamed" {
			t.Fatalf("status %+v", s)
		}
		time.Sleep(time.Second)
		after := a.set.Status()[1]
		if after.LocalDiscriminator != before.LocalDiscriminator || !after.Since.Equal(before.Since) || after.Downs != 0 {
			t.Errorf("it was begun anew: %+v", after)
		}
		if after.Polling || after.TxInterval != 80*time.Millisecond || b.one().DetectionTime != 240*time.Millisecond {
			t.Errorf("not agreed on: %+v", after)
		}
		if bad := a.set.Configure([]bfd.Config{config(), {Name: "bad"}}); bad == nil || len(a.set.Status()) != 2 {
			t.Errorf("half applied: %v", bad)
		}
		// Removed and put back while it says goodbye: it ends before it begins.
		a.configure(other)
		synctest.Wait()
		a.configure(config(), other)
		time.Sleep(5 * time.Second)
		again := a.set.Status()[1]
		if again.LocalDiscriminator == before.LocalDiscriminator || again.State != bfd.Up {
			t.Errorf("put back: %+v", again)
		}
		b.wantUp(true)
		if s := b.one(); s.Downs != 1 || s.Diag != bfd.DiagNone {
			t.Errorf("the neighbor: %+v", s)
		}
		ports := map[uint16]bool{}
		f.set(func() {
			for _, p := range a.host.paths {
				ports[p.SourcePort] = true
				if p.SourcePort < 49152 {
					t.Errorf("source port %d", p.SourcePort)
				}
			}
		})
		if len(ports) < 2 {
			t.Errorf("source ports %v", ports)
		}
		a.configure()
		time.Sleep(time.Second)
		f.set(func() {
			if len(a.host.sockets) != 0 {
				t.Error("listens for nobody")
			}
		})
		a.stop()
		b.stop()
	})
}

func TestSetShowsErrorsAndTriesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFabric()
		ha, hb := f.host(a4), f.host(b4)
		f.set(func() { ha.listenErr, ha.dialErr = errTest, errTest })
		a, b := run(t, ha, config()), run(t, hb, mirror(config()))
		time.Sleep(10 * time.Second)
		if s := a.one(); !strings.Contains(s.Error, errTest.Error()) || s.SendErrors == 0 || s.Out != 0 {
			t.Errorf("status %+v", s)
		}
		f.set(func() {
			if ha.dials > 20 || ha.listens > 20 {
				t.Errorf("%d and %d tries in 10s", ha.dials, ha.listens)
			}
			ha.dialErr = nil
		})
		time.Sleep(3 * time.Second)
		if s := a.one(); !strings.Contains(s.Error, errTest.Error()) || s.Out == 0 {
			t.Errorf("cannot receive yet: %+v", s)
		}
		f.set(func() { ha.listenErr = nil })
		time.Sleep(3 * time.Second)
		if s := a.one(); s.Error != "" || s.State != bfd.Up {
			t.Errorf("status %+v", s)
		}
		f.set(func() { ha.sendErr = errTest })
		time.Sleep(time.Second)
		if s := a.one(); !strings.Contains(s.Error, errTest.Error()) {
			t.Errorf("status %+v", s)
		}
		f.set(func() { ha.sendErr = nil })
		time.Sleep(5 * time.Second)
		if s := a.one(); s.Error != "" || s.State != bfd.Up {
			t.Errorf("status %+v", s)
		}
		f.set(func() {
			for _, p := range ha.paths {
				if p.SourcePort != ha.paths[0].SourcePort {
					t.Errorf("the source port changed: %+v", ha.paths)
				}
			}
		})
		a.stop()
		b.stop()
	})
}

// A session that could not run hears what has arrived, or listens anew, before
// it calls the neighbor silent.
func TestSetStall(t *testing.T) {
	for _, lost := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			f := newFabric()
			ha, hb := f.host(a4), f.host(b4)
			patient := config()
			patient.Multiplier = 100 // the neighbor must not miss us
			a, b := run(t, ha, patient), run(t, hb, mirror(config()))
			time.Sleep(3 * time.Second)
			f.set(func() { ha.pause, f.cut = 2*time.Second, lost })
			time.Sleep(2 * time.Second)
			f.set(func() { f.cut = false })
			time.Sleep(time.Second)
			s := a.one()
			if s.State != bfd.Up || s.Downs != 0 || s.WorstLateness < time.Second {
				t.Errorf("packets lost %v: %+v", lost, s)
			}
			if lost && s.Stalls == 0 {
				t.Error("did not notice")
			}
			a.stop()
			b.stop()
		})
	}
}

// What waits in the socket is read before the neighbor is judged.
func TestSetDrains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, a, b := pair(t, config())
		f.set(func() { f.stuck = true })
		time.Sleep(5 * time.Second)
		if s := a.one(); s.State != bfd.Up || s.Downs != 0 || s.Stalls != 0 {
			t.Errorf("%+v", s)
		}
		a.stop()
		b.stop()
	})
}
