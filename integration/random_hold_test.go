package integration

import (
	"slices"
	"time"
)

// addresses objects to a master that lacks an address, and to one that is no
// master and has one.
func (c *chronicle) addresses(s *scene) []string {
	for n := range c.plan.circuits {
		reigns := c.reigns(s, n)
		for _, h := range c.held(s) {
			if !s.routers[h.router].watched {
				continue
			}
			has, all := h.has[n], len(c.plan.circuits[n].vips)
			switch {
			case has < all && c.ruled(s, reigns, h):
				return c.object(s, n, "%c is master and has %d of %d addresses at %s", 'a'+h.router, has, all, c.stamp(h.at))
			case has > 0 && c.silent(s, n, h):
				return c.object(s, n, "%c is not master and has %d addresses at %s", 'a'+h.router, has, c.stamp(h.at))
			}
		}
	}
	return nil
}

func (c *chronicle) held(s *scene) []holding {
	from, _ := slices.BinarySearchFunc(c.holdings, s.begin.Add(s.grace), func(h holding, t time.Time) int { return h.at.Compare(t) })
	to, _ := slices.BinarySearchFunc(c.holdings, s.end, func(h holding, t time.Time) int { return h.at.Compare(t) })
	return c.holdings[from:max(from, to)]
}

// ruled reports whether a machine has been the only master for so long, and went
// on to be, that it has to have its addresses.
func (c *chronicle) ruled(s *scene, reigns []reign, h holding) bool {
	since := h.at.Add(-programming)
	if s.routers[h.router].touched.After(since) {
		return false
	}
	ruled := false
	for _, r := range reigns {
		switch {
		case r.router == h.router:
			ruled = ruled || !r.first.After(since) && !r.last.Before(h.at)
		case r.island == s.routers[h.router].island && r.last.After(since) && !r.first.After(h.at):
			return false
		}
	}
	return ruled
}

// silent reports whether a machine has not been a master for so long that it
// must not have an address.
func (c *chronicle) silent(s *scene, circuit int, h holding) bool {
	since := h.at.Add(-c.none() - programming)
	if since.Before(s.begin.Add(s.grace)) {
		return false
	}
	return !slices.ContainsFunc(c.during(s, circuit), func(a claim) bool {
		return a.router == h.router && a.priority > 0 && a.at.After(since) && !a.at.After(h.at)
	})
}
