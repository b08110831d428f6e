package vrrp

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The instance under test is 192.0.2.2, priority 100, version 3, 1 s. Its
// master-down time is 3.609375 s, its skew 0.609375 s.

var (
	epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	own   = netip.MustParseAddr("192.0.2.2")
	lower = netip.MustParseAddr("192.0.2.1")
	above = netip.MustParseAddr("192.0.2.3")
)

func at(d time.Duration) time.Time { return epoch.Add(d) }

func seconds(s float64) time.Time { return at(time.Duration(s * float64(time.Second))) }

func start() Event                        { return Event{Kind: Start, At: epoch} }
func fired(s float64) Event               { return Event{Kind: TimerFired, At: seconds(s)} }
func simple(k EventKind, s float64) Event { return Event{Kind: k, At: seconds(s)} }

func heard(s float64, priority uint8, from netip.Addr) Event {
	return Event{Kind: AdvertReceived, At: seconds(s), Advert: Advert{Source: from, Priority: priority, Interval: time.Second}}
}

func heardEvery(s float64, priority uint8, from netip.Addr, interval time.Duration) Event {
	ev := heard(s, priority, from)
	ev.Advert.Interval = interval
	return ev
}

func priority(s float64, to uint8) Event {
	return Event{Kind: PriorityChanged, At: seconds(s), Priority: to}
}

// describe writes actions as a line: "send 100; timer 4.609375s; BACKUP to MASTER: no advert".
func describe(acts Actions) string {
	var l []string
	for _, a := range acts.All() {
		switch a.Kind {
		case ActSendAdvert:
			l = append(l, fmt.Sprintf("send %d", a.Priority))
		case ActArmTimer:
			l = append(l, fmt.Sprintf("timer %v", a.At.Sub(epoch)))
		case ActStopTimer:
			l = append(l, "no timer")
		case ActRole:
			l = append(l, fmt.Sprintf("%v to %v: %v", a.From, a.To, a.Reason))
			if !a.At.IsZero() {
				l[len(l)-1] += fmt.Sprintf(" until %v", a.At.Sub(epoch))
			}
		case ActPrepare:
			l = append(l, "prepare")
		case ActUnprepare:
			l = append(l, "unprepare")
		case ActAnnounce:
			l = append(l, "announce")
		case ActWish:
			l = append(l, "wish")
		case ActUnwish:
			l = append(l, "unwish")
		case ActStayed:
			l = append(l, "stays: "+a.Reason.String())
		}
	}
	return strings.Join(l, "; ")
}

// stepCase is a conversation; want is the answer to its last event.
type stepCase struct {
	name   string
	change func(*Config)
	events []Event
	want   string
}

func (c stepCase) run(t *testing.T) {
	cfg := Config{
		Name: "test", Interface: "eth0", Family: IPv4, Version: 3, VRID: 51,
		Priority: 100, AdvertInt: time.Second,
	}
	if c.change != nil {
		c.change(&cfg)
	}
	var s State
	var acts Actions
	for _, ev := range c.events {
		s, acts = Step(Params{Config: &cfg, Source: own}, s, ev)
		checkState(t, &s, &acts)
	}
	if diff := cmp.Diff(c.want, describe(acts)); diff != "" {
		t.Errorf("answer to the last event (-want +got):\n%s", diff)
	}
}

func runAll(t *testing.T, cases []stepCase) {
	for _, c := range cases {
		t.Run(c.name, c.run)
	}
}

// checkState holds after every step.
func checkState(t *testing.T, s *State, acts *Actions) {
	t.Helper()
	running := s.Role == Backup || s.Role == Master
	if running == s.Deadline.IsZero() {
		t.Fatalf("%v with deadline %v", s.Role, s.Deadline)
	}
	if s.Role != Backup && s.rival != (rival{}) {
		t.Fatalf("%v remembers a rival: %+v", s.Role, s.rival)
	}
	if s.rival.waiting() && s.rival.prepare != prepareAsked {
		t.Fatalf("waits for nothing: %+v", s.rival)
	}
	deadline, role := s.Deadline, s.Role
	for _, a := range acts.All() {
		switch a.Kind {
		case ActArmTimer:
			deadline = a.At
		case ActStopTimer:
			deadline = time.Time{}
		case ActRole:
			role = a.To
			if a.From == a.To {
				t.Fatalf("role change from %v to itself", a.From)
			}
		}
	}
	if !deadline.Equal(s.Deadline) || role != s.Role {
		t.Fatalf("actions say %v %v, state says %v %v", role, deadline, s.Role, s.Deadline)
	}
}

