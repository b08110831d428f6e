package dataplane

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"director/bfd"
	"director/internal/netif"
	"director/internal/wire"
	"director/ipvs"
	"director/vrrp"
)

// table is the part of *ipvs.Client that the engine needs.
type table interface {
	Services(ctx context.Context) ([]ipvs.Service, error)
	Servers(ctx context.Context, k ipvs.Key) ([]ipvs.Server, error)
	Table(ctx context.Context, keys []ipvs.Key) ([]ipvs.Service, error)
	Apply(ctx context.Context, ops []ipvs.Op, report func(i int, err error))
	Close() error
}

// machine is the part of *netif.Table that the engine needs.
type machine interface {
	Add(ctx context.Context, a netif.Address) (netif.Outcome, error)
	Delete(ctx context.Context, a netif.Address) error
	Ours(ctx context.Context) ([]netif.Key, error)
	Addresses(ctx context.Context) ([]netif.Present, error)
	Links(ctx context.Context) ([]netif.Link, error)

	Hide(ctx context.Context, a netif.Address) error
	Unhide(ctx context.Context, a netif.Address) error
	Reveal(ctx context.Context, a netif.Address) (netif.Outcome, error)
	WatchAnnouncements(ctx context.Context, addresses []netif.Key, heard func(netip.Addr, net.HardwareAddr)) (<-chan struct{}, error)

	EnsureLink(ctx context.Context, v netif.VirtualLink) (int, error)
	DeleteLink(ctx context.Context, v netif.VirtualLink) error
	OurLinks(ctx context.Context) ([]string, error)
	PromoteSecondaries(user, link string) error
	DisableLocalIGMP(user string) error
	ReleaseSettings(user string) error
	SetReceiveBuffer(bytes int)

	AddRoute(ctx context.Context, r netif.Route) (netif.Outcome, error)
	DeleteRoute(ctx context.Context, r netif.Route) error
	OurRoutes(ctx context.Context) ([]netif.Route, error)
	RouteKey(r netif.Route) (netif.RouteKey, error)
	AddRule(ctx context.Context, r netif.Rule) (netif.Outcome, error)
	DeleteRule(ctx context.Context, r netif.Rule) error
	OurRules(ctx context.Context) ([]netif.Rule, error)
	Refuse(ctx context.Context, f netif.Firewall, refusals []netif.Refusal) error
}

// sessions is the part of *bfd.Set that the engine needs.
type sessions interface {
	Configure(configs []bfd.Config) error
	Status() []bfd.Status
}

// announcer is the part of *netif.Announcer that the engine needs.
type announcer interface {
	Start(name string, addrs []netif.Address, s netif.Schedule)
	AnnounceNow(name string, a netif.Address)
	Lower(name string)
	CarrierBack(link string)
	Wire(w netif.Wiring)
	Stop(name string)
}

// network gives instances their sockets.
type network interface {
	// Attach opens or shares a socket for the instance and delivers its
	// adverts to r until Detach.
	Attach(cfg *vrrp.Config, link netif.Link, src netip.Addr, r *vrrp.Runner) (vrrp.Transport, error)
	Detach(r *vrrp.Runner)
	// LogStrangers says whether sockets opened from now on log adverts of
	// virtual routers that are not configured.
	LogStrangers(on bool)
}

