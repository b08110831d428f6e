package dataplane

import (
	"slices"
	"strings"
	"testing"
	"time"

	"director/internal/netif"
	"director/internal/track"
	"director/internal/wire"
	"director/vrrp"
)

// outOf gives the engine somebody to tell, and returns what was told.
func outOf(w *world) *wire.Mailbox[string, wire.Message] {
	box := wire.NewMailbox[string, wire.Message]()
	w.on(func(e *engine) { e.out = box })
	return box
}

// notices returns the states told, in order, and answers them.
func noticesIn(w *world, box *wire.Mailbox[string, wire.Message]) []string {
	var states []string
	for _, m := range box.Take() {
		if n := m.Notice; n != nil {
			states = append(states, n.Name+" "+n.State)
			w.on(func(e *engine) { e.noticed(n.Seq) })
		}
	}
	return states
}

// wantSet is wantLog where two instances have no order between them.
func wantSet(t *testing.T, w *world, want ...string) {
	t.Helper()
	got := w.took()
	slices.Sort(got)
	slices.Sort(want)
	sameStrings(t, got, want)
}

func TestHandover(t *testing.T) {
	bubble(t, "addresses are hidden at the successor's advert and go when it has announced them, services last", func(t *testing.T) {
		w := newWorld(t, nil)
		box := outOf(w)
		w.commit(instanceOf(100, "10.0.0.100", "10.0.0.101"), web("web", "10.0.0.100", 1))
		time.Sleep(masterDown)
		w.took()
		w.on(func(e *engine) { e.askHandover(wire.Handover{Seq: 7, Instance: "VI_1"}) })
		time.Sleep(time.Second / 2)
		w.advertise(200)
		time.Sleep(20 * time.Millisecond)
		wantLog(t, w, "advert 1", "silence", "hide 10.0.0.100", "hide 10.0.0.101")
		w.heard("10.0.0.101")
		time.Sleep(100 * time.Millisecond)
		wantLog(t, w, "unhide 10.0.0.101")
		w.advertiseFor(2*time.Second, 200)
		wantLog(t, w, "unhide 10.0.0.100", "ipvs -D -t 10.0.0.100:80")
		var answer *wire.HandoverAnswer
		for _, m := range box.Take() {
			if m.Answer != nil {
				answer = m.Answer
			}
		}
		if answer == nil || !answer.Done || answer.Seq != 7 || answer.Text != "VI_1 is MASTER on 10.0.0.9 now" {
			t.Errorf("answer %+v", answer)
		}
	})
	bubble(t, "one that was announced before it is hidden is hidden all the same", func(t *testing.T) {
		w := newWorld(t, nil)
		w.commit(instanceOf(100, "10.0.0.100"))
		time.Sleep(masterDown)
		w.took()
		w.on(func(e *engine) { e.handOver(e.instances[0], vrrp.Backup, true) })
		time.Sleep(time.Second / 2)
		w.heard("10.0.0.100")
		w.advertise(200)
		time.Sleep(200 * time.Millisecond)
		wantLog(t, w, "advert 1", "silence", "hide 10.0.0.100", "unhide 10.0.0.100")
	})
}

