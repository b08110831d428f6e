package vrrp

import "testing"

// A living master lets go of its addresses at our first advert, so that advert
// waits for the services.
func TestPreemptingALivingMaster(t *testing.T) {
	// The timer ends at 3.609375; a rival heard at 3 lives until 6.609375.
	rivals := func(more ...Event) []Event {
		return append([]Event{start(), heard(1, 50, above), heard(2, 50, above), heard(3, 50, above)}, more...)
	}
	waiting := func(more ...Event) []Event { return rivals(append([]Event{fired(3.609375)}, more...)...) }
	runAll(t, []stepCase{
		{"the first refused advert asks for the services", nil,
			[]Event{start(), heard(1, 50, above)}, "prepare"},
		{"the next one does not ask again and leaves the timer alone", nil,
			[]Event{start(), heard(1, 50, above), heard(2, 50, above)}, ""},
		{"services that are ready before the timer change nothing", nil, rivals(simple(Prepared, 3.2)), ""},
		{"and it fires as usual", nil, rivals(simple(Prepared, 3.2), fired(3.609375)),
			"send 100; timer 4.609375s; BACKUP to MASTER: the master has a lower priority"},
		{"services that are not ready hold the advert back while the rival lives", nil,
			waiting(), "timer 6.609375s"},
		{"a rival that is still heard is waited for a master-down time longer", nil,
			waiting(heard(4, 50, above)), "timer 7.21875s"},
		{"services that become ready release the advert", nil,
			waiting(heard(4, 50, above), simple(Prepared, 4.5)),
			"send 100; timer 5.5s; BACKUP to MASTER: the master has a lower priority"},
		{"services that never become ready do not hold it back for ever", nil,
			waiting(heard(4, 50, above), heard(5, 50, above), heard(6, 50, above), heard(7, 50, above), fired(7.21875)),
			"send 100; timer 8.21875s; BACKUP to MASTER: the master has a lower priority, services not complete in time"},
		{"a rival that falls silent is not waited for", nil,
			waiting(fired(6.609375)), "send 100; timer 7.609375s; BACKUP to MASTER: no advert"},
		{"a rival that leaves is not waited for", nil,
			waiting(heard(4, 0, above)), "send 100; timer 5s; BACKUP to MASTER: the master left"},
		{"that somebody else leaves means nothing to the rival", nil, waiting(heard(4, 0, lower)), ""},
		{"a rival that leaves before the timer ends cuts it to the skew", nil,
			rivals(heard(3.1, 0, above)), "timer 3.709375s"},
		{"and is dead then", nil, rivals(heard(3.1, 0, above), fired(3.709375)),
			"send 100; timer 4.709375s; BACKUP to MASTER: the master left"},
		{"a higher advert calls it off", nil,
			waiting(heard(4, 200, lower)), "unprepare; timer 7.609375s"},
		{"after that the services are asked for again", nil,
			waiting(heard(4, 200, lower), heard(4.1, 50, above)), "prepare"},
		{"a fault calls it off", nil,
			waiting(simple(FaultRaised, 4)), "unprepare; no timer; BACKUP to FAULT: fault"},
		{"a shutdown calls it off", nil,
			waiting(simple(Shutdown, 4)), "unprepare; no timer; BACKUP to INIT: shutdown"},
		{"a priority no longer above the rival's calls it off", nil,
			waiting(priority(4, 50)), "unprepare; timer 6.609375s"},
		{"a priority still above it does not", nil, waiting(priority(4, 60)), ""},
		{"an answer nobody asked for is ignored", nil, []Event{start(), simple(Prepared, 1)}, ""},
		{"a dead master needs no preparation", nil,
			[]Event{start(), fired(3.609375)}, "send 100; timer 4.609375s; BACKUP to MASTER: no advert"},
		{"nopreempt prepares nothing", func(c *Config) { c.NoPreempt = true }, rivals(), "timer 6.609375s"},
	})
}
