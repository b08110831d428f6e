package vrrp

import (
	"net/netip"
	"testing"
	"time"
)

func grouped(c *Config) { c.Grouped = true }

func TestSyncGroup(t *testing.T) {
	wishing := func(more ...Event) []Event { return append([]Event{start(), fired(3.609375)}, more...) }
	master := func(more ...Event) []Event { return wishing(append([]Event{simple(Granted, 4)}, more...)...) }
	runAll(t, []stepCase{
		{"a member whose timer expires asks", grouped, wishing(), "timer 7.21875s; wish"},
		{"and waits anew each time", grouped, wishing(fired(7.21875)), "timer 10.828125s"},
		{"it becomes master when all can", grouped, wishing(simple(Granted, 4)),
			"send 100; timer 5s; BACKUP to MASTER: no advert"},
		{"a master that is heard ends the wish", grouped, wishing(heard(4, 200, above)), "unwish; timer 7.609375s"},
		{"an equal of higher address, too", grouped, wishing(heard(4, 100, above)), "unwish; timer 7.609375s"},
		{"not one that it would not bow to as a master", grouped, wishing(heard(4, 100, lower), simple(Granted, 4.5)),
			"send 100; timer 5.5s; BACKUP to MASTER: no advert"},
		{"nor with nopreempt", func(c *Config) { c.Grouped, c.NoPreempt = true, true },
			wishing(heard(4, 50, above), simple(Granted, 4.5)), "send 100; timer 5.5s; BACKUP to MASTER: no advert"},
		{"a late grant means nothing then", grouped, wishing(heard(4, 200, above), simple(Granted, 5)), ""},
		{"a fault ends the wish", grouped, wishing(simple(FaultRaised, 4)), "unwish; no timer; BACKUP to FAULT: fault"},
		{"an owner asks at once", func(c *Config) { c.Grouped, c.Priority, c.StartMaster = true, 255, true },
			[]Event{start()}, "timer 3.00390625s; INIT to BACKUP: start; timer 3.00390625s; wish"},
		{"another member's yield drags, without priority 0", grouped, master(simple(Dragged, 4.5)),
			"timer 8.109375s; MASTER to BACKUP: its sync group is not master until 5.5s"},
		{"a backup is not dragged", grouped, []Event{start(), simple(Dragged, 1)}, ""},
		{"a member that hands over is dragged with a linger", grouped,
			master(Event{Kind: HandOver, At: seconds(4.2), To: Backup}, simple(Dragged, 4.5)),
			"timer 8.109375s; MASTER to BACKUP: handed over until 5.5s"},
		{"a rival is preempted when all can", grouped,
			[]Event{start(), heard(1, 50, above), simple(Prepared, 1.5), fired(3.609375), simple(Granted, 4)},
			"send 100; timer 5s; BACKUP to MASTER: the master has a lower priority"},
	})
}

func TestStalledMaster(t *testing.T) {
	master := func(more ...Event) []Event { return append([]Event{start(), fired(3.609375)}, more...) }
	runAll(t, []stepCase{
		{"it listens before it claims anything", nil, master(fired(7)), "timer 8.609375s"},
		{"then it goes on", nil, master(fired(7), fired(8.609375)), "send 100; timer 9.609375s"},
		{"it gives way even to a lower one", nil, master(fired(7), heard(7.5, 50, lower)),
			"timer 11.109375s; MASTER to BACKUP: this process was stalled, another router is master"},
		{"that lay in the socket", nil, master(heard(7, 50, lower)),
			"timer 10.609375s; MASTER to BACKUP: this process was stalled, another router is master"},
		{"priority 0 is not answered while it listens", nil, master(fired(7), heard(7.5, 0, lower)), ""},
		{"timer_expired_backup goes to BACKUP at once",
			func(c *Config) { c.NoPreempt, c.TimerExpiredBackup = true, 254 },
			master(fired(6.7)), "timer 10.309375s; MASTER to BACKUP: this process was stalled, another router is master"},
		{"but not before such a router could be master",
			func(c *Config) { c.NoPreempt, c.TimerExpiredBackup = true, 1 },
			master(fired(6.5)), "send 100; timer 7.5s"},
	})
}