func TestHandoverWithoutSuccessor(t *testing.T) {
	bubble(t, "nobody takes over: it stays, and says why", func(t *testing.T) {
		w := newWorld(t, nil)
		box := outOf(w)
		w.commit(instanceOf(100, "10.0.0.100"))
		time.Sleep(masterDown)
		w.took()
		w.on(func(e *engine) { e.askHandover(wire.Handover{Seq: 1, Instance: "VI_1"}) })
		time.Sleep(8 * time.Second)
		wantLog(t, w, "advert 1", "advert 0", "advert 100")
		for _, m := range box.Take() {
			if m.Answer != nil && (m.Answer.Done || m.Answer.Text != "VI_1 stays MASTER here: nobody took over") {
				t.Errorf("answer %+v", m.Answer)
			}
		}
	})
	bubble(t, "a successor that dies at once: addresses come back without a gap", func(t *testing.T) {
		w := newWorld(t, nil)
		w.commit(instanceOf(100, "10.0.0.100"))
		time.Sleep(masterDown)
		w.on(func(e *engine) { e.handOver(e.instances[0], vrrp.Backup, true) })
		time.Sleep(time.Second / 2)
		w.advertise(200)
		time.Sleep(10 * time.Millisecond)
		w.took()
		w.advertise(0) // within the linger; the skew is 0.6 s
		time.Sleep(time.Second)
		wantLog(t, w, "advert 100", "reveal 10.0.0.100", "announce 10.0.0.100", "schedule 1")
	})
	bubble(t, "a stop hands over, a second one ends it", func(t *testing.T) {
		w := newWorld(t, nil)
		hurry := make(chan struct{}, 1)
		w.on(func(e *engine) { e.hurry = hurry })
		w.commit(instanceOf(100, "10.0.0.100"))
		time.Sleep(masterDown)
		w.took()
		begun := time.Now()
		w.cancel()
		time.Sleep(time.Second)
		hurry <- struct{}{}
		<-w.ended
		if d := time.Since(begun); d > 1100*time.Millisecond {
			t.Errorf("it took %v", d)
		}
		wantLog(t, w, "advert 1", "advert 0", "silence", "delete 10.0.0.100/24")
	})
}

// second makes VI_2 on the same segment, with another VRID.
func second(priority uint8, vip string) wire.Instance {
	i := instanceOf(priority, vip)[0]
	i.VRRP.Name, i.VRRP.VRID = "VI_2", 52
	return i
}

func TestSyncGroup(t *testing.T) {
	both := func(w *world) []wire.Instance {
		a, b := instanceOf(100, "10.0.0.100")[0], second(100, "10.0.0.200")
		a.VRRP.Grouped, b.VRRP.Grouped = true, true
		return []wire.Instance{a, b}
	}
	group := []wire.Group{{Name: "G", Members: []string{"VI_1", "VI_2"}}}
	bubble(t, "members become master together, and yield together", func(t *testing.T) {
		w := newWorld(t, nil)
		box := outOf(w)
		w.commitGroups(both(w), group)
		w.advertiseFor(5*time.Second, 200) // VI_1's master lives; VI_2 has none
		wantLog(t, w)
		time.Sleep(masterDown)
		wantSet(t, w, "advert 100", "add 10.0.0.100/24", "announce 10.0.0.100", "schedule 1",
			"add 10.0.0.200/24", "announce 10.0.0.200", "schedule 1")
		w.advertiseFor(2*time.Second, 200)
		wantSet(t, w, "silence", "hide 10.0.0.100", "unhide 10.0.0.100", "silence", "hide 10.0.0.200", "unhide 10.0.0.200")
		got := noticesIn(w, box)
		for n, of := range map[string][]string{
			"VI_1": {"VI_1 BACKUP", "VI_1 MASTER", "VI_1 BACKUP"}, "VI_2": {"VI_2 BACKUP", "VI_2 MASTER", "VI_2 BACKUP"},
			"G": {"G BACKUP", "G MASTER", "G BACKUP"},
		} {
			sameStrings(t, slices.DeleteFunc(slices.Clone(got), func(s string) bool { return !strings.HasPrefix(s, n+" ") }), of)
		}
	})
	bubble(t, "the fault of one is the fault of all", func(t *testing.T) {
		w := newWorld(t, nil)
		members := both(w)
		members[1].Tracks = []track.Use{{ID: track.ID{Kind: track.Script, Name: "chk"}}}
		w.commitGroups(members, group)
		time.Sleep(masterDown)
		w.took()
		w.on(func(e *engine) {
			e.tellTracker(wire.Tracker{ID: track.ID{Kind: track.Script, Name: "chk"}, State: track.State{Known: true}})
		})
		time.Sleep(50 * time.Millisecond)
		wantSet(t, w, "advert 0", "silence", "delete 10.0.0.200/24", "silence", "delete 10.0.0.100/24")
		w.on(func(e *engine) {
			e.tellTracker(wire.Tracker{ID: track.ID{Kind: track.Script, Name: "chk"}, State: track.State{Known: true, Up: true}})
		})
		time.Sleep(masterDown)
		wantSet(t, w, "advert 100", "add 10.0.0.100/24", "announce 10.0.0.100", "schedule 1",
			"add 10.0.0.200/24", "announce 10.0.0.200", "schedule 1")
	})
}