func TestStart(t *testing.T) {
	owner := func(c *Config) { c.Priority, c.StartMaster = 255, true }
	runAll(t, []stepCase{
		{"a router starts as backup and waits a master-down time", nil,
			[]Event{start()}, "timer 3.609375s; INIT to BACKUP: start"},
		{"state MASTER below 255 starts as backup too", func(c *Config) { c.StartMaster = true },
			[]Event{start()}, "timer 3.609375s; INIT to BACKUP: start"},
		{"an owner starts as master", owner,
			[]Event{start()}, "send 255; timer 1s; INIT to MASTER: address owner"},
		{"priority 255 with state BACKUP starts as backup", func(c *Config) { c.Priority = 255 },
			[]Event{start()}, "timer 3.00390625s; INIT to BACKUP: start"},
		{"a second start changes nothing", nil, []Event{start(), simple(Start, 1)}, ""},
		{"adverts before the start are ignored", nil, []Event{heard(0, 200, above)}, ""},
		{"a fault before the start is remembered", nil,
			[]Event{simple(FaultRaised, 0), start()}, ""},
		{"a shutdown before the start says nothing", nil, []Event{simple(Shutdown, 0)}, ""},
		{"a priority set before the start counts", nil,
			[]Event{priority(0, 156), start()}, "timer 3.390625s; INIT to BACKUP: start"},
	})
}

func TestMasterDownTime(t *testing.T) {
	runAll(t, []stepCase{
		{"version 2 takes the skew of a second whatever the interval",
			func(c *Config) { c.Version, c.AdvertInt = 2, 5*time.Second },
			[]Event{start()}, "timer 15.609375s; INIT to BACKUP: start"},
		{"version 3 takes the skew of the interval",
			func(c *Config) { c.AdvertInt = 10 * time.Millisecond },
			[]Event{start()}, "timer 36.09375ms; INIT to BACKUP: start"},
		{"the skew is not rounded to centiseconds",
			func(c *Config) { c.AdvertInt, c.Priority = 30*time.Millisecond, 254 },
			[]Event{start()}, "timer 90.234375ms; INIT to BACKUP: start"},
		{"down_timer_adverts replaces the three", func(c *Config) { c.DownTimerAdverts = 1 },
			[]Event{start()}, "timer 1.609375s; INIT to BACKUP: start"},
		{"version 3 learns the master's interval and scales the skew by it", nil,
			[]Event{start(), heardEvery(1, 200, above, 2*time.Second)}, "timer 8.21875s"},
		{"version 2 keeps its own interval", func(c *Config) { c.Version = 2 },
			[]Event{start(), heardEvery(1, 200, above, 2*time.Second)}, "timer 4.609375s"},
		{"an interval of 0 is not learned", nil,
			[]Event{start(), heardEvery(1, 200, above, 0)}, "timer 4.609375s"},
		{"a fault forgets the learned interval", nil,
			[]Event{start(), heardEvery(1, 200, above, 2*time.Second), simple(FaultRaised, 2), simple(FaultCleared, 3)},
			"timer 6.609375s; FAULT to BACKUP: fault cleared"},
	})
}

func TestBackup(t *testing.T) {
	nopreempt := func(c *Config) { c.NoPreempt = true }
	runAll(t, []stepCase{
		{"silence makes a master, and the advert goes first", nil,
			[]Event{start(), fired(3.609375)}, "send 100; timer 4.609375s; BACKUP to MASTER: no advert"},
		{"a timer that fires early is ignored", nil, []Event{start(), fired(3.6)}, ""},
		{"a higher advert restarts the timer", nil, []Event{start(), heard(1, 200, above)}, "timer 4.609375s"},
		{"an equal advert is accepted from a lower address too", nil,
			[]Event{start(), heard(1, 100, lower)}, "timer 4.609375s"},
		{"priority 0 cuts the wait to the skew", nil,
			[]Event{start(), heard(1, 200, above), heard(2, 0, above)}, "timer 2.609375s"},
		{"priority 0 in version 3 takes the skew of the learned interval", nil,
			[]Event{start(), heardEvery(1, 200, above, 2*time.Second), heard(2, 0, above)}, "timer 3.21875s"},
		{"after priority 0 the reason is not silence", nil,
			[]Event{start(), heard(1, 200, above), heard(2, 0, above), fired(2.609375)},
			"send 100; timer 3.609375s; BACKUP to MASTER: the master left"},
		{"an advert with our own source is nobody", nil, []Event{start(), heard(1, 200, own)}, ""},
		{"nopreempt accepts a lower master", nopreempt, []Event{start(), heard(1, 50, above)}, "timer 4.609375s"},
		{"nopreempt does not keep us from a dead one", nopreempt,
			[]Event{start(), heard(1, 50, above), fired(4.609375)},
			"send 100; timer 5.609375s; BACKUP to MASTER: no advert"},
		{"nopreempt means nothing with state MASTER", func(c *Config) { c.NoPreempt, c.StartMaster = true, true },
			[]Event{start(), heard(1, 50, above)}, "prepare"},
		{"nopreempt means nothing for 255", func(c *Config) { c.NoPreempt, c.Priority = true, 255 },
			[]Event{start(), heard(1, 50, above)}, "prepare"},
		{"a higher priority moves the timer by the difference in skew", nil,
			[]Event{start(), priority(1, 228)}, "timer 3.109375s"},
		{"a lower priority moves it the other way", nil,
			[]Event{start(), priority(1, 36)}, "timer 3.859375s"},
		{"an unchanged priority changes nothing", nil, []Event{start(), priority(1, 100)}, ""},
		{"shutdown leaves without a word", nil,
			[]Event{start(), simple(Shutdown, 1)}, "no timer; BACKUP to INIT: shutdown"},
		{"a fault leaves without a word", nil,
			[]Event{start(), simple(FaultRaised, 1)}, "no timer; BACKUP to FAULT: fault"},
		{"a new master is not the one that left", nil,
			[]Event{start(), heard(1, 0, above), heard(1.5, 200, lower), fired(5.109375)},
			"send 100; timer 6.109375s; BACKUP to MASTER: no advert"},
		{"a router that overslept listens for an interval and its skew", nil,
			[]Event{start(), fired(10)}, "timer 11.609375s"},
		{"but only once", nil,
			[]Event{start(), fired(10), fired(20)}, "send 100; timer 21s; BACKUP to MASTER: no advert"},
		{"until it has heard a master", nil,
			[]Event{start(), fired(10), heard(11, 200, above), fired(20)}, "timer 21.609375s"},
	})
}

