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
	r.step(Event{Kind: Start, At: time.Now()})
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
	switch {
	case !c.faultsChanged:
	case len(c.faults) > 0 && r.state.Role != Fault:
		r.step(Event{Kind: FaultRaised, At: now, Reason: strings.Join(c.faults, ", ")})
	case len(c.faults) == 0 && r.state.Role == Fault:
		r.step(Event{Kind: FaultCleared, At: now})
	}
	if c.prepared {
		r.step(Event{Kind: Prepared, At: now})
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
		r.log.Info("odd advert", "instance", r.cfg.Name, "source", n.Source, "reason", n.Text)
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