func TestTrackers(t *testing.T) {
	chk := track.ID{Kind: track.Script, Name: "chk"}
	say := func(w *world, s track.State) {
		w.on(func(e *engine) { e.tellTracker(wire.Tracker{ID: chk, State: s}) })
		time.Sleep(10 * time.Millisecond)
	}
	tracking := func(id track.ID, weight int) []wire.Instance {
		i := instanceOf(100, "10.0.0.100")
		i[0].Tracks = []track.Use{{ID: id, Weight: weight}}
		return i
	}
	bubble(t, "an instance waits for the first run of a script without weight", func(t *testing.T) {
		w := newWorld(t, nil)
		w.on(func(e *engine) {
			e.tellTracker(wire.Tracker{ID: chk, State: track.State{Pending: true}})
		})
		w.commit(tracking(chk, 0))
		time.Sleep(2 * masterDown)
		wantLog(t, w)
		say(w, track.State{Known: true, Up: true})
		time.Sleep(masterDown)
		wantLog(t, w, "advert 100", "add 10.0.0.100/24", "announce 10.0.0.100", "schedule 1")
	})
	bubble(t, "a weight changes what adverts say", func(t *testing.T) {
		w := newWorld(t, nil)
		w.commit(tracking(chk, -30))
		time.Sleep(masterDown)
		w.took()
		say(w, track.State{Known: true})
		time.Sleep(time.Second)
		wantLog(t, w, "advert 70")
	})
	bubble(t, "an interface that goes down is a fault at once, or after its delay", func(t *testing.T) {
		w := newWorld(t, nil)
		w.mu.Lock()
		w.links["eth1"] = netif.Link{Name: "eth1", Index: 2, Up: true}
		w.mu.Unlock()
		w.event(netif.Resync{})
		w.commit(tracking(track.ID{Kind: track.Interface, Name: "eth1"}, 0))
		time.Sleep(masterDown)
		w.took()
		w.on(func(e *engine) {
			e.setDelays([]wire.InterfaceDelay{{Interface: "eth1", Down: time.Second, Up: 2 * time.Second}})
		})
		w.event(netif.LinkChanged{Link: netif.Link{Name: "eth1", Index: 2}})
		time.Sleep(900 * time.Millisecond)
		wantLog(t, w, "advert 100")
		time.Sleep(200 * time.Millisecond)
		wantLog(t, w, "advert 0", "silence", "delete 10.0.0.100/24")
		w.event(netif.LinkChanged{Link: netif.Link{Name: "eth1", Index: 2, Up: true}})
		time.Sleep(masterDown)
		wantLog(t, w)
		time.Sleep(2 * time.Second)
		wantLog(t, w, "advert 100", "add 10.0.0.100/24", "announce 10.0.0.100", "schedule 1")
	})
	bubble(t, "a service's loss without weight is a handover; when nobody is there the master stays, at priority 1", func(t *testing.T) {
		w := newWorld(t, nil)
		vs := track.ID{Kind: track.VirtualServer, Name: "web"}
		w.commit(tracking(vs, 0))
		time.Sleep(masterDown)
		w.took()
		w.on(func(e *engine) { e.tellTracker(wire.Tracker{ID: vs, State: track.State{Known: true}}) })
		time.Sleep(8 * time.Second)
		wantLog(t, w, "advert 1", "advert 0")
		w.on(func(e *engine) {
			if r := e.instances[0].role; r != vrrp.Master {
				t.Errorf("%v", r)
			}
		})
	})
}