// engine owns the state of the dataplane. Everything below runs on its one
// goroutine, except where it is said otherwise.
type engine struct {
	log      *slog.Logger
	open     func() (table, error)
	machine  machine
	announce announcer
	network  network
	sessions sessions
	keep     keeper

	model
	table   table
	noTable trouble // while there is no table
	runners map[string]*running
	links   map[string]netif.Link
	present map[netif.Key]netif.Present
	moved   bool // links or addresses are not what the instances were told
	news    bool // an instance or an address is not what control was told

	// generation is the last committed one, inKernel the last one that was in
	// the kernel completely.
	generation, inKernel uint64
	source               []byte
	health               map[healthKey]remembered
	repairs              wire.Repairs
	tracked              tracked
	notices              notices
	asked                []asked
	delays               delays
	promoted             map[string]bool // interfaces with promote_secondaries
	igmp                 bool            // disable_local_igmp is in force
	startup              string          // what instances wait for at first
	startupUntil         time.Time
	poll                 poll
	serving              bool // the IPVS worker is busy
	moving               bool // the address worker is busy
	workers              sync.WaitGroup
	ctx                  context.Context // of the workers
	begun                time.Time
	process              wire.ProcessState
	out                  outbox
	toldInstances        map[string]bool   // their names
	toldProcess          wire.ProcessState // what control knows
	reportAt             time.Time         // not before then
	unreported           bool              // something waits for that
	onReady              func()
	// reloads counts requests to read the configuration again.
	reloads    struct{ asked, answered uint64 }
	logDropped func() uint64
	// hurry has an element when a stop is asked for once more; hurried: it was,
	// and nothing is waited for any longer.
	hurry   <-chan struct{}
	hurried bool

	tasks tasks
	timer *time.Timer
}

// loop runs tasks until nothing of ours is left after ctx has ended, or the
// bound of a stop has passed.
func (e *engine) loop(ctx context.Context) {
	e.timer = time.NewTimer(time.Hour)
	defer e.timer.Stop()
	second := time.NewTicker(time.Second)
	defer second.Stop()
	stop := ctx.Done()
	var hurry, bound <-chan time.Time
	for {
		e.pump()
		if e.stopped() {
			return
		}
		select {
		case <-e.tasks.ready:
		case <-second.C:
			e.everySecond()
		case <-e.timer.C:
		case <-stop:
			stop = nil
			hurry, bound = time.After(handoverBound), time.After(stopBound)
			e.stop()
		case <-e.hurry:
			e.hurry, e.hurried = nil, e.stopping
			e.stopNow("asked once more")
		case <-hurry:
			e.stopNow("the handover took too long")
		case <-bound:
			e.overdue()
			return
		}
		for _, task := range e.tasks.take() {
			task()
		}
	}
}

// Bounds of a stop, whatever the advert intervals are: until then masters may
// wait for somebody to take over, and until then everything has to be over.
// What is left of ten seconds is for scripts that hang, and for control.
const (
	handoverBound = 7 * time.Second
	stopBound     = 7500 * time.Millisecond
)

// stopped reports whether a stop is complete: nothing of ours is left, and
// scripts have been told.
func (e *engine) stopped() bool {
	return e.gaveUp() && (len(e.notices.waiting) == 0 || e.out == nil || e.hurried)
}

// gaveUp reports whether nothing of ours is left after a stop.
func (e *engine) gaveUp() bool {
	return e.stopping && e.idle() && !e.serving && !e.moving && len(e.runners) == 0
}

// overdue says what a stop has waited for in vain.
func (e *engine) overdue() {
	if e.gaveUp() {
		e.log.Warn("scripts have not been told everything in time", "waiting", len(e.notices.waiting), "bound", stopBound)
		return
	}
	e.log.Error("stop took too long, leaving the rest to the next start", "bound", stopBound)
}

// pump starts whatever can be done now. It is called after every event.
func (e *engine) pump() {
	now := time.Now()
	e.passDelays(now)
	e.refreshMachine()
	e.endLingers()
	e.tellRoles()
	e.forgetLeft() // when it has been told
	e.expireHandovers(now)
	e.moveOn(now) // giving up waits for no plan
	if !e.serving {
		if w, ok := e.nextWork(now); ok {
			e.startWork(w)
		} else {
			e.startPoll(now)
		}
	}
	// Services that turned out to be as wanted need no work, and so no answer
	// will come: who waits for them goes on now.
	e.moveOn(now)
	e.decide(now)
	if e.started && !e.serving && !e.moving && e.complete() {
		e.inKernel = e.generation
	}
	e.report(now)
	at, ok := e.nextRetry(now)
	if e.unreported && (!ok || e.reportAt.Before(at)) {
		at, ok = e.reportAt, true
	}
	if next := e.nextDelay(); !next.IsZero() && (!ok || next.Before(at)) {
		at, ok = next, true
	}
	if ok {
		// Never at once: a mistake about what is due would spin, and in real time
		// starve the very worker that is waited for.
		e.timer.Reset(max(time.Until(at), leastSleep))
	}
}

