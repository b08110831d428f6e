package control

import (
	"bytes"
	"context"
	"encoding/gob"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"time"

	"director/checkers"
	"director/config"
	"director/internal/desired"
	"director/internal/netif"
	"director/internal/notify"
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
	remembered map[string]wire.Health // of a predecessor, until the first adopt
	refresh    int                    // the next server whose health is repeated
	loading    bool                   // a reload is under way
	pending    uint64                 // the newest one asked for meanwhile; 0: none
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

// server is a real server with its checks.
type server struct {
	service *service
	config  *config.RealServer
	checks  []*check
	up      bool
	since   time.Time
	// stale: the dataplane remembers an older health.
	stale bool
}

// check is the last that is known of one check.
type check struct {
	id     checkers.ID
	server *server
	kind   checkers.Kind
	health checkers.Health
	reason string
	at     time.Time // of the last result
}

func newEngine(o Options, conn *wire.Conn, generation uint64) *engine {
	e := &engine{
		opts: o, log: o.Log, conn: conn, generation: generation, begun: time.Now(),
		instances: map[string]told[wire.InstanceState]{}, states: map[string]wire.ServiceState{},
		remembered: map[string]wire.Health{},
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
	specs := make(map[checkers.ID]checkers.Spec, len(checks))
	known := make(map[checkers.ID]checkers.Health, len(checks))
	for id, c := range checks {
		known[id] = c.health
	}
	for _, name := range order {
		for _, s := range services[name].servers {
			for n, c := range s.checks {
				specs[c.id] = s.config.Checks[n]
			}
		}
	}
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
	clear(e.remembered)
	clear(e.tracking.decided)
	for _, name := range order {
		e.compute(services[name])
	}
	e.notifier.Configure(settingsOf(cfg))
	e.configureTrackers(cfg, first)
	e.sendAll(packed.Bytes())
	return nil
}

// arrange makes services, servers and checks of a configuration, with what is
// known already of those that stay.
func (e *engine) arrange(cfg *config.Config) (map[string]*service, []string, map[checkers.ID]*check) {
	services := make(map[string]*service, len(cfg.Services))
	order := make([]string, 0, len(cfg.Services))
	checks := map[checkers.ID]*check{}
	now := time.Now() // once: there are machines where the clock is a system call
	for n := range cfg.Services {
		vs := &cfg.Services[n]
		s := &service{config: vs, decided: e.tracking.decided[vs.Name], quorumSince: now}
		if old := e.services[vs.Name]; old != nil {
			s.result.QuorumUp, s.decided, s.quorumSince = old.result.QuorumUp, old.decided, old.quorumSince
		}
		for m := range vs.Servers {
			rs := &vs.Servers[m]
			srv := &server{service: s, config: rs, since: now, stale: true}
			srv.checks = e.arrangeChecks(vs, rs, srv, checks)
			srv.up = srv.inOrder()
			s.servers = append(s.servers, srv)
			if h, ok := e.remembered[vs.Name+"\x00"+rs.Name]; ok {
				s.result.QuorumUp = h.QuorumUp
			}
		}
		services[vs.Name] = s
		order = append(order, vs.Name)
	}
	return services, order, checks
}

func (e *engine) arrangeChecks(vs *config.VirtualServer, rs *config.RealServer, srv *server, all map[checkers.ID]*check) []*check {
	var list []*check
	now := srv.since
	memory := map[string]wire.CheckHealth{}
	for _, h := range e.remembered[vs.Name+"\x00"+rs.Name].Checks {
		memory[h.ID] = h
	}
	for n := range rs.Checks {
		spec := &rs.Checks[n]
		id := checkers.ID(fmt.Sprintf("%s/%s/%s/%d", vs.Name, rs.Name, spec.Kind, n))
		c := &check{id: id, server: srv, kind: spec.Kind, health: checkers.Health{Up: !spec.Alpha, Since: now}}
		if old := e.checks[id]; old != nil && specOf(old).Equal(*spec) {
			c.health, c.reason, c.at = old.health, old.reason, old.at
			srv.since = old.server.since
		} else if m, ok := memory[string(id)]; ok {
			c.health = checkers.Health{Up: m.Up, Known: m.Known, Since: since(m.Since), Failures: m.Failures}
			c.reason, c.at = m.Reason, since(m.Age)
			srv.since = c.health.Since
		}
		list = append(list, c)
		all[id] = c
	}
	return list
}

// specOf returns the spec of a check of the configuration in force.
func specOf(c *check) checkers.Spec {
	n := slices.Index(c.server.checks, c)
	return c.server.config.Checks[n]
}

// inOrder reports whether all checks of the server pass.
func (s *server) inOrder() bool {
	return !slices.ContainsFunc(s.checks, func(c *check) bool { return !c.health.Up })
}

// recall keeps what a predecessor knew until the configuration is adopted.
func (e *engine) recall(healths []wire.Health) {
	for _, h := range healths {
		e.remembered[h.Service+"\x00"+h.Server] = h
	}
}

// take takes in one result.
func (e *engine) take(r checkers.Report) {
	c := e.checks[r.ID]
	if c == nil {
		return // of a configuration that is no longer in force
	}
	first := !c.health.Known
	changed := c.health.Up != r.Health.Up
	c.health, c.reason, c.at = r.Health, r.Result.Reason, time.Now()
	s := c.server
	s.stale = s.stale || changed || first
	if up := s.inOrder(); up != s.up {
		e.turned(c, up)
	}
	if !s.service.decided {
		e.trackService(s.service)
	}
}

// turned handles a server that came into order or went out of it.
func (e *engine) turned(c *check, up bool) {
	s := c.server
	attrs := []any{
		"service", s.service.config.Name, "server", s.config.Name, "check", c.kind,
		"reason", c.reason, "after", time.Since(s.since).Round(time.Millisecond),
	}
	s.up, s.since, s.service.dirty = up, time.Now(), true
	if up {
		e.log.Info("server in", attrs...)
		return
	}
	e.log.Warn("server out", attrs...)
}

// compute works out what a service should look like.
func (e *engine) compute(s *service) {
	up := make([]bool, len(s.servers))
	for n, srv := range s.servers {
		up[n] = srv.up
	}
	was, first := s.result, s.result.Service.Scheduler == ""
	s.result = desired.Compute(s.config, up, was.QuorumUp)
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