func TestPreemptDelay(t *testing.T) {
	delay := func(c *Config) { c.PreemptDelay = 5 * time.Second }
	runAll(t, []stepCase{
		{"a lower master is accepted while the delay runs", delay,
			[]Event{start(), heard(1, 50, above), heard(2, 50, above)}, "timer 5.609375s"},
		{"the delay runs from the first lower advert, not from the start", delay,
			[]Event{start(), heard(1, 50, above), heard(5.9, 50, above)}, "timer 9.509375s"},
		{"after it a lower master is prepared against", delay,
			[]Event{start(), heard(1, 50, above), heard(5, 50, above), heard(6, 50, above)}, "prepare"},
		{"an equal advert cancels it", delay,
			[]Event{start(), heard(1, 50, above), heard(2, 100, above), heard(6.5, 50, above)}, "timer 10.109375s"},
		{"state MASTER cancels it", func(c *Config) { delay(c); c.StartMaster = true },
			[]Event{start(), heard(1, 50, above)}, "prepare"},
		{"it does not delay the succession of a dead master", delay,
			[]Event{start(), fired(3.609375)}, "send 100; timer 4.609375s; BACKUP to MASTER: no advert"},
	})
}

func TestMaster(t *testing.T) {
	const takeover = 3.609375 // a master since then, next advert at 4.609375
	master := func(more ...Event) []Event { return append([]Event{start(), fired(takeover)}, more...) }
	runAll(t, []stepCase{
		{"the regular advert", nil, master(fired(4.609375)), "send 100; timer 5.609375s"},
		{"a late advert does not delay the next one", nil, master(fired(4.7)), "send 100; timer 5.609375s"},
		{"missed adverts are not made up for", nil, master(fired(6)), "send 100; timer 7s"},
		{"priority 0 is answered at once", nil, master(heard(4, 0, above)), "send 100; timer 5s"},
		{"a lower advert is answered at once and the addresses announced", nil,
			master(heard(4, 50, above)), "send 100; timer 5s; announce"},
		{"a flood of lower adverts is answered once a millisecond", nil,
			master(heard(4, 50, above), heard(4.0005, 50, above)), ""},
		{"lower_prio_no_advert only announces", func(c *Config) { c.LowerPrioNoAdvert = true },
			master(heard(4, 50, above)), "announce"},
		{"and that once a millisecond, too", func(c *Config) { c.LowerPrioNoAdvert = true },
			master(heard(4, 50, above), heard(4.0005, 50, above)), ""},
		{"a higher advert ends the role without priority 0", nil,
			master(heard(4, 200, above)), "timer 7.609375s; MASTER to BACKUP: advert of higher priority until 5s"},
		{"a higher advert's interval is learned", nil,
			master(heardEvery(4, 200, above, 2*time.Second)), "timer 11.21875s; MASTER to BACKUP: advert of higher priority until 5.5s"},
		{"higher_prio_send_advert says one more word", func(c *Config) { c.HigherPrioSendAdvert = true },
			master(heard(4, 200, above)), "send 100; timer 7.609375s; MASTER to BACKUP: advert of higher priority until 5s"},
		{"equal priority, higher address wins", nil,
			master(heard(4, 100, above)),
			"timer 7.609375s; MASTER to BACKUP: advert of equal priority from a higher address until 5s"},
		{"equal priority, lower address is answered", nil,
			master(heard(4, 100, lower)), "send 100; timer 5s; announce"},
		{"equal priority and our own address is a copy of ourselves", nil, master(heard(4, 100, own)), ""},
		{"a new priority waits for the next advert", nil, master(priority(4, 120)), ""},
		{"and is in it", nil, master(priority(4, 120), fired(4.609375)), "send 120; timer 5.609375s"},
		{"shutdown says priority 0", nil,
			master(simple(Shutdown, 4)), "send 0; no timer; MASTER to INIT: shutdown"},
		{"a fault says priority 0", nil,
			master(simple(FaultRaised, 4)), "send 0; no timer; MASTER to FAULT: fault"},
		{"leaving FAULT waits a whole master-down time", nil,
			master(simple(FaultRaised, 4), simple(FaultCleared, 5)),
			"timer 8.609375s; FAULT to BACKUP: fault cleared"},
		{"adverts in FAULT are ignored", nil, master(simple(FaultRaised, 4), heard(5, 200, above)), ""},
		{"an owner that had a fault is elected like anybody", func(c *Config) { c.Priority, c.StartMaster = 255, true },
			[]Event{start(), simple(FaultRaised, 4), simple(FaultCleared, 5)},
			"timer 8.00390625s; FAULT to BACKUP: fault cleared"},
		{"an owner yields to an owner of higher address", func(c *Config) { c.Priority, c.StartMaster = 255, true },
			[]Event{start(), heard(4, 255, above)},
			"timer 7.00390625s; MASTER to BACKUP: advert of equal priority from a higher address until 5s"},
	})
}

