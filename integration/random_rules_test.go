package integration

import (
	"slices"
	"time"
)

// settling is after how long the best is master.
func settling(grace time.Duration, p *destiny) time.Duration { return grace + reading + 3*p.down() }

// best objects if, after all has settled, a router is master although another
// one should have preempted it.
func (c *chronicle) best(s *scene, circuit int) []string {
	if s.end.Sub(s.begin) < settling(s.grace, c.plan) {
		return nil
	}
	for _, r := range c.reigns(s, circuit) {
		master := s.routers[r.router]
		if !master.able || s.end.Sub(r.last) > c.plan.interval || r.last.Sub(r.first) < c.two(s) {
			continue
		}
		for n, other := range s.routers {
			if n != r.router && other.able && other.plain && other.island == r.island && other.priority > master.priority {
				return c.object(s, circuit, "%c (%d) is master beside %c (%d)", 'a'+r.router, master.priority, 'a'+n, other.priority)
			}
		}
	}
	return nil
}

// steady objects to a router that takes over when all has settled: the master
// lives, nobody is better than it.
func (c *chronicle) steady(s *scene, circuit int) []string {
	settled := s.begin.Add(settling(s.grace, c.plan))
	for _, r := range c.reigns(s, circuit) {
		if r.first.After(settled) && !slices.ContainsFunc(s.routers[:], func(o condition) bool {
			return o.able && !o.plain && o.island == r.island
		}) {
			return c.object(s, circuit, "%c takes over on island %d at %s, though nothing has happened", 'a'+r.router, r.island, c.stamp(r.first))
		}
	}
	return nil
}

// priorities objects to a router that says another priority than it should.
func (c *chronicle) priorities(s *scene, circuit int) []string {
	for _, a := range c.during(s, circuit) {
		want := s.routers[a.router]
		if want.able && want.plain && !s.lenient && a.priority != 0 && a.priority != want.priority && a.at.Sub(s.begin) > s.grace+reading {
			return c.object(s, circuit, "%c says priority %d at %s, it should be %d", 'a'+a.router, a.priority, c.stamp(a.at), want.priority)
		}
	}
	return nil
}

// apart objects to members of a sync group whose masters are different routers.
func (c *chronicle) apart(s *scene) []string {
	if !c.plan.group {
		return nil
	}
	second := c.reigns(s, 1)
	for _, a := range c.reigns(s, 0) {
		for _, b := range second {
			if a.router == b.router || a.island != b.island {
				continue
			}
			begin, end := latest(a.first, b.first, s.begin.Add(s.grace)), a.last
			if b.last.Before(end) {
				end = b.last
			}
			if limit := c.none() + c.two(s); end.Sub(begin) > limit {
				return c.object(s, 0, "%c is its master and %c that of the other member of the group, from %s to %s, allowed are %v",
					'a'+a.router, 'a'+b.router, c.stamp(begin), c.stamp(end), limit)
			}
		}
	}
	return nil
}
