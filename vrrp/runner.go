package vrrp

import (
	"context"
	"log/slog"
	"net/netip"
	"strings"
	"time"
)

// Runner gives one instance time and a socket. Run is its only goroutine; all
// other methods may be called from any goroutine, before Run, during it and
// after it, and never block.
//
// The logger is called from Run: a handler that blocks delays adverts.
type Runner struct {
	key Key
	obs Observer
	log *slog.Logger
	in  inbox
	out tally

	// What follows belongs to Run's goroutine.

	cfg       *Config // never changed, only replaced
	transport Transport
	source    netip.Addr
	receiver  *Receiver
	state     State
	timer     *time.Timer
	last      time.Time // of the last event
	packet    Packet
	message   []byte
	sendError string // last one logged
	held      bool   // there is a reason to wait
	begun     bool   // it was started once
}

// NewRunner returns a Runner for the instance that cfg describes, in Init and
// without a transport. cfg's slices must not be changed afterwards.
func NewRunner(cfg Config, obs Observer, log *slog.Logger) *Runner {
	r := &Runner{
		key: cfg.Key(), obs: obs, cfg: &cfg, receiver: NewReceiver(&cfg),
		log: log.With("interface", cfg.Interface, "vrid", cfg.VRID, "family", cfg.Family),
	}
	r.in.init(&cfg)
	r.state.Priority = cfg.Priority
	r.out.publish(r.cfg, r.source, &r.state)
	return r
}

// SetTransport replaces the way adverts take and the primary address they
// carry as source, which also decides ties. Without a transport no advert can
// be sent; each is counted in Status.SendErrors.
func (r *Runner) SetTransport(t Transport, src netip.Addr) {
	r.in.put(func(c *commands) { c.link = &link{t, src} })
}

// SetFault adds or removes a reason for FAULT. The instance is in FAULT while
// there is any.
func (r *Runner) SetFault(name string, on bool) { r.in.setFault(name, on) }

// SetHold adds or removes a reason to wait: an instance does not start, and
// does not leave FAULT, while there is any. It ends no role.
func (r *Runner) SetHold(name string, on bool) { r.in.setHold(name, on) }

// Grant answers Observer.Wish: all members of the sync group can be master.
func (r *Runner) Grant() { r.in.put(func(c *commands) { c.granted = true }) }

// Drag takes a master to BACKUP: another member of its sync group has gone
// there.
func (r *Runner) Drag() { r.in.put(func(c *commands) { c.dragged = true }) }

// HandOver lets a master leave without a gap: it says priority 1 until somebody
// takes over, and after a master-down time priority 0. to is Init or Backup. An
// instance that is no master goes to Init at once, or stays. With cede it does
// not take the role back from a living master until TakeBack, or until it has
// become master otherwise. The answer is RoleChanged, or Stayed.
func (r *Runner) HandOver(to Role, cede bool) {
	r.in.put(func(c *commands) { c.hand, c.takeBack = &handCommand{to, cede}, false })
}

// TakeBack calls off a handover under way, except to Init, and lets the
// instance preempt again after one.
func (r *Runner) TakeBack() {
	r.in.put(func(c *commands) { c.takeBack = true })
}

// AddressesReady says that a master holds its addresses: see
// Config.AddressesFirst.
func (r *Runner) AddressesReady() { r.in.put(func(c *commands) { c.ready = true }) }

// MasterLost says that the router at that address is gone, as a BFD session with
// that detection time has found: a backup whose master it was waits no longer
// than its skew of that time.
func (r *Runner) MasterLost(router netip.Addr, detection time.Duration) {
	r.in.put(func(c *commands) { c.lost = Advert{Source: router, Interval: detection} })
}

// SetPriority sets the effective priority, 1 to 255. 0 is ignored.
func (r *Runner) SetPriority(priority uint8) {
	if priority != 0 {
		r.in.put(func(c *commands) { c.priority = priority })
	}
}

// Reconfigure replaces the configuration; the role stays. It must have the same
// Key, otherwise it is refused and logged. If the base priority changes, the
// effective one becomes the same until the next SetPriority. An equal
// configuration changes nothing.
func (r *Runner) Reconfigure(cfg Config) {
	if cfg.Key() != r.key {
		r.log.Error("configuration of another virtual router refused", "instance", cfg.Name, "key", cfg.Key())
		return
	}
	r.in.reconfigure(&cfg)
}

// Prepared answers Observer.Prepare: the services are complete.
func (r *Runner) Prepared() { r.in.put(func(c *commands) { c.prepared = true }) }

// Deliver hands in what a socket received. It copies rx. When too many adverts
// are waiting, rx is dropped and counted; before and after Run it is ignored.
func (r *Runner) Deliver(rx *Received) {
	r.out.overran(rx.Lost)
	if !r.in.deliver(rx) {
		r.out.drop(DropQueueFull)
	}
}

