package netif

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// Programming and sending pause after this many requests, so that the adverts
// of the same process are on time on a machine with one CPU.
const (
	framesBeforePause = 50
	framePause        = time.Millisecond
)

// Sender sends one announcement. Table is one.
type Sender interface {
	Announce(ctx context.Context, a Address) error
}

// Announcer announces the addresses of instances on their schedules. All
// methods but Run return at once and may be called concurrently.
type Announcer struct {
	log    *slog.Logger
	sender Sender
	// wake tells Run that the plan has changed.
	wake chan struct{}

	// mu guards the rest. It is held while one announcement is sent: after
	// Stop has returned nothing may leave, or we would draw traffic away from
	// the new master.
	mu   sync.Mutex
	plan *plan
	// expected is when Run wanted to be awake again; zero: it waits for a change.
	expected time.Time
	// failing are the addresses whose last announcement failed.
	failing map[Key]bool
	sent    uint64
	failed  uint64
}

// NewAnnouncer returns an Announcer that sends through sender while Run runs.
func NewAnnouncer(log *slog.Logger, sender Sender) *Announcer {
	return &Announcer{
		log: log, sender: sender, wake: make(chan struct{}, 1),
		plan: newPlan(), failing: map[Key]bool{},
	}
}

// Start begins the schedule of an instance that has become master, or begins it
// anew with other addresses. The first announcement of each address leaves at
// once, without regard to Interval and NAInterval; one that AnnounceNow has
// sent before counts as the first.
func (a *Announcer) Start(name string, addresses []Address, s Schedule) {
	a.change(func(now time.Time) { a.plan.start(name, addresses, s, now) })
}

// AnnounceNow sends one announcement at once: of an address that has come up
// during a take-over, before Start, or was put back after it.
func (a *Announcer) AnnounceNow(name string, address Address) {
	a.change(func(time.Time) { a.plan.announce(name, address) })
}

// Lower announces an instance's addresses again by the lower_prio settings, as
// another router with lower priority has claimed them. Without Start: nothing.
func (a *Announcer) Lower(name string) {
	a.change(func(now time.Time) { a.plan.lower(name, now) })
}

// CarrierBack announces again, as at Start, all addresses on an interface.
func (a *Announcer) CarrierBack(link string) {
	a.change(func(now time.Time) { a.plan.carrierBack(link, now) })
}

// Stop discards what an instance still wants to send. When it returns, nothing
// more leaves in its name.
func (a *Announcer) Stop(name string) {
	a.change(func(time.Time) { a.plan.stop(name) })
}

// Wire sets groups and virtual links; at first there are none.
func (a *Announcer) Wire(w Wiring) {
	a.change(func(time.Time) { a.plan.wire(w) })
}

// Counts returns how many announcements were sent, and how many could not be.
func (a *Announcer) Counts() (sent, failed uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.sent, a.failed
}

func (a *Announcer) change(f func(now time.Time)) {
	a.mu.Lock()
	now := time.Now()
	a.noticeStall(now)
	f(now)
	a.mu.Unlock()
	select {
	case a.wake <- struct{}{}:
	default: // it will look anyway
	}
}

// noticeStall looks whether this process was stopped; a.mu is held.
func (a *Announcer) noticeStall(now time.Time) {
	late := now.Sub(a.expected)
	if a.expected.IsZero() || late <= 0 {
		return
	}
	a.plan.stalled(late, now)
	a.expected = now
}

// Run sends what is due until ctx ends. When it finds that the process was
// stopped for so long that an instance may have lost its role, it holds that
// instance's announcements back for one master-down interval, unless Stop
// discards them.
func (a *Announcer) Run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for n := 1; ctx.Err() == nil; n++ {
		at, sent := a.step(ctx)
		switch {
		case sent && n%framesBeforePause != 0:
			continue
		case sent:
			timer.Reset(framePause)
		case at.IsZero():
			timer.Stop()
		default:
			timer.Reset(time.Until(at))
		}
		if sent {
			waitFor(ctx, timer.C, nil)
		} else {
			n = 0
			waitFor(ctx, timer.C, a.wake)
		}
	}
}

func waitFor(ctx context.Context, timer <-chan time.Time, wake <-chan struct{}) {
	select {
	case <-ctx.Done():
	case <-timer:
	case <-wake:
	}
}

// step sends one announcement, if one is due; otherwise at is when to look
// again (zero: after the next change).
func (a *Announcer) step(ctx context.Context) (at time.Time, sent bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := time.Now()
	a.noticeStall(now)
	address, at, due := a.plan.next(now)
	if due {
		a.expected = now.Add(framePause)
		a.note(address, a.sender.Announce(ctx, address))
		a.plan.sent(address, time.Now())
		return at, true
	}
	if !at.IsZero() {
		at = earlier(at, now.Add(a.plan.beat()))
	}
	a.expected = at
	return at, false
}

// note counts an announcement and logs when its address begins to fail and
// when it stops; a.mu is held.
func (a *Announcer) note(address Address, err error) {
	switch {
	case err == nil:
		a.sent++
		if a.failing[address.Key] {
			delete(a.failing, address.Key)
			a.log.Info("announcements leave again", "address", address.Key.String())
		}
	case !a.failing[address.Key]:
		a.failed++
		a.failing[address.Key] = true
		a.log.Warn("announcement not sent", "address", address.Key.String(), "error", err)
	default:
		a.failed++
	}
}
