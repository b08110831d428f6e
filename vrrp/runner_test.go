package vrrp_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"director/vrrp"
)

var (
	mine   = netip.MustParseAddr("192.0.2.2")
	others = netip.MustParseAddr("192.0.2.1")
	group  = vrrp.GroupIPv4
)

func runnerConfig() vrrp.Config {
	return vrrp.Config{
		Name: "test", Interface: "eth0", Family: vrrp.IPv4, Version: 3, VRID: 51, Priority: 100,
		AdvertInt: time.Second, Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.50")},
	}
}

// rig is one Runner with everything around it recorded.
type rig struct {
	*vrrp.Runner
	log      bytes.Buffer // read after Run
	mu       sync.Mutex   // guards what follows
	roles    []string
	prepares []bool
	sent     []time.Time
	send     func() error

	// What else the Runner calls; set before it can.
	drain      func()
	unprepared func()
}

func newRig(cfg vrrp.Config) *rig {
	g := &rig{drain: func() {}, send: func() error { return nil }, unprepared: func() {}}
	g.Runner = vrrp.NewRunner(cfg, g, slog.New(slog.NewTextHandler(&g.log, nil)))
	return g
}

func (g *rig) RoleChanged(c vrrp.RoleChange) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.roles = append(g.roles, fmt.Sprintf("%v: %s", c.To, c.Reason))
}

func (g *rig) Prepare(_ vrrp.Key, on bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.prepares = append(g.prepares, on)
	if !on {
		g.unprepared()
	}
}

func (g *rig) Announce(vrrp.Key)       {}
func (g *rig) Wish(vrrp.Key, bool)     {}
func (g *rig) Stayed(vrrp.Key, string) {}

func (g *rig) Drain() { g.drain() }

func (g *rig) Send(_, _ netip.Addr, _ []byte) error {
	g.mu.Lock()
	g.sent = append(g.sent, time.Now())
	send := g.send
	g.mu.Unlock()
	return send()
}

// sendTakes makes one Send take that long.
func (g *rig) sendTakes(d time.Duration) {
	g.onSend(func() error {
		g.onSend(func() error { return nil })
		time.Sleep(d)
		return nil
	})
}

func (g *rig) onSend(f func() error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.send = f
}

// run runs the Runner during body and ends it after.
func (g *rig) run(body func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		g.Run(ctx)
	}()
	synctest.Wait()
	body()
	cancel()
	<-done
}

func (g *rig) wantRoles(t *testing.T, want ...string) {
	t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	if got := strings.Join(g.roles, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("roles:\n%s\nwant:\n%s", got, strings.Join(want, "\n"))
	}
}

// advert is what a socket delivers of another router.
func advert(priority uint8, change func(*vrrp.Packet)) *vrrp.Received {
	return advertFrom(others, group, priority, change)
}

func advertFrom(src, dst netip.Addr, priority uint8, change func(*vrrp.Packet)) *vrrp.Received {
	p := vrrp.Packet{Version: 3, VRID: 51, Priority: priority, Interval: time.Second, Addresses: runnerConfig().Addresses}
	if change != nil {
		change(&p)
	}
	b, err := p.Append(nil, src, dst, vrrp.ChecksumPseudoHeader)
	if err != nil {
		panic(err)
	}
	return &vrrp.Received{Payload: b, Protocol: vrrp.ProtocolVRRP, Src: src, Dst: dst, TTL: 255, At: time.Now()}
}

func sleep(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestCommandsBeforeRunAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(runnerConfig())
		g.SetTransport(g, mine)
		g.SetPriority(200)
		g.SetFault("link down", true)
		g.SetFault("no address", true)
		g.SetFault("no address", false)
		g.run(func() {
			g.wantRoles(t, "FAULT: link down")
			if s := g.Status(); s.Priority != 200 || s.Source != mine || len(s.Faults) != 1 {
				t.Errorf("status %+v", s)
			}
			g.SetFault("link down", false)
			sleep(3*time.Second + time.Second*56/256)
			g.wantRoles(t, "FAULT: link down", "BACKUP: fault cleared", "MASTER: no advert for 3.2188s")
		})
	})
}

func TestFaultThatComesAndGoesUnseenIsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(runnerConfig())
		g.SetFault("link down", true)
		g.SetFault("link down", false)
		g.run(func() { g.wantRoles(t, "BACKUP: start") })
	})
}

func TestEverythingMayBeCalledAfterRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(runnerConfig())
		g.run(func() {})
		for range 1000 {
			g.Deliver(advert(200, nil))
			g.SetFault("x", true)
			g.SetPriority(3)
			g.Prepared()
			g.SetTransport(nil, netip.Addr{})
			g.Reconfigure(runnerConfig())
		}
		if s := g.Status(); s.Role != vrrp.Init || len(s.Drops) != 0 {
			t.Errorf("status %+v", s)
		}
	})
}

func TestAdvertsFromBeforeTheStartSayNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(runnerConfig())
		g.Deliver(advert(200, nil))
		g.run(func() {
			if s := g.Status(); s.Received != 0 || s.Master.IsValid() {
				t.Errorf("status %+v", s)
			}
		})
	})
}

func TestOneLateAdvertDoesNotMoveTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(runnerConfig())
		g.SetTransport(g, mine)
		g.run(func() {
			sleep(3610 * time.Millisecond) // the first advert was at 3.609375 s
			g.sendTakes(300 * time.Millisecond)
			sleep(3 * time.Second)
			g.mu.Lock()
			defer g.mu.Unlock()
			for i, want := range []time.Duration{0, time.Second, 2 * time.Second, 3 * time.Second} {
				if i >= len(g.sent) || g.sent[i].Sub(g.sent[0]) != want {
					t.Fatalf("adverts at %v", g.sent)
				}
			}
		})
		if got := g.Status().WorstLateness; got != 300*time.Millisecond {
			t.Errorf("worst lateness %v, want 300ms", got)
		}
	})
}

func TestAStalledMasterSendsNoBurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(runnerConfig())
		g.SetTransport(g, mine)
		g.run(func() {
			sleep(3610 * time.Millisecond)
			g.sendTakes(5500 * time.Millisecond)
			sleep(8 * time.Second)
			g.mu.Lock()
			defer g.mu.Unlock()
			// 3.6, 4.6 (until 10.1); then it listens for 1.6 s before it says more.
			if n := len(g.sent); n != 2 {
				t.Errorf("%d adverts at %v", n, g.sent)
			}
		})
	})
}

func TestAStalledMasterThatGivesWayWasLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(runnerConfig())
		g.SetTransport(g, mine)
		g.run(func() {
			sleep(3610 * time.Millisecond)
			g.drain = func() {
				sleep(5 * time.Second)
				g.Deliver(advert(50, nil))
			}
			sleep(7 * time.Second)
			if s := g.Status(); s.Role != vrrp.Backup || s.WorstLateness != 5*time.Second {
				t.Errorf("%v, worst lateness %v, want BACKUP after an advert was due for 5s", s.Role, s.WorstLateness)
			}
		})
	})
}

func TestUnreadAdvertCancelsTheTimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(runnerConfig())
		g.drain = func() { g.Deliver(advert(200, nil)) }
		g.SetTransport(g, mine)
		g.run(func() {
			sleep(time.Minute)
			g.wantRoles(t, "BACKUP: start")
		})
	})
}

func TestTooManyAdvertsAreDroppedAndCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(runnerConfig())
		g.drain = func() {
			for range 300 {
				g.Deliver(advert(200, nil))
			}
		}
		g.SetTransport(g, mine)
		g.run(func() {
			sleep(4 * time.Second)
			if s := g.Status(); s.Received != 256 || s.Drops[vrrp.DropQueueFull.String()] != 44 {
				t.Errorf("received %d, drops %v", s.Received, s.Drops)
			}
		})
	})
}

func TestBadAdvertsAreCountedByReason(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(runnerConfig())
		g.SetTransport(g, mine)
		g.run(func() {
			g.Deliver(advert(200, func(p *vrrp.Packet) { p.VRID = 52 }))
			g.Deliver(advert(200, func(p *vrrp.Packet) { p.Version = 2 }))
			far := advert(200, nil)
			far.TTL = 254
			g.Deliver(far)
			g.Deliver(far)
			g.Deliver(advertFrom(mine, group, 200, nil))
			sleep(time.Millisecond)
			s := g.Status()
			want := fmt.Sprint(map[string]uint64{"ttl": 2, "vrid": 1, "version": 1, "own source": 1})
			if got := fmt.Sprint(s.Drops); s.Received != 0 || got != want {
				t.Errorf("received %d, drops %v, want %v", s.Received, got, want)
			}
		})
		if n := strings.Count(g.log.String(), "TTL 254"); n != 1 {
			t.Errorf("said %d times:\n%s", n, g.log.String())
		}
	})
}

func TestSendErrorsAreCountedAndSaidOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(runnerConfig())
		g.run(func() {
			sleep(4 * time.Second) // no transport
			g.onSend(func() error { return errors.New("network is down") })
			g.SetTransport(g, mine)
			sleep(3 * time.Second)
			g.onSend(func() error { return nil })
			sleep(2 * time.Second)
		})
		if s := g.Status(); s.SendErrors != 4 || s.Sent != 3 || s.SentZero != 1 {
			t.Errorf("errors %d, sent %d, of them 0: %d", s.SendErrors, s.Sent, s.SentZero)
		}
		for _, want := range []string{"no transport", "network is down", "can be sent again"} {
			if n := strings.Count(g.log.String(), want); n != 1 {
				t.Errorf("%q said %d times:\n%s", want, n, g.log.String())
			}
		}
	})
}

func TestReconfigureOfAnotherRouterIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(runnerConfig())
		g.run(func() {
			cfg := runnerConfig()
			cfg.VRID, cfg.Priority = 7, 7
			g.Reconfigure(cfg)
			sleep(time.Millisecond)
			if s := g.Status(); s.Key.VRID != 51 || s.Priority != 100 {
				t.Errorf("status %+v", s)
			}
		})
		if !strings.Contains(g.log.String(), "refused") {
			t.Errorf("log: %s", g.log.String())
		}
	})
}

func TestReconfigureWithTheSameConfigurationChangesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(runnerConfig())
		g.SetTransport(g, mine)
		g.run(func() {
			sleep(3 * time.Second)
			g.Reconfigure(runnerConfig())
			sleep(610 * time.Millisecond) // the timer was not started anew
			g.wantRoles(t, "BACKUP: start", "MASTER: no advert for 3.6094s")
		})
	})
}

func TestReconfigureKeepsTheEffectivePriorityUnlessTheBaseChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(runnerConfig())
		g.run(func() {
			g.SetPriority(80)
			cfg := runnerConfig()
			cfg.AdvertInt = 2 * time.Second
			g.Reconfigure(cfg)
			sleep(time.Millisecond)
			if s := g.Status(); s.Priority != 80 || s.BasePriority != 100 {
				t.Errorf("priority %d of %d", s.Priority, s.BasePriority)
			}
			cfg.Priority = 120
			g.Reconfigure(cfg)
			sleep(time.Millisecond)
			if s := g.Status(); s.Priority != 120 || s.BasePriority != 120 {
				t.Errorf("priority %d of %d", s.Priority, s.BasePriority)
			}
			cfg.Priority = 130
			g.Reconfigure(cfg)
			g.SetPriority(110)
			sleep(time.Millisecond)
			if s := g.Status(); s.Priority != 110 || s.BasePriority != 130 {
				t.Errorf("priority %d of %d", s.Priority, s.BasePriority)
			}
		})
	})
}

func TestAnAnswerFromBeforeTheQuestionIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(runnerConfig())
		g.unprepared = g.Prepared // the answer to the first question, too late
		g.drain = func() { g.Deliver(advert(50, nil)) }
		g.SetTransport(g, mine)
		g.run(func() {
			g.Deliver(advert(50, nil))
			g.Deliver(advert(200, nil))
			g.Deliver(advert(50, nil))
			sleep(5 * time.Second)
			g.wantRoles(t, "BACKUP: start")
			if fmt.Sprint(g.prepares) != "[true false true]" {
				t.Errorf("prepares %v", g.prepares)
			}
			g.Prepared()
			sleep(time.Millisecond)
			g.wantRoles(t, "BACKUP: start", "MASTER: the master has a lower priority (50)")
		})
	})
}

// TestManyCallers is for the race detector.
func TestManyCallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := runnerConfig()
		cfg.AdvertInt = 10 * time.Millisecond
		g := newRig(cfg)
		g.run(func() {
			var wg sync.WaitGroup
			for i := range 4 {
				wg.Go(func() {
					for n := range 200 {
						g.Deliver(advert(uint8(n), nil))
						g.SetPriority(uint8(n))
						g.SetFault("x", n%3 == i)
						g.SetTransport(g, mine)
						g.Prepared()
						c := cfg
						c.PreemptDelay = time.Duration(n) * time.Millisecond
						g.Reconfigure(c)
						_ = g.Status()
						time.Sleep(time.Millisecond)
					}
				})
			}
			wg.Wait()
		})
		if s := g.Status(); s.Role != vrrp.Init {
			t.Errorf("%v after Run", s.Role)
		}
	})
}
