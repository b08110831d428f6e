package control

import (
	"bytes"
	"context"
	"encoding/gob"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"director/checkers"
	"director/config"
	"director/internal/desired"
	"director/internal/netif"
	"director/internal/notify"
	"director/internal/track"
	"director/internal/wire"
	"director/ipvs"
)

// engine owns the state of control. Everything runs on the goroutine of loop,
// except where it is said otherwise.
type engine struct {
	opts    Options
	log     *slog.Logger
	conn    *wire.Conn
	pool    *checkers.Pool
	sources *netif.Sources
	around  sync.WaitGroup
	begun   time.Time

	opening    bool // director starts: there was no configuration before
	source     *config.Source
	cfg        *config.Config
	generation uint64
	services   map[string]*service
	order      []string // of services, as configured
	checks     map[checkers.ID]*check
	followers  map[track.ID][]*check
	remembered memories // of a predecessor, until the first adopt
	refresh    int      // the next server whose health is repeated
	loading    bool     // a reload is under way
	pending    uint64   // the newest one asked for meanwhile; 0: none
	tracking   tracking
	notifier   *notify.Notifier
	handovers  handovers

	// What the dataplane says.
	instances map[string]told[wire.InstanceState]
	states    map[string]wire.ServiceState
	process   wire.ProcessState
	processAt time.Time // when that was said
	born      time.Time // when the dataplane was started
	heard     time.Time // when it last said anything

	tasks   *wire.Mailbox[any, func()]
	reports *wire.Mailbox[checkers.ID, checkers.Report]
	outgoing
}

// told is something the dataplane said, and when.
type told[T any] struct {
	what T
	at   time.Time
}

// service is a virtual server with the health of its servers.
type service struct {
	config  *config.VirtualServer
	servers []*server
	result  desired.Result
	// sent is what the dataplane has been told.
	sent  []ipvs.Server
	dirty bool
	// decided: the quorum stands on results, see decide.
	decided bool
	// quorumSince is when the quorum was gained or lost.
	quorumSince time.Time
}

func newEngine(o Options, conn *wire.Conn, generation uint64) *engine {
	e := &engine{
		opts: o, log: o.Log, conn: conn, generation: generation, begun: time.Now(),
		instances: map[string]told[wire.InstanceState]{}, states: map[string]wire.ServiceState{},
		remembered: newMemories(),
		tasks:      wire.NewMailbox[any, func()](), reports: wire.NewMailbox[checkers.ID, checkers.Report](),
		outgoing: newOutgoing(), handovers: handovers{waiting: map[uint64]chan<- wire.HandoverAnswer{}},
	}
	e.newTracking()
	e.newNotifier()
	return e
}

// loop runs until ctx ends.
func (e *engine) loop(ctx context.Context) {
	second := time.NewTicker(time.Second)
	defer second.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-e.tasks.Ready():
			for _, task := range e.tasks.Take() {
				task()
			}
		case <-e.reports.Ready():
			for _, r := range e.reports.Take() {
				e.take(r)
			}
		case <-e.tracking.changed.Ready():
		case <-e.tracking.gap.C:
		case <-second.C:
			e.repeatHealth()
		case <-e.drained:
		}
		e.noteChanged()
		e.flush()
		e.trackersChanged()
	}
}

// post hands the engine a task, from any goroutine.
func (e *engine) post(task func()) { e.tasks.Set(new(int), task) }

// reported takes a result from the pool: the newest of each check.
func (e *engine) reported(r checkers.Report) { e.reports.Set(r.ID, r) }

// adopt puts a configuration in force: at the start, and at a reload.
func (e *engine) adopt(source *config.Source, cfg *config.Config) error {
	services, order, checks := e.arrange(cfg)
	specs, known := probes(checks)
	var virtual []netip.Addr
	for _, i := range cfg.Instances {
		for _, a := range i.Addresses {
			virtual = append(virtual, a.Prefix.Addr())
		}
	}
	packed := new(bytes.Buffer)
	if err := gob.NewEncoder(packed).Encode(source); err != nil {
		return fmt.Errorf("pack the configuration: %w", err)
	}
	if err := e.pool.Set(specs, known); err != nil {
		return fmt.Errorf("checks: %w", err)
	}
	e.sources.SetVirtual(virtual)
	first := e.cfg == nil && e.opening
	e.source, e.cfg, e.services, e.order, e.checks = source, cfg, services, order, checks
	e.remembered = newMemories()
	clear(e.tracking.decided)
	e.watch(cfg, first)
	e.followAll()
	for _, name := range order {
		e.compute(services[name])
	}
	e.notifier.Configure(settingsOf(cfg))
	e.tellTrackers(cfg)
	e.sendAll(packed.Bytes())
	return nil
}

// compute works out what a service should look like.
func (e *engine) compute(s *service) {
	states := make([]desired.State, len(s.servers))
	for n, srv := range s.servers {
		states[n] = desired.State{Up: srv.up, Part: srv.part}
	}
	was, first := s.result, s.result.Service.Scheduler == ""
	s.result = desired.Compute(s.config, states, was.QuorumUp)
	s.dirty = false
	e.trackService(s)
	if first || was.QuorumUp == s.result.QuorumUp {
		return
	}
	s.quorumSince = time.Now()
	for _, srv := range s.servers {
		srv.stale = true // it carries the quorum, too
	}
	attrs := []any{"service", s.config.Name, "live_weight", s.result.Live, "quorum", s.result.Quorum, "sorry_server", s.result.SorryInUse}
	if s.result.QuorumUp {
		e.log.Info("quorum gained", attrs...)
		return
	}
	e.log.Warn("quorum lost", attrs...)
}

// reload reads the files again, beside everything else: a large configuration
// takes seconds. One with errors changes nothing. A request that comes while one
// is under way is done after it, because it may have read the old files.
func (e *engine) reload(seq uint64) {
	if e.loading {
		e.pending = seq
		return
	}
	e.loading = true
	e.around.Go(func() {
		cfg, source, diags := config.Load(e.opts.Load)
		e.post(func() {
			e.loading = false
			e.loaded(source, cfg, diags)
			e.send(wire.Message{Reloaded: &wire.Reloaded{Seq: seq}})
			if next := e.pending; next > 0 {
				e.pending = 0
				e.reload(next)
			}
		})
	})
}

func (e *engine) loaded(source *config.Source, cfg *config.Config, diags config.Diagnostics) {
	if err := diags.WriteText(e.opts.Stderr); err != nil {
		e.log.Error("diagnostics could not be written", "error", err)
	}
	if cfg == nil {
		errs, _ := diags.Count()
		e.log.Error("nothing reloaded: the configuration has errors; the old one stays in force", "errors", errs)
		return
	}
	if err := e.adopt(source, cfg); err != nil {
		e.log.Error("nothing reloaded", "error", err)
		return
	}
	e.log.Info("reloaded", "generation", e.generation, "services", len(cfg.Services), "instances", len(cfg.Instances))
}
