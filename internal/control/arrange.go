package control

import (
	"time"

	"director/checkers"
	"director/config"
	"director/internal/track"
	"director/internal/wire"
)

// memories are what the dataplane remembers of a predecessor's checks.
type memories struct {
	quorums map[string]bool // of services that had servers with checks
	checks  map[string]wire.CheckHealth
}

func newMemories() memories {
	return memories{map[string]bool{}, map[string]wire.CheckHealth{}}
}

// recall keeps what a predecessor knew until the configuration is adopted.
func (e *engine) recall(healths []wire.Health) {
	for _, h := range healths {
		e.remembered.quorums[h.Service] = h.QuorumUp
		for _, c := range h.Checks {
			e.remembered.checks[c.ID] = c
		}
	}
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
		s.result.QuorumUp = e.remembered.quorums[vs.Name]
		before := map[string]*server{}
		if old := e.services[vs.Name]; old != nil {
			s.result.QuorumUp, s.decided, s.quorumSince = old.result.QuorumUp, old.decided, old.quorumSince
			for _, srv := range old.servers {
				before[srv.config.Name] = srv
			}
		}
		for m := range vs.Servers {
			s.servers = append(s.servers, e.arrangeServer(s, &vs.Servers[m], before[vs.Servers[m].Name], checks, now))
		}
		services[vs.Name] = s
		order = append(order, vs.Name)
	}
	return services, order, checks
}

// arrangeServer makes one server; old is the same one in the configuration
// before, or nil.
func (e *engine) arrangeServer(s *service, rs *config.RealServer, old *server, all map[checkers.ID]*check, now time.Time) *server {
	srv := &server{service: s, config: rs, stale: true}
	for n := range rs.Checks {
		c := e.arrangeCheck(&rs.Checks[n], all, now)
		c.users = append(c.users, srv)
		srv.checks = append(srv.checks, c)
		if c.health.Known && c.health.Since.After(srv.since) {
			srv.since = c.health.Since
		}
	}
	srv.up = srv.inOrder()
	switch {
	case old != nil && old.up == srv.up:
		srv.since = old.since
	case srv.since.IsZero():
		srv.since = now
	}
	srv.part = srv.parts()
	return srv
}

// arrangeCheck returns the check of a spec, which several servers may have.
func (e *engine) arrangeCheck(spec *checkers.Spec, all map[checkers.ID]*check, now time.Time) *check {
	id := spec.ID()
	if c := all[id]; c != nil {
		c.spec.LogAllFailures = c.spec.LogAllFailures || spec.LogAllFailures
		c.spec.Warmup = min(c.spec.Warmup, spec.Warmup)
		return c
	}
	c := &check{id: id, spec: *spec, health: checkers.Health{Up: !spec.Alpha, Since: now}}
	if spec.Kind == checkers.FileCheck && e.cfg == nil && e.opening {
		c.health.Up = false // the file is read in a moment
	}
	if old := e.checks[id]; old != nil {
		c.health, c.reason, c.part, c.expires, c.at = old.health, old.reason, old.part, old.expires, old.at
	} else if m, ok := e.remembered.checks[string(id)]; ok {
		c.recall(m)
	}
	all[id] = c
	return c
}

// probes returns what the pool has to do, and what is known of it.
func probes(checks map[checkers.ID]*check) (map[checkers.ID]checkers.Spec, map[checkers.ID]checkers.Health) {
	specs := make(map[checkers.ID]checkers.Spec, len(checks))
	known := make(map[checkers.ID]checkers.Health, len(checks))
	for id, c := range checks {
		if !c.spec.Kind.Follows() {
			specs[id], known[id] = c.spec, c.health
		}
	}
	return specs, known
}

// followed is the tracked object that a check follows.
func followed(s *checkers.Spec) track.ID {
	if s.Kind == checkers.FileCheck {
		return track.ID{Kind: track.File, Name: s.Follow.Name}
	}
	return track.ID{Kind: track.BFD, Name: s.Follow.Name}
}
