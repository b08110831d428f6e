package dataplane

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"director/internal/netif"
	"director/internal/wire"
	"director/vrrp"
)

// masterDown is the time after which VI_1 takes over from a dead master.
const masterDown = 4 * time.Second

// bubble runs a test in virtual time.
func bubble(t *testing.T, name string, f func(t *testing.T)) {
	t.Run(name, func(t *testing.T) { synctest.Test(t, f) })
}

func wantLog(t *testing.T, w *world, want ...string) {
	t.Helper()
	if d := cmp.Diff(want, w.took()); d != "" {
		t.Errorf("what reached the outside (-want +got):\n%s", d)
	}
}

func TestOrder(t *testing.T) {
	bubble(t, "a new master advertises, then takes address by address, fewest servers first, marks before all", func(t *testing.T) {
		w := newWorld(t, func(w *world) { w.opTime = time.Millisecond })
		w.commit(instanceOf(100, "10.0.0.100", "10.0.0.101"),
			web("big", "10.0.0.100", 2), web("small", "10.0.0.101", 1), marked("mark", 7))
		time.Sleep(masterDown)
		wantLog(t, w, "advert 100",
			"ipvs -A -f 7", "ipvs -a -f 7 -r 10.1.0.0:80",
			"ipvs -A -t 10.0.0.101:80", "ipvs -a -t 10.0.0.101:80 -r 10.1.0.0:80",
			"add 10.0.0.101/24", "announce 10.0.0.101",
			"ipvs -A -t 10.0.0.100:80", "ipvs -a -t 10.0.0.100:80 -r 10.1.0.0:80", "ipvs -a -t 10.0.0.100:80 -r 10.1.0.1:80",
			"add 10.0.0.100/24", "announce 10.0.0.100", "schedule 2")
	})
	bubble(t, "a master that leaves asks for a successor, says so, lets go of the addresses, then of the services", func(t *testing.T) {
		w := newWorld(t, nil)
		w.commit(instanceOf(100, "10.0.0.100"), web("web", "10.0.0.100", 1))
		time.Sleep(masterDown)
		w.took()
		w.stop()
		wantLog(t, w, "advert 1", "advert 0", "silence", "delete 10.0.0.100/24", "ipvs -D -t 10.0.0.100:80")
	})
	bubble(t, "a backup holds nothing, but what is always programmed", func(t *testing.T) {
		w := newWorld(t, nil)
		always := web("always", "10.0.0.200", 1)
		always.Instance = ""
		w.commit(instanceOf(100, "10.0.0.100"), web("web", "10.0.0.100", 1), always)
		w.advertiseFor(10*time.Second, 200)
		wantLog(t, w, "ipvs -A -t 10.0.0.200:80", "ipvs -a -t 10.0.0.200:80 -r 10.1.0.0:80")
	})
	bubble(t, "a service with a server on this machine follows the address", func(t *testing.T) {
		w := newWorld(t, nil)
		p := web("web", "10.0.0.100", 1)
		p.Service.Servers[0].Address = netAddrPort("10.0.0.2:80")
		w.commit(instanceOf(100, "10.0.0.100"), p)
		time.Sleep(masterDown)
		log := w.took()
		if add, svc := slices.Index(log, "add 10.0.0.100/24"), slices.Index(log, "ipvs -A -t 10.0.0.100:80"); add < 0 || svc < add {
			t.Errorf("order: %q", log)
		}
	})
}

func TestPreemptingALivingMaster(t *testing.T) {
	bubble(t, "services are complete before the advert at which the old master lets go", func(t *testing.T) {
		w := newWorld(t, func(w *world) { w.opTime = 10 * time.Millisecond })
		go w.advertiseFor(20*time.Second, 50)
		w.commit(instanceOf(100, "10.0.0.100"), web("web", "10.0.0.100", 500)) // 5 s: longer than the timer
		time.Sleep(10 * time.Second)
		log := w.took()
		advert := slices.Index(log, "advert 100")
		last := slices.IndexFunc(log, func(l string) bool { return strings.HasSuffix(l, "-r 10.1.1.243:80") })
		if advert < 0 || last < 0 || advert < last {
			t.Errorf("advert at %d, last server at %d of %d lines", advert, last, len(log))
		}
		if add := slices.Index(log, "add 10.0.0.100/24"); add < advert {
			t.Errorf("address at %d, advert at %d", add, advert)
		}
		time.Sleep(10 * time.Second)
	})
	bubble(t, "a preemption that is called off takes the services away again", func(t *testing.T) {
		w := newWorld(t, nil)
		w.commit(instanceOf(100, "10.0.0.100"), web("web", "10.0.0.100", 1))
		w.advertiseFor(2*time.Second, 50)
		wantLog(t, w, "ipvs -A -t 10.0.0.100:80", "ipvs -a -t 10.0.0.100:80 -r 10.1.0.0:80")
		w.advertiseFor(2*time.Second, 200)
		wantLog(t, w, "ipvs -D -t 10.0.0.100:80")
	})
}

