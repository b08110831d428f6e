package dataplane

import (
	"context"
	"log/slog"
	"net/netip"
	"sync"
	"time"

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
}

// announcer is the part of *netif.Announcer that the engine needs.
type announcer interface {
	Start(name string, addrs []netif.Address, s netif.Schedule)
	AnnounceNow(name string, a netif.Address)
	Lower(name string)
	CarrierBack(link string)
	Stop(name string)
}

// network gives instances their sockets.
type network interface {
	// Attach opens or shares a socket for the instance and delivers its
	// adverts to r until Detach.
	Attach(cfg *vrrp.Config, link netif.Link, src netip.Addr, r *vrrp.Runner) (vrrp.Transport, error)
	Detach(r *vrrp.Runner)
}

// engine owns the state of the dataplane. Everything below runs on its one
// goroutine, except where it is said otherwise.
type engine struct {
	log      *slog.Logger
	open     func() (table, error)
	machine  machine
	announce announcer
	network  network
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
	var bound <-chan time.Time
	for {
		e.pump()
		if e.stopping && e.idle() && !e.serving && !e.moving && len(e.runners) == 0 {
			return
		}
		select {
		case <-e.tasks.ready:
		case <-second.C:
			e.everySecond()
		case <-e.timer.C:
		case <-stop:
			stop = nil
			bound = time.After(stopBound)
			e.stop()
		case <-bound:
			e.log.Error("stop took too long, leaving the rest to the next start", "bound", stopBound)
			return
		}
		for _, task := range e.tasks.take() {
			task()
		}
	}
}

// stopBound is how long a stop may take: whoever stops us has limits, too.
const stopBound = 8 * time.Second

// pump starts whatever can be done now. It is called after every event.
func (e *engine) pump() {
	now := time.Now()
	e.refreshMachine()
	e.forgetLeft()
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
	if ok {
		e.timer.Reset(time.Until(at))
	}
}

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
		// With its interface all addresses go; then it leaves for that reason
		// and need not wait when the interface is back.
		if i.role == vrrp.Master && i.blackHole() && len(r.faults) == 0 {
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
		e.moved = e.moved || r.index == 0
	}
	e.instanceStates()
}

// stop begins to give up everything.
func (e *engine) stop() {
	e.stopping = true
	for _, r := range e.runners {
		r.cancel()
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
