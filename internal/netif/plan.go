package netif

import (
	"slices"
	"time"
)

// holder is an instance that is master, or on the way there.
type holder struct {
	name      string
	addresses []Address
	schedule  Schedule
	// announced are the addresses that had their first announcement before
	// the schedule started.
	announced map[Key]bool
	// started is when the schedule did; zero: not yet.
	started time.Time
	nth     int // of the next burst
	// extra are second bursts after a lower advert or a returned carrier.
	extra []extraBurst
	// nthExtra is the number of the next announcement in the period Extra.
	nthExtra int
	// heldUntil is when announcements go on after a stall (zero: there was
	// none), held what waits for it.
	heldUntil time.Time
	held      *queue
}

// extraBurst is one burst beside the schedule.
type extraBurst struct {
	at     time.Time
	rounds int
	// link limits it to one interface; empty: all.
	link string
}

// plan is all announcements to come. It knows the time only from its callers
// and is not for concurrent use.
type plan struct {
	// holders in the order in which they came.
	holders []*holder
	lanes   map[lane]*queue
	// inOrder makes what is due at one time leave in a fixed order.
	inOrder []*queue
	wiring  Wiring
}

func newPlan() *plan { return &plan{lanes: map[lane]*queue{}} }

func (p *plan) holder(name string) *holder {
	for _, h := range p.holders {
		if h.name == name {
			return h
		}
	}
	return nil
}

func (p *plan) queue(a Address) *queue {
	l, _ := p.lane(a)
	q := p.lanes[l]
	if q == nil {
		q = newQueue()
		p.lanes[l] = q
		p.inOrder = append(p.inOrder, q)
	}
	return q
}

// ensure returns the holder of a name, new if need be.
func (p *plan) ensure(name string) *holder {
	h := p.holder(name)
	if h == nil {
		h = &holder{name: name, announced: map[Key]bool{}}
		p.holders = append(p.holders, h)
	}
	return h
}

// start begins an instance's schedule at now, or begins it anew.
func (p *plan) start(name string, addresses []Address, s Schedule, now time.Time) {
	h := p.ensure(name)
	kept := make(map[Key]bool, len(addresses))
	for _, a := range addresses {
		kept[a.Key] = true
	}
	for _, q := range p.inOrder {
		q.drop(name, kept)
	}
	h.addresses, h.schedule = slices.Clone(addresses), s
	h.started, h.nth, h.extra, h.nthExtra = now, 1, nil, 1
	h.repeatLater("", 1, s.Again, now)
	if h.held != nil {
		h.held.drop(name, kept)
	}
	_, rounds, _ := s.burst(0)
	for _, a := range addresses {
		// What went out during the take-over was the first round.
		n, urgent := rounds, true
		if h.announced[a.Key] {
			n, urgent = rounds-1, false
		}
		if n > 0 {
			p.due(h, a, n, urgent)
		}
	}
	clear(h.announced)
}

// announce makes the first announcement of an address due.
func (p *plan) announce(name string, a Address) {
	h := p.ensure(name)
	p.due(h, a, 1, true)
}

// lower answers an advert of lower priority.
func (p *plan) lower(name string, now time.Time) {
	h := p.holder(name)
	if h == nil || h.started.IsZero() || h.schedule.LowerPrioRepeat <= 0 {
		return
	}
	p.round(h, "", h.schedule.LowerPrioRepeat, false)
	h.repeatLater("", h.schedule.LowerPrioRepeat, h.schedule.LowerPrioDelay, now)
}

// carrierBack announces again what lives on an interface.
func (p *plan) carrierBack(link string, now time.Time) {
	for _, h := range p.holders {
		on := func(a Address) bool { return a.Interface == link }
		if h.started.IsZero() || !slices.ContainsFunc(h.addresses, on) {
			continue
		}
		_, rounds, _ := h.schedule.burst(0)
		p.round(h, link, rounds, true)
		h.repeatLater(link, rounds, h.schedule.Delay, now)
	}
}

// repeatLater puts a second burst of the same cause after delay, in place of
// one that is still to come; 0: none.
func (h *holder) repeatLater(link string, rounds int, delay time.Duration, now time.Time) {
	h.extra = slices.DeleteFunc(h.extra, func(e extraBurst) bool { return e.link == link })
	if delay > 0 {
		h.extra = append(h.extra, extraBurst{now.Add(delay), rounds, link})
	}
}

// stop forgets an instance and all that it still wanted to send.
func (p *plan) stop(name string) {
	p.holders = slices.DeleteFunc(p.holders, func(h *holder) bool { return h.name == name })
	for _, q := range p.inOrder {
		q.drop(name, nil)
	}
}

// round makes n rounds due over a holder's addresses on link (empty: on all).
func (p *plan) round(h *holder, link string, n int, urgent bool) {
	for _, a := range h.addresses {
		if link == "" || a.Interface == link {
			p.due(h, a, n, urgent)
		}
	}
}

// next takes the announcement that is to be sent at now; ok is false if there
// is none, and then at is when to ask again (zero: after the next change).
func (p *plan) next(now time.Time) (a Address, at time.Time, ok bool) {
	at = p.advance(now)
	var from *queue
	var index int
	for _, q := range p.inOrder {
		i, when, ready := q.next(now)
		switch {
		case !ready:
			at = earlier(at, when)
		case from == nil || q.urgent > 0 && from.urgent == 0:
			from, index = q, i
		}
	}
	if from == nil {
		return Address{}, at, false
	}
	e := from.take(index, now)
	if h := p.holder(e.owner); h.started.IsZero() {
		h.announced[e.address.Key] = true
	}
	return e.address, at, true
}

// sent says when an announcement has left: the gap to the next one begins there.
func (p *plan) sent(a Address, now time.Time) { p.queue(a).last = now }

// advance queues the bursts whose time has come and returns the time of the
// next one (zero: there is none).
func (p *plan) advance(now time.Time) (at time.Time) {
	for _, h := range p.holders {
		if h.heldUntil.After(now) {
			at = earlier(at, h.heldUntil)
			continue
		}
		p.letGo(h)
		if !h.started.IsZero() {
			at = earlier(at, p.advanceHolder(h, now))
		}
	}
	return at
}

func (p *plan) advanceHolder(h *holder, now time.Time) (at time.Time) {
	for {
		after, rounds, ok := h.schedule.burst(h.nth)
		if !ok {
			break
		}
		if due := h.started.Add(after); due.After(now) {
			at = due
			break
		}
		p.round(h, "", rounds, false)
		h.nth++
	}
	h.extra = slices.DeleteFunc(h.extra, func(e extraBurst) bool {
		if e.at.After(now) {
			at = earlier(at, e.at)
			return false
		}
		p.round(h, e.link, e.rounds, false)
		return true
	})
	return earlier(at, p.advanceExtra(h, now))
}

// earlier returns the earlier of two times, of which zero is never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