// Run runs the instance until ctx ends. A master then sends priority 0 and the
// Observer is told of Init before Run returns. Run may be called once.
func (r *Runner) Run(ctx context.Context) {
	r.timer = time.NewTimer(time.Hour)
	r.timer.Stop()
	defer r.timer.Stop()
	r.in.listen(true)
	defer r.in.listen(false)
	r.obey(r.in.takeCommands())
	r.begin(time.Now())
	for {
		select {
		case <-ctx.Done():
			r.step(Event{Kind: Shutdown, At: time.Now()})
			return
		case <-r.in.wake:
			r.work()
		case <-r.timer.C:
			r.fire()
		}
	}
}

// work takes in what has arrived. What arrives meanwhile rings again, so that a
// flood leaves the timer its turn.
func (r *Runner) work() {
	r.obey(r.in.takeCommands())
	batch := r.in.takeAdverts()
	for i := range batch {
		r.receive(&batch[i])
	}
}

// fire believes the timer only when nothing is left unread: an advert in the
// socket may have moved the deadline.
func (r *Runner) fire() {
	if r.transport != nil {
		r.transport.Drain()
	}
	r.work()
	due, was := r.state.Deadline, r.state.Role
	if due.IsZero() {
		return
	}
	now := time.Now()
	if now.Before(due) {
		r.timer.Reset(due.Sub(now))
		return
	}
	r.step(Event{Kind: TimerFired, At: now})
	if was == Master {
		r.out.late(time.Since(due))
	}
}

func (r *Runner) obey(c commands) {
	now := time.Now()
	if c.link != nil {
		r.transport, r.source = c.link.transport, c.link.source
		r.receiver.SetSource(r.source)
		r.out.publish(r.cfg, r.source, &r.state)
	}
	switch {
	case c.config != nil:
		r.cfg = c.config
		r.receiver.Reconfigure(r.cfg)
		r.receiver.SetSource(r.source)
		r.step(Event{Kind: Reconfigured, At: now, Priority: c.priority})
	case c.priority != 0:
		r.step(Event{Kind: PriorityChanged, At: now, Priority: c.priority})
	}
	r.obeyFaults(c, now)
	if c.prepared {
		r.step(Event{Kind: Prepared, At: now})
	}
	if c.granted {
		r.step(Event{Kind: Granted, At: now})
	}
	if c.dragged {
		r.step(Event{Kind: Dragged, At: now})
	}
	if c.hand != nil {
		r.step(Event{Kind: HandOver, At: now, To: c.hand.to, Cede: c.hand.cede})
	}
	if c.lost.Source.IsValid() {
		r.step(Event{Kind: MasterLost, At: now, Advert: c.lost})
	}
	if c.ready {
		r.step(Event{Kind: AddressesReady, At: now})
	}
	if c.takeBack {
		r.step(Event{Kind: TakeBack, At: now})
	}
}

func (r *Runner) obeyFaults(c commands, now time.Time) {
	if !c.faultsChanged {
		return
	}
	r.held = c.held
	switch {
	case len(c.faults) > 0 && r.state.Role != Fault:
		r.step(Event{Kind: FaultRaised, At: now, Reason: strings.Join(c.faults, ", ")})
	case len(c.faults) == 0 && r.state.Role == Fault && !r.held:
		r.step(Event{Kind: FaultCleared, At: now})
	case r.in.listening():
		r.begin(now)
	}
}

// begin starts the instance when nothing has to be waited for.
func (r *Runner) begin(now time.Time) {
	if !r.begun && !r.held {
		r.begun = true
		r.step(Event{Kind: Start, At: now})
	}
}

// receive checks one delivered advert and gives it to Step.
func (r *Runner) receive(rx *Received) {
	advert, drop := r.receiver.Check(rx)
	for _, n := range r.receiver.Notes() {
		r.logNote(n)
	}
	if drop != Accepted {
		r.out.drop(drop)
		return
	}
	r.out.received(advert.Priority, r.receiver.Oddities())
	r.step(Event{Kind: AdvertReceived, At: arrival(rx.At, time.Now()), Advert: advert})
}

func (r *Runner) logNote(n Note) {
	if n.Drop == Accepted {
		r.log.Info("about the adverts of another router", "instance", r.cfg.Name, "source", n.Source, "reason", n.Text)
		return
	}
	r.log.Warn("advert dropped", "instance", r.cfg.Name, "source", n.Source, "drop", n.Drop, "reason", n.Text)
}

// maxArrivalAge bounds how old an advert may say it is. The kernel's stamp is
// wall-clock; an age beyond this is a clock step.
const maxArrivalAge = time.Second

// arrival is when an advert arrived: at, if that can be believed, else now.
func arrival(at, now time.Time) time.Time {
	age := now.Sub(at)
	if at.IsZero() || age < 0 || age > maxArrivalAge {
		return now
	}
	return now.Add(-age) // with now's monotonic reading, whatever at has
}
