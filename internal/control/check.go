package control

import (
	"slices"
	"time"

	"director/checkers"
	"director/config"
	"director/internal/desired"
	"director/internal/wire"
)

// server is a real server with its checks.
type server struct {
	service *service
	config  *config.RealServer
	checks  []*check
	up      bool
	since   time.Time
	// part is what the checks add to the weight.
	part int
	// stale: the dataplane remembers an older health.
	stale bool
}

// check is the last that is known of one check. The same check of the same
// address is one, whichever servers have it.
type check struct {
	id     checkers.ID
	spec   checkers.Spec
	users  []*server
	health checkers.Health
	reason string
	// part is what a followed file adds to the weight.
	part int
	// expires is the end of the certificate that was seen.
	expires time.Time
	at      time.Time // of the last result
}

// adds is what the check adds to the weight of a server.
func (c *check) adds(s *server) int {
	if c.health.SetsWeight {
		return c.health.Weight - int(s.config.Server.Weight)
	}
	return c.part
}

// inOrder reports whether all checks of the server pass, or where one is enough,
// one.
func (s *server) inOrder() bool {
	passes := func(c *check) bool { return c.health.Up }
	if s.config.RequireAny && len(s.checks) > 0 {
		return slices.ContainsFunc(s.checks, passes)
	}
	return !slices.ContainsFunc(s.checks, func(c *check) bool { return !passes(c) })
}

// judged says whether a server is in order, and whether results say so: one
// check is enough to decide; while retries are under way nothing is.
func (s *server) judged() (up, judged bool) {
	decisive := s.config.RequireAny && len(s.checks) > 0 // what one check decides
	up, judged = !decisive, true
	for _, c := range s.checks {
		switch h := c.health; {
		case !h.Known || h.Up != (h.Failures == 0):
			judged = false
		case h.Up == decisive:
			return decisive, true
		}
	}
	return up, judged
}

// parts is what all checks of the server add to its weight.
func (s *server) parts() int {
	sum := 0
	for _, c := range s.checks {
		sum += c.adds(s)
	}
	return sum
}

// take takes in one result of the pool.
func (e *engine) take(r checkers.Report) {
	c := e.checks[r.ID]
	if c == nil {
		return // of a configuration that is no longer in force
	}
	if !r.Result.Expires.IsZero() {
		c.expires = r.Result.Expires
	}
	e.learn(c, r.Health, r.Result.Reason, c.part)
}

// learn notes what is known of a check now, and what that means for its servers.
func (e *engine) learn(c *check, h checkers.Health, reason string, part int) {
	was, before := c.health, c.part
	c.health, c.reason, c.part, c.at = h, reason, part, time.Now()
	news := was.Known != h.Known || was.Up != h.Up || was.SetsWeight != h.SetsWeight || was.Weight != h.Weight || before != part
	alone := was.Up != h.Up // no server turns with it
	for _, s := range c.users {
		s.stale = s.stale || news
		parts := s.parts()
		if up := s.inOrder(); up != s.up {
			s.part, alone = parts, false
			e.turned(c, s, up)
		} else if parts != s.part {
			e.weighed(c, s, parts)
		}
		if !s.service.decided {
			e.trackService(s.service)
		}
	}
	if alone {
		e.log.Info("check turned, its servers did not", "check", c.id, "up", h.Up, "reason", reason)
	}
}

// turned handles a server that came into order or went out of it.
func (e *engine) turned(c *check, s *server, up bool) {
	attrs := []any{
		"service", s.service.config.Name, "server", s.config.Name, "check", c.spec.Kind,
		"reason", c.reason, "after", time.Since(s.since).Round(time.Millisecond),
	}
	s.up, s.since, s.service.dirty = up, time.Now(), true
	if up {
		e.log.Info("server in", attrs...)
		return
	}
	e.log.Warn("server out", attrs...)
}

// weighed handles a server whose weight has changed.
func (e *engine) weighed(c *check, s *server, part int) {
	configured := s.config.Server.Weight
	before, _ := desired.Weight(configured, s.part)
	now, cut := desired.Weight(configured, part)
	s.part = part
	s.service.dirty = s.service.dirty || before != now
	attrs := []any{
		"service", s.service.config.Name, "server", s.config.Name, "check", c.spec.Kind,
		"weight", now, "before", before, "reason", c.reason,
	}
	if cut {
		e.log.Warn("weight out of range", append(attrs, "wanted", int(configured)+part)...)
		return
	}
	e.log.Info("weight changed", attrs...)
}

// recall takes in what a predecessor knew.
func (c *check) recall(m wire.CheckHealth) {
	c.health = checkers.Health{
		Up: m.Up, Known: m.Known, Since: since(m.Since), Failures: m.Failures, SetsWeight: m.SetsWeight, Weight: m.Weight,
	}
	c.reason, c.part, c.at = m.Reason, m.Part, since(m.Age)
}
