package dataplane

import (
	"slices"
	"time"

	"director/ipvs"
	"director/vrrp"
)

// fate is what should become of a service now.
type fate uint8

const (
	// keep: leave it as it is, in the kernel or not.
	keep fate = iota
	// program: it should be in the kernel as wanted.
	program
	// remove: it should not be in the kernel.
	remove
)

// fateOf decides about one service: it is in the kernel only while its instance
// is MASTER, complete before its address answers, gone after its address has
// gone.
func (m *model) fateOf(s *service) fate {
	if s.dropped {
		i := s.inst
		leaves := i != nil && (i.leaving || i.role != vrrp.Master) && i.holds()
		if leaves || s.at != nil && s.at.dropped && s.at.state == ours {
			return keep
		}
		return remove
	}
	if s.instance == "" {
		if m.stopping {
			return remove
		}
		return program
	}
	i := s.inst
	switch {
	case i == nil:
		return remove
	case i.role == vrrp.Master && s.follows && s.at != nil && s.at.state == absent && s.at.err == nil:
		// A service with a server on this machine follows the address: before
		// it, packets that a living master forwards to that server would be
		// balanced a second time here.
		return keep
	case i.role == vrrp.Master, i.preparing && !s.follows:
		return program
	case i.holds() && (i.linger.IsZero() || !s.follows):
		return keep
	}
	// A service with a server on this machine is no part of serving on: the new
	// master forwards to that server, and here it would be balanced once more.
	return remove
}

// settled reports whether the service is as wanted, or has been tried in vain:
// it carries its error and does not hold up the address.
func (m *model) settled(s *service) bool {
	if !m.ipvs || s.err != nil {
		return true
	}
	return s.present && !s.unsure && !s.stale && len(s.left()) == 0
}

// rank orders work at IPVS; the lowest goes first.
type rank int

const (
	rankFirst   rank = iota // marks, and addresses that are not the instance's
	rankAddress             // + position of the address in the take-over
	rankPrepare rank = 1<<20 + iota
	rankAlways
	rankRemove
	rankNone
)

// rankOf returns the place of a service's work and rankNone where there is none.
func (m *model) rankOf(s *service, order map[*instance][]*address, now time.Time) rank {
	if s.waiting(now) {
		return rankNone
	}
	switch m.fateOf(s) {
	case keep:
		return rankNone
	case remove:
		if s.present || s.unsure {
			return rankRemove
		}
		return rankNone
	}
	if s.present && !s.unsure && !s.stale && len(s.left()) == 0 && s.err == nil {
		return rankNone
	}
	i := s.inst
	switch {
	case i == nil:
		return rankAlways
	case i.role != vrrp.Master:
		return rankPrepare
	case s.at == nil:
		return rankFirst
	}
	if order[i] == nil {
		order[i] = m.takeOverOrder(i)
	}
	return rankAddress + rank(slices.Index(order[i], s.at))
}

// batch is the number of operations handed to the IPVS worker at once: a role
// change waits for no more than these, a fraction of a second even on a slow
// kernel.
const batch = 200

// work is what the IPVS worker does next: read some services, or change some.
type work struct {
	read []*service
	// ops[n] belongs to of[n]. They are not among those to be read.
	ops []ipvs.Op
	of  []*service
}

// nextWork returns the most urgent work at IPVS; false: nothing to do.
func (m *model) nextWork(now time.Time) (work, bool) {
	if !m.ipvs || !m.started {
		return work{}, false
	}
	for {
		urgent := m.urgent(now)
		if len(urgent) == 0 {
			return work{}, false
		}
		// Services that turn out to be as wanted are done with, and the next
		// rank has its turn.
		if w := m.workAt(urgent); len(w.ops) > 0 || len(w.read) > 0 {
			return w, true
		}
	}
}

// urgent returns the services that have work of the lowest rank.
func (m *model) urgent(now time.Time) []*service {
	best := rankNone
	var at []*service
	order := map[*instance][]*address{}
	for _, s := range m.services {
		switch r := m.rankOf(s, order, now); {
		case r < best:
			best, at = r, append(at[:0], s)
		case r == best && r != rankNone:
			at = append(at, s)
		}
	}
	return at
}

