package dataplane

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"director/internal/netif"
	"director/internal/wire"
	"director/ipvs"
)

func TestReload(t *testing.T) {
	bubble(t, "what did not change is not touched; a renamed service keeps its entry", func(t *testing.T) {
		w := newWorld(t, nil)
		w.commit(instanceOf(100, "10.0.0.100"), web("web", "10.0.0.100", 1))
		time.Sleep(masterDown)
		w.took()
		w.commit(instanceOf(100, "10.0.0.100"), web("shop", "10.0.0.100", 2))
		wantLog(t, w, "ipvs -a -t 10.0.0.100:80 -r 10.1.0.1:80")
	})
	bubble(t, "new addresses come before old ones go, services of a removed address go last", func(t *testing.T) {
		w := newWorld(t, nil)
		w.commit(instanceOf(100, "10.0.0.100"), web("web", "10.0.0.100", 1))
		time.Sleep(masterDown)
		w.took()
		w.commit(instanceOf(100, "10.0.0.101"), web("web", "10.0.0.101", 1))
		got := slices.DeleteFunc(w.took(), func(l string) bool { return strings.HasPrefix(l, "announce") || strings.HasPrefix(l, "schedule") })
		want := []string{
			"ipvs -A -t 10.0.0.101:80", "ipvs -a -t 10.0.0.101:80 -r 10.1.0.0:80", "add 10.0.0.101/24", "delete 10.0.0.100/24",
			"ipvs -D -t 10.0.0.100:80",
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	})
	bubble(t, "an instance that is no longer configured leaves like one that stops", func(t *testing.T) {
		w := newWorld(t, nil)
		w.commit(instanceOf(100, "10.0.0.100"), web("web", "10.0.0.100", 1))
		time.Sleep(masterDown)
		w.took()
		w.commit(nil)
		wantLog(t, w, "advert 0", "silence", "delete 10.0.0.100/24", "ipvs -D -t 10.0.0.100:80")
		w.on(func(e *engine) {
			if len(e.instances)+len(e.services)+len(e.runners) != 0 {
				t.Errorf("left: %d instances, %d services, %d runners", len(e.instances), len(e.services), len(e.runners))
			}
		})
	})
	bubble(t, "a delta changes servers and nothing else", func(t *testing.T) {
		w := newWorld(t, nil)
		w.commit(instanceOf(100, "10.0.0.100"), web("web", "10.0.0.100", 2))
		time.Sleep(masterDown)
		w.took()
		gone := web("", "10.0.0.100", 1).Service.Servers[0].ServerKey
		w.on(func(e *engine) {
			e.commit(&change{begin: wire.Begin{Generation: 2}, deltas: []wire.Delta{{Name: "web", Delete: []ipvs.ServerKey{gone}}}})
		})
		wantLog(t, w, "ipvs -d -t 10.0.0.100:80 -r 10.1.0.0:80")
		w.on(func(e *engine) {
			if e.generation != 2 || e.inKernel != 2 {
				t.Errorf("generation %d, in the kernel %d, want 2", e.generation, e.inKernel)
			}
		})
	})
}

func TestAddressesOfAMaster(t *testing.T) {
	bubble(t, "an address with new parameters is ours until it has them, and goes with the role", func(t *testing.T) {
		w := newWorld(t, func(w *world) { w.opTime = 10 * time.Millisecond })
		w.commit(instanceOf(100, "10.0.0.100"), web("web", "10.0.0.100", 1))
		time.Sleep(masterDown)
		labelled := instanceOf(100, "10.0.0.100")
		labelled[0].Addresses[0].Label = "eth0:new"
		// The address waits for the new servers.
		w.commit(labelled, web("web", "10.0.0.100", 100))
		w.took()
		w.advertise(200)
		time.Sleep(time.Millisecond)
		if log := w.took(); !slices.Contains(log, "hide 10.0.0.100") {
			t.Errorf("a backup keeps its address: %q", log)
		}
	})
	bubble(t, "an address that moved with the name of its interface goes", func(t *testing.T) {
		w := newWorld(t, nil)
		w.commit(instanceOf(100, "10.0.0.100"))
		time.Sleep(masterDown)
		w.took()
		w.mu.Lock()
		p := w.have("10.0.0.100/24", true)
		delete(w.addrs, p.Key)
		p.Interface = "other0"
		w.addrs[p.Key] = p
		w.mu.Unlock()
		w.event(netif.Resync{})
		got := slices.DeleteFunc(w.took(), func(l string) bool { return strings.HasPrefix(l, "announce") })
		if want := []string{"add 10.0.0.100/24", "delete 10.0.0.100/24"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		if _, there := w.addrs[p.Key]; there || len(w.addrs) != 2 {
			t.Errorf("on the machine: %v", w.addrs)
		}
	})
}

func TestNobodyListens(t *testing.T) {
	bubble(t, "what was still to be told when control died keeps the engine from nothing", func(t *testing.T) {
		w := newWorld(t, nil)
		w.commit(instanceOf(100, "10.0.0.100"), web("web", "10.0.0.100", 1))
		w.on(func(e *engine) { e.greet(wire.NewMailbox[string, wire.Message](), 0) })
		w.on(func(*engine) {}) // within the pause between two reports
		w.on(func(e *engine) { e.out = nil })
		// An engine that turned round and round would let no time pass.
		time.Sleep(10 * time.Second)
	})
}