func TestMasterLost(t *testing.T) {
	lost := func(s float64, who netip.Addr) Event {
		return Event{Kind: MasterLost, At: seconds(s), Advert: Advert{Source: who, Interval: 30 * time.Millisecond}}
	}
	runAll(t, []stepCase{
		{"a lost session with the master cuts the wait to the skew of its detection time", nil,
			[]Event{start(), heard(1, 200, above), lost(1.5, above)}, "timer 1.51828125s"},
		{"and then the backup takes over", nil,
			[]Event{start(), heard(1, 200, above), lost(1.5, above), fired(1.51828125)},
			"send 100; timer 2.51828125s; BACKUP to MASTER: the BFD session with the master is down"},
		{"an advert says that it lives after all", nil,
			[]Event{start(), heard(1, 200, above), lost(1.5, above), heard(1.51, 200, above)}, "timer 5.119375s"},
		{"another router's session means nothing", nil, []Event{start(), heard(1, 200, above), lost(1.5, lower)}, ""},
		{"a rival that is gone is not waited for", nil,
			[]Event{start(), heard(1, 50, above), fired(3.609375), lost(3.7, above)}, "timer 3.71828125s"},
		{"a master does not care", nil,
			[]Event{start(), fired(3.609375), lost(4, above)}, ""},
	})
}

func TestAddressesFirst(t *testing.T) {
	vmac := func(c *Config) { c.AddressesFirst = true }
	preempt := func(more ...Event) []Event {
		return append([]Event{start(), heard(3, 50, above), simple(Prepared, 3.1), fired(3.609375)}, more...)
	}
	runAll(t, []stepCase{
		{"a preemption takes the addresses before it says a word", vmac, preempt(),
			"timer 3.639375s; BACKUP to MASTER: the master has a lower priority"},
		{"it speaks when they are there", vmac, preempt(simple(AddressesReady, 3.62)), "send 100; timer 4.62s"},
		{"or when it has waited long enough", vmac, preempt(fired(3.639375)), "send 100; timer 4.639375s"},
		{"the rival's adverts are left alone meanwhile", vmac, preempt(heard(3.62, 50, above)), ""},
		{"one that says goodbye is followed at once", vmac, preempt(heard(3.62, 0, above)), "send 100; timer 4.62s"},
		{"a better one wins", vmac, preempt(heard(3.62, 200, above)),
			"timer 7.229375s; MASTER to BACKUP: advert of higher priority until 4.62s"},
		{"after a crash the advert comes first", vmac, []Event{start(), fired(3.609375)},
			"send 100; timer 4.609375s; BACKUP to MASTER: no advert"},
	})
}

func TestTwoOwners(t *testing.T) {
	owner := func(c *Config) { c.Priority, c.StartMaster = 255, true }
	other := func(s float64) Event { return heard(s, 255, lower) }
	stubborn := []Event{start(), other(0.5), fired(1.5), other(1.6), fired(2.6), other(2.7), fired(3.7)}
	runAll(t, []stepCase{
		{"the other one is answered at first", owner, []Event{start(), other(0.5)}, "send 255; timer 1.5s; announce"},
		{"one that goes on is given way to", owner, append(stubborn, other(4.1)),
			"timer 7.107812499s; MASTER to BACKUP: another address owner goes on"},
		{"and when it has gone, we are an owner again", owner, append(stubborn, other(4.1), fired(7.2)),
			"send 255; timer 8.2s; BACKUP to MASTER: no advert"},
	})
}

func TestHandOverPhases(t *testing.T) {
	give := func(to Role, cede bool) Event { return Event{Kind: HandOver, At: seconds(4), To: to, Cede: cede} }
	master := func(more ...Event) []Event { return append([]Event{start(), fired(3.609375)}, more...) }
	slow := func(c *Config) { c.AdvertInt = 30 * time.Second }
	runAll(t, []stepCase{
		{"it says priority 1", nil, master(give(Backup, true)), "send 1; timer 5s"},
		{"a backup that is told so only remembers", nil, []Event{start(), give(Backup, true), heard(5, 50, above)},
			"timer 8.609375s"},
		{"a stop of a backup is at once", nil, []Event{start(), give(Init, false)}, "no timer; BACKUP to INIT: shutdown"},
		{"whoever says more has won", nil, master(give(Backup, true), heard(4.5, 2, lower)),
			"timer 8.109375s; MASTER to BACKUP: handed over until 5.5s"},
		{"priority 0 of another is not answered", nil, master(give(Backup, true), heard(4.5, 0, lower)), ""},
		{"a fault ends it", nil, master(give(Backup, true), simple(FaultRaised, 4.5)),
			"send 0; no timer; MASTER to FAULT: fault"},
		{"a second stop is at once", nil, master(give(Init, false), simple(Shutdown, 4.5)),
			"send 0; no timer; MASTER to INIT: shutdown"},
		{"called off", nil, master(give(Backup, true), simple(TakeBack, 4.5)),
			"send 100; timer 5.5s; stays: the handover was called off"},
		{"a long interval does not make a long stop", slow, []Event{start(), fired(108.28125),
			{Kind: HandOver, At: seconds(110), To: Init}, fired(115)}, "send 0; timer 1m56.5s"},
		{"which ends", slow, []Event{start(), fired(108.28125),
			{Kind: HandOver, At: seconds(110), To: Init}, fired(115), fired(117)},
			"send 0; no timer; MASTER to INIT: nobody took over"},
	})
}
