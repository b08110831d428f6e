package netif

import (
	"slices"
	"time"
)

// lane returns the lane of an address, and its gap if that is the group's
// (otherwise 0). Virtual links count for their parents.
func (p *plan) lane(a Address) (l lane, gap time.Duration) {
	l = laneOf(a)
	if parent := p.wiring.Parents[l.link]; parent != "" {
		l.link = parent
	}
	for i, g := range p.wiring.Groups {
		if gap := g.gap(l.v4); gap > 0 && slices.Contains(g.Interfaces, l.link) {
			return lane{group: i + 1, v4: l.v4}, gap
		}
	}
	return l, 0
}

// due makes n announcements of a holder's address due. While the holder is held
// after a stall they wait.
func (p *plan) due(h *holder, a Address, n int, urgent bool) {
	if !h.heldUntil.IsZero() {
		h.held.add(h.name, a, 0, n, urgent)
		return
	}
	_, gap := p.lane(a)
	if gap == 0 {
		gap = h.schedule.gap(laneOf(a).v4)
	}
	p.queue(a).add(h.name, a, gap, n, urgent)
}

// wire changes the wiring; what waits moves to its new lane, which counts as
// used when the last of the old ones was.
func (p *plan) wire(w Wiring) {
	queues := p.inOrder
	p.wiring, p.lanes, p.inOrder = w, map[lane]*queue{}, nil
	var last time.Time
	for _, q := range queues {
		if q.last.After(last) {
			last = q.last
		}
		for _, e := range q.remove("") {
			p.due(p.holder(e.owner), e.address, e.left, e.urgent)
		}
	}
	for _, q := range p.inOrder {
		q.last = last
	}
}

// advanceExtra makes announcements in the period Extra due.
func (p *plan) advanceExtra(h *holder, now time.Time) (at time.Time) {
	s := h.schedule
	extra := func(a Address) bool { return s.extra(a, p.wiring) }
	if s.Extra <= 0 || !slices.ContainsFunc(h.addresses, extra) {
		return time.Time{}
	}
	for ; ; h.nthExtra++ {
		due := h.started.Add(s.Delay + time.Duration(h.nthExtra)*s.Extra)
		if due.After(now) {
			return due
		}
		for _, a := range h.addresses {
			if extra(a) {
				p.due(h, a, 1, false)
			}
		}
	}
}