// leastSleep is the least time between two looks at what is due.
const leastSleep = time.Millisecond

// moveOn hands the next address to its worker.
func (e *engine) moveOn(now time.Time) {
	if e.moving {
		return
	}
	if m, ok := e.nextMove(now); ok {
		e.startMove(m)
	}
}

// decide draws the conclusions that are not work for the kernel.
func (e *engine) decide(now time.Time) {
	for _, i := range e.instances {
		r := e.runners[i.name()]
		if r == nil {
			continue
		}
		if i.preparing && !i.prepared && e.started && e.preparedNow(i) {
			i.prepared = true
			r.Prepared()
		}
		if i.role == vrrp.Master && !i.ready && i.followed() {
			i.ready = true
			r.AddressesReady()
		}
		// With its interface all addresses go; then it leaves for that reason
		// and need not wait when the interface is back.
		if i.role == vrrp.Master && i.blackHole() && len(r.ownFaults()) == 0 {
			r.darken(now, e.log)
		}
	}
}

// complete reports whether the kernel holds what it should, as far as it lets
// us.
func (e *engine) complete() bool {
	for _, s := range e.services {
		switch e.fateOf(s) {
		case program:
			if !e.model.ipvs || s.err != nil || !e.settled(s) {
				return false
			}
		case remove:
			if s.present {
				return false
			}
		}
	}
	return true
}

// everySecond looks at what sends no events.
func (e *engine) everySecond() {
	if e.table == nil && !e.stopping && !e.noTable.waiting(time.Now()) {
		e.openTable()
	}
	e.poll.due = true
	for _, r := range e.runners {
		r.lighten(time.Now())
		e.moved = e.moved || !r.attached
	}
	e.instanceStates()
}

// stop begins to give up everything: masters hand over, so that no packet is
// lost where somebody takes over.
func (e *engine) stop() {
	e.stopping = true
	for _, i := range e.instances {
		r := e.runners[i.name()]
		switch {
		case r == nil:
		case i.role == vrrp.Master && !i.leaving:
			e.handOver(i, vrrp.Init, false)
		default:
			r.cancel()
		}
	}
	e.stopStatic()
}

// stopNow ends what a stop waits for.
func (e *engine) stopNow(why string) {
	if !e.stopping {
		return
	}
	for _, i := range e.instances {
		i.linger = time.Time{}
		if r := e.runners[i.name()]; r != nil {
			e.log.Warn("stop without a successor", "instance", i.name(), "reason", why)
			r.cancel()
		}
	}
}

// stopStatic gives up what is there whatever the roles are, when the others are
// through.
func (e *engine) stopStatic() {
	if len(e.runners) > 0 {
		return
	}
	for _, i := range e.instances {
		if i.static {
			i.role = vrrp.Init
		}
	}
}

// tasks is an unbounded list of things for the engine to do. Only role changes,
// answers of workers and what was read from sockets of our own come through it.
type tasks struct {
	mu    sync.Mutex // guards list
	list  []func()
	ready chan struct{}
}

// post hands the engine a task. It never blocks and may be called from any
// goroutine.
func (e *engine) post(task func()) {
	e.tasks.mu.Lock()
	e.tasks.list = append(e.tasks.list, task)
	e.tasks.mu.Unlock()
	select {
	case e.tasks.ready <- struct{}{}:
	default:
	}
}

// later hands the engine a task that nothing waits for: it is done with the next
// one, or within a second, and costs no round of its own. There are thousands
// of them, and a round looks at every service.
func (e *engine) later(task func()) {
	e.tasks.mu.Lock()
	e.tasks.list = append(e.tasks.list, task)
	many := len(e.tasks.list) >= laterAtMost
	e.tasks.mu.Unlock()
	if many {
		select {
		case e.tasks.ready <- struct{}{}:
		default:
		}
	}
}

// laterAtMost bounds what is done in one go.
const laterAtMost = 200

func (t *tasks) take() []func() {
	t.mu.Lock()
	defer t.mu.Unlock()
	list := t.list
	t.list = nil
	return list
}