func TestRoutesAndRules(t *testing.T) {
	routed := func() []wire.Instance {
		i := instanceOf(100, "10.0.0.100")
		i[0].Routes = []netif.Route{{Dest: netPrefix("10.9.0.0/16")}}
		i[0].Rules = []netif.Rule{{Preference: 100, From: netPrefix("10.0.0.100/32")}}
		return i
	}
	bubble(t, "they come after the addresses and go before them", func(t *testing.T) {
		w := newWorld(t, nil)
		w.commit(routed())
		time.Sleep(masterDown)
		wantLog(t, w, "advert 100", "add 10.0.0.100/24", "announce 10.0.0.100", "schedule 1", "add route 10.9.0.0/16", "add rule 100")
		w.advertiseFor(2*time.Second, 200)
		wantLog(t, w, "silence", "hide 10.0.0.100", "unhide 10.0.0.100", "delete rule 100", "delete route 10.9.0.0/16")
	})
	bubble(t, "what the kernel drops without a word is put back", func(t *testing.T) {
		w := newWorld(t, nil)
		w.commit(routed())
		time.Sleep(masterDown)
		w.took()
		w.mu.Lock()
		clear(w.routes)
		w.mu.Unlock()
		w.event(netif.LinkChanged{Link: netif.Link{Name: "eth0", Index: 1, Up: true}})
		time.Sleep(50 * time.Millisecond)
		wantLog(t, w, "add route 10.9.0.0/16")
	})
	bubble(t, "static ones are there whatever the role is, until the end", func(t *testing.T) {
		w := newWorld(t, nil)
		w.commitAll(wire.Begin{
			Instances: instanceOf(100, "10.0.0.100"),
			Static:    wire.Static{Addresses: []netif.Address{{Key: netif.Key{Interface: "eth0", Prefix: netPrefix("10.0.0.50/24")}}}, Routes: []netif.Route{{Dest: netPrefix("10.8.0.0/16")}}},
		})
		wantLog(t, w, "add 10.0.0.50/24", "add route 10.8.0.0/16")
		w.advertiseFor(5*time.Second, 200)
		w.stop()
		wantLog(t, w, "delete route 10.8.0.0/16", "delete 10.0.0.50/24")
	})
}

func TestVirtualMAC(t *testing.T) {
	bubble(t, "the interface comes before everything and goes after everything", func(t *testing.T) {
		w := newWorld(t, nil)
		i := instanceOf(100, "10.0.0.100")
		i[0].Link = netif.VirtualLink{Name: "vrrp.51", Parent: "eth0", MAC: "00:00:5e:00:01:33", IPv4: true}
		i[0].Addresses[0].Interface = "vrrp.51"
		i[0].Refuse = true
		w.commit(i)
		time.Sleep(masterDown)
		wantLog(t, w, "refuse quiet:vrrp.51", "make vrrp.51", "advert 100", "refuse VI_1:1 quiet:vrrp.51", "add 10.0.0.100/24", "announce 10.0.0.100", "schedule 1")
		w.stop()
		wantSet(t, w, "advert 1", "advert 0", "silence", "delete 10.0.0.100/24", "drop vrrp.51",
			"refuse quiet:vrrp.51", "refuse")
	})
}

func TestNoticesOutliveControl(t *testing.T) {
	bubble(t, "a role that changed while there was no control is told when it is back", func(t *testing.T) {
		w := newWorld(t, nil)
		w.commit(instanceOf(100, "10.0.0.100"))
		time.Sleep(masterDown)
		box := outOf(w)
		w.on(func(e *engine) { e.retell() })
		sameStrings(t, noticesIn(w, box), []string{"VI_1 BACKUP", "VI_1 MASTER"})
		w.on(func(e *engine) { e.retell() })
		for _, m := range box.Take() {
			if n := m.Notice; n != nil && (!n.Known || n.State != "MASTER") {
				t.Errorf("told again: %+v", n)
			}
		}
	})
	bubble(t, "many changes are dropped from the oldest on, the last arrives", func(t *testing.T) {
		w := newWorld(t, nil)
		w.commit(instanceOf(100, "10.0.0.100"))
		for range 20 {
			time.Sleep(masterDown)
			w.advertiseFor(2*time.Second, 200)
		}
		box := outOf(w)
		w.on(func(e *engine) { e.retell() })
		got := noticesIn(w, box)
		if len(got) != noticesAtMost || got[len(got)-1] != "VI_1 BACKUP" {
			t.Errorf("%d: %v", len(got), got)
		}
	})
}