// workAt collects a batch of the work of some services.
func (m *model) workAt(services []*service) work {
	var w work
	for _, s := range services {
		if s.unsure {
			w.read = append(w.read, s)
			continue
		}
		m.plan(s)
		n := min(len(s.left()), batch-len(w.ops))
		w.ops = append(w.ops, s.left()[:n]...)
		for range n {
			w.of = append(w.of, s)
		}
		if len(w.ops) == batch {
			break
		}
	}
	return w
}

// plan brings the service's operations up to date.
func (m *model) plan(s *service) {
	if !s.stale && len(s.left()) > 0 {
		return
	}
	s.fold()
	var have, want []ipvs.Service
	if s.present {
		have = []ipvs.Service{s.have}
	}
	var goal *ipvs.Service
	if m.fateOf(s) == program {
		want = []ipvs.Service{s.want}
		goal = &want[0]
	}
	s.plan, s.next, s.goal, s.stale = ipvs.Diff(have, want), 0, goal, false
	if len(s.plan) == 0 {
		// What failed before is no longer asked for.
		s.clear()
	}
}

// replaced reports whether a dropped address still has to wait until the new
// ones of its master are there: addresses are added before others go.
func (m *model) replaced(i *instance, a *address) bool {
	if !a.dropped || i.role != vrrp.Master {
		return false
	}
	for _, b := range i.addrs {
		if !b.dropped && b.state == absent && b.err == nil {
			return true
		}
	}
	return false
}

// firstSettled reports whether the services that are complete before any
// address of the instance are so.
func (m *model) firstSettled(i *instance) bool {
	for _, s := range m.services {
		if s.inst == i && !s.dropped && s.at == nil && m.fateOf(s) == program && !m.settled(s) {
			return false
		}
	}
	return true
}

// readyFor reports whether the services at an address are complete.
func (m *model) readyFor(i *instance, a *address) bool {
	for _, s := range m.services {
		if s.inst == i && !s.dropped && s.at == a && m.fateOf(s) == program && !m.settled(s) {
			return false
		}
	}
	return true
}

// preparedNow reports whether everything that a preemption asked for is there.
func (m *model) preparedNow(i *instance) bool {
	for _, s := range m.services {
		if s.inst == i && !s.dropped && m.fateOf(s) == program && !m.settled(s) {
			return false
		}
	}
	return true
}

// blackHole reports whether a master could bring up none of its addresses.
func (i *instance) blackHole() bool {
	n := 0
	for _, a := range i.addrs {
		if a.dropped {
			continue
		}
		if a.state != absent || a.err == nil {
			return false
		}
		n++
	}
	return n > 0
}

// idle reports whether nothing of ours is left, at a stop.
func (m *model) idle() bool {
	for _, i := range m.instances {
		if i.role == vrrp.Master || i.holds() || i.notice != nil {
			return false
		}
		for _, o := range i.objects {
			if o.state == ours && o.err == nil {
				return false
			}
		}
	}
	for _, l := range m.made {
		if l.made && l.err == nil {
			return false
		}
	}
	if len(m.firewall.have) > 0 && m.firewall.err == nil {
		return false
	}
	for _, s := range m.services {
		if m.ipvs && (s.present || s.unsure) && m.fateOf(s) == remove {
			return false
		}
	}
	return true
}

// nextRetry returns when the first thing that failed is to be tried again.
func (m *model) nextRetry(now time.Time) (time.Time, bool) {
	var first time.Time
	note := func(t *trouble) {
		if t.waiting(now) && (first.IsZero() || t.retryAt.Before(first)) {
			first = t.retryAt
		}
	}
	for _, s := range m.services {
		note(&s.trouble)
	}
	for _, i := range m.instances {
		for _, a := range i.addrs {
			note(&a.trouble)
			// What is due already waits for the worker, not for a time.
			if at := i.leaveAt(a); !i.linger.IsZero() && a.state == ours && at.After(now) && (first.IsZero() || at.Before(first)) {
				first = at
			}
		}
		for _, o := range i.objects {
			note(&o.trouble)
		}
	}
	for _, l := range m.made {
		note(&l.trouble)
	}
	note(&m.firewall.trouble)
	return first, !first.IsZero()
}