func TestKernelSaysNo(t *testing.T) {
	bubble(t, "a refused service carries its error, the address and the others go on, and it is tried again", func(t *testing.T) {
		w := newWorld(t, func(w *world) { w.kernel.Without("twos") })
		bad := web("bad", "10.0.0.100", 1)
		bad.Service.Scheduler = "twos"
		good := web("good", "10.0.0.100", 1)
		good.Service.Address = netAddrPort("10.0.0.100:81")
		w.commit(instanceOf(100, "10.0.0.100"), bad, good)
		time.Sleep(masterDown)
		log := w.took()
		if !slices.Contains(log, "add 10.0.0.100/24") || !slices.Contains(log, "ipvs -A -t 10.0.0.100:81") {
			t.Errorf("the rest did not go on: %q", log)
		}
		w.on(func(e *engine) {
			if st := e.serviceState(e.serviceNamed("bad")); st.Programmed || st.Error == "" || st.Why != "refused by the kernel" {
				t.Errorf("state of the refused service: %+v", st)
			}
			if st := e.serviceState(e.serviceNamed("good")); !st.Programmed {
				t.Errorf("state of the other service: %+v", st)
			}
		})
		time.Sleep(time.Minute)
		if n := strings.Count(strings.Join(w.took(), "\n"), "ipvs -A -t 10.0.0.100:80: refused"); n < 3 || n > 7 {
			t.Errorf("tried %d times in the next minute, want some with growing pauses", n)
		}
	})
	bubble(t, "without IPVS the address moves all the same, and services come when IPVS does", func(t *testing.T) {
		w := newWorld(t, func(w *world) { w.noIPVS = errRefused })
		w.commit(instanceOf(100, "10.0.0.100"), web("web", "10.0.0.100", 1))
		time.Sleep(masterDown)
		wantLog(t, w, "advert 100", "add 10.0.0.100/24", "announce 10.0.0.100", "schedule 1")
		w.mu.Lock()
		w.noIPVS = nil
		w.mu.Unlock()
		time.Sleep(5 * time.Second) // the fourth try, 7 s after the start
		wantLog(t, w, "advert 100", "ipvs -A -t 10.0.0.100:80", "ipvs -a -t 10.0.0.100:80 -r 10.1.0.0:80")
	})
	bubble(t, "an instance that can bring up none of its addresses advertises no black hole", func(t *testing.T) {
		w := newWorld(t, func(w *world) { w.fail[netAddr("10.0.0.100")] = errRefused })
		w.commit(instanceOf(100, "10.0.0.100"))
		time.Sleep(masterDown)
		w.on(func(e *engine) {
			if got := e.instances[0].role; got != vrrp.Fault {
				t.Errorf("role = %v, want FAULT", got)
			}
		})
		w.mu.Lock()
		delete(w.fail, netAddr("10.0.0.100"))
		w.mu.Unlock()
		time.Sleep(firstDark + 2*masterDown)
		w.on(func(e *engine) {
			if got := e.instances[0].role; got != vrrp.Master {
				t.Errorf("role after the cause has gone = %v, want MASTER", got)
			}
		})
	})
}

func TestDrift(t *testing.T) {
	settle := func(w *world) {
		w.commit(instanceOf(100, "10.0.0.100"), web("web", "10.0.0.100", 2))
		time.Sleep(masterDown)
		w.took()
	}
	bubble(t, "a service that somebody removed is back within a second", func(t *testing.T) {
		w := newWorld(t, nil)
		settle(w)
		w.kernel.Set()
		time.Sleep(time.Second)
		wantLog(t, w, "advert 100", "ipvs -A -t 10.0.0.100:80", "ipvs -a -t 10.0.0.100:80 -r 10.1.0.0:80", "ipvs -a -t 10.0.0.100:80 -r 10.1.0.1:80")
		w.on(func(e *engine) {
			if e.repairs != (wire.Repairs{Services: 1}) {
				t.Errorf("repairs = %+v", e.repairs)
			}
		})
	})
	bubble(t, "a server that somebody removed is back within ten seconds", func(t *testing.T) {
		w := newWorld(t, nil)
		settle(w)
		less := web("web", "10.0.0.100", 1).Service
		w.kernel.Set(less)
		time.Sleep(10 * time.Second)
		wantLog(t, w, "advert 100", "ipvs -a -t 10.0.0.100:80 -r 10.1.0.1:80")
	})
	bubble(t, "an address that somebody removed is put back at once and announced", func(t *testing.T) {
		w := newWorld(t, nil)
		settle(w)
		key := netif.Key{Interface: "eth0", Prefix: netPrefix("10.0.0.100/24")}
		w.mu.Lock()
		delete(w.addrs, key)
		w.mu.Unlock()
		w.event(netif.AddressGone{Key: key})
		wantLog(t, w, "add 10.0.0.100/24", "announce 10.0.0.100")
	})
	bubble(t, "an address of somebody else that equals a virtual one is left alone", func(t *testing.T) {
		w := newWorld(t, func(w *world) { w.have("10.0.0.100/24", false) })
		settle(w)
		w.on(func(e *engine) {
			if got := e.instances[0].addrs[0].state; got != foreign {
				t.Errorf("state = %v, want foreign", got)
			}
		})
		w.stop()
		if log := w.took(); slices.Contains(log, "delete 10.0.0.100/24") {
			t.Errorf("it was deleted: %q", log)
		}
	})
	bubble(t, "a service of somebody else is left alone by a backup and taken over by a master", func(t *testing.T) {
		w := newWorld(t, func(w *world) { w.kernel.Set(web("", "10.0.0.100", 1).Service, web("", "10.0.0.77", 1).Service) })
		go w.advertiseFor(5*time.Second, 200)
		w.commit(instanceOf(100, "10.0.0.100"), web("web", "10.0.0.100", 2))
		time.Sleep(4 * time.Second)
		wantLog(t, w)
		time.Sleep(2 * masterDown)
		w.on(func(e *engine) {
			if s := e.serviceNamed("web"); !s.takenOver || !s.present {
				t.Errorf("taken over = %v, present = %v", s.takenOver, s.present)
			}
		})
		w.stop()
		if left, _ := w.kernel.Services(t.Context()); len(left) != 1 || left[0].Address.Addr() != netAddr("10.0.0.77") {
			t.Errorf("left in the kernel: %v", left)
		}
	})
}