func TestReconfigured(t *testing.T) {
	reload := func(s float64, p uint8) Event {
		return Event{Kind: Reconfigured, At: seconds(s), Priority: p}
	}
	runAll(t, []stepCase{
		{"a backup waits anew", nil, []Event{start(), reload(2, 0)}, "timer 5.609375s"},
		{"by its new priority", nil, []Event{start(), reload(2, 228)}, "timer 5.109375s"},
		{"but not for a master that has left", nil,
			[]Event{start(), heard(1, 200, above), heard(2, 0, above), reload(2.1, 0)}, ""},
		{"a backup that prepares starts over", nil,
			[]Event{start(), heard(1, 50, above), reload(2, 0)}, "unprepare; timer 5.609375s"},
		{"a master stays and keeps its rhythm", nil, []Event{start(), fired(3.609375), reload(3.609375, 0)}, ""},
		{"before the start it only sets the priority", nil, []Event{reload(0, 228)}, ""},
	})
	for _, c := range []struct {
		name     string
		version  uint8
		old, now time.Duration // intervals
		master   bool
		want     string
	}{
		{"a shorter interval counts at once for a master", 3, 10 * time.Second, time.Second, true, "timer 38s"},
		{"a longer one after the next advert", 3, time.Second, 10 * time.Second, true, ""},
		{"a version 2 backup waits by the new interval", 2, time.Second, 2 * time.Second, false, "timer 6.609375s"},
		{"a version 3 backup by the one it learned", 3, time.Second, 2 * time.Second, false, "timer 3.609375s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := Config{Version: c.version, Priority: 100, AdvertInt: c.old}
			after := before
			after.AdvertInt = c.now
			s, _ := Step(Params{Config: &before, Source: own}, State{}, start())
			when := 0.0
			if c.master {
				s, _ = Step(Params{Config: &before, Source: own}, s, Event{Kind: TimerFired, At: s.Deadline})
				when = 37 * c.old.Seconds() / 10 // shortly after the take-over
			}
			_, acts := Step(Params{Config: &after, Source: own}, s, reload(when, 0))
			if got := describe(acts); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestZonesDoNotDecideATie(t *testing.T) {
	cfg := Config{Version: 3, Family: IPv6, Priority: 100, AdvertInt: time.Second}
	p := Params{Config: &cfg, Source: netip.MustParseAddr("fe80::2%eth0")}
	s, _ := Step(p, State{}, start())
	s, _ = Step(p, s, fired(3.609375))
	for from, want := range map[string]Role{"fe80::1": Master, "fe80::2": Master, "fe80::2%lan": Master, "fe80::3": Backup} {
		if after, _ := Step(p, s, heard(4, 100, netip.MustParseAddr(from))); after.Role != want {
			t.Errorf("%v after an equal advert from %s, want %v", after.Role, from, want)
		}
	}
}
