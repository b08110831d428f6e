package dataplane

import (
	"context"
	"errors"
	"time"

	"director/internal/netif"
	"director/vrrp"
)

// startMove hands one change to the address worker.
func (e *engine) startMove(m move) {
	e.moving = true
	if m.kind == hideAddress {
		m.address.hiding = true
	}
	job := e.job(m)
	e.workers.Go(func() {
		done, err := job(e.ctx)
		e.post(func() {
			e.moving = false
			done(err)
		})
	})
}

// job returns what the worker does, and what the engine does with the outcome.
// It runs on the engine's goroutine; what it returns first does not.
func (e *engine) job(m move) func(context.Context) (func(error), error) {
	switch m.kind {
	case addObject, deleteObject:
		return e.objectJob(m)
	case makeLink, dropLink:
		return e.linkJob(m)
	case refuse:
		fw := e.settings.Firewall
		return func(ctx context.Context) (func(error), error) {
			err := e.machine.Refuse(ctx, fw, m.refusals)
			return func(err error) { e.didRefuse(fw, m.refusals, err) }, err
		}
	case listRoutes:
		e.routesDue = false
		return e.listJob()
	}
	return e.addressJob(m)
}

func (e *engine) addressJob(m move) func(context.Context) (func(error), error) {
	a := m.address.Address
	was := m.address.hidden
	return func(ctx context.Context) (func(error), error) {
		var outcome netif.Outcome
		var err error
		switch {
		case m.kind == addAddress:
			outcome, err = e.machine.Add(ctx, a)
		case m.kind == revealAddress:
			outcome, err = e.machine.Reveal(ctx, a)
		case m.kind == hideAddress:
			err = e.machine.Hide(ctx, a)
		case was:
			err = e.machine.Unhide(ctx, a)
		default:
			err = e.machine.Delete(ctx, a)
		}
		return func(err error) { e.didMove(m, outcome, err) }, err
	}
}

func (e *engine) didMove(m move, outcome netif.Outcome, err error) {
	a := m.address
	e.news = true
	a.hiding = false
	switch {
	case err != nil:
		a.fail(err, time.Now())
		verb := "give up"
		if m.kind == addAddress || m.kind == revealAddress {
			verb = "take"
		}
		e.log.Error("address refused", "instance", m.instance.name(), "address", a.Key.String(), "verb", verb,
			"error", err, "retry_in", a.backoff)
	case m.kind == hideAddress:
		a.clear()
		a.hidden = true
	case m.kind == deleteAddress:
		a.clear()
		a.state, a.changed, a.hidden = absent, false, false
	default:
		a.clear()
		e.repaired(m, outcome)
		a.state, a.changed, a.hidden = ours, false, false
		if outcome == netif.Foreign {
			a.state = foreign
			e.log.Warn("virtual address is held by somebody else on this machine; it is left alone",
				"instance", m.instance.name(), "address", a.Key.String())
		}
		if m.instance.role == vrrp.Master && !m.instance.static {
			e.announceTaken(m.instance, a)
		}
	}
	e.routesDue = true
	m.instance.forgetDropped()
}

// repaired counts an address that somebody had taken away. Where it is there
// already, the event was an old one, of a change of our own.
func (e *engine) repaired(m move, outcome netif.Outcome) {
	if m.address.missed && outcome == netif.Added {
		e.repairs.Addresses++
		e.log.Warn("virtual address was removed by somebody else and is put back",
			"instance", m.instance.name(), "address", m.address.Key.String())
	}
	m.address.missed = false
}

// forgetDropped removes the addresses that are no longer configured and gone.
func (i *instance) forgetDropped() {
	left := i.addrs[:0]
	for _, a := range i.addrs {
		if !a.dropped || a.state == ours {
			left = append(left, a)
		}
	}
	i.addrs = left
}

func (e *engine) objectJob(m move) func(context.Context) (func(error), error) {
	o := m.object
	return func(ctx context.Context) (func(error), error) {
		var outcome netif.Outcome
		var err error
		switch {
		case m.kind == addObject && o.route != nil:
			outcome, err = e.machine.AddRoute(ctx, *o.route)
		case m.kind == addObject:
			outcome, err = e.machine.AddRule(ctx, *o.rule)
		case o.route != nil:
			err = e.machine.DeleteRoute(ctx, *o.route)
		default:
			err = e.machine.DeleteRule(ctx, *o.rule)
		}
		return func(err error) { e.didObject(m, outcome, err) }, err
	}
}

func (e *engine) didObject(m move, outcome netif.Outcome, err error) {
	o := m.object
	e.news = true
	switch {
	case err != nil:
		o.fail(err, time.Now())
		e.log.Error("route or rule refused", "instance", m.instance.name(), "object", o.String(), "error", err,
			"retry_in", o.backoff)
		return
	case m.kind == deleteObject:
		o.state = absent
	case outcome == netif.Foreign:
		o.state = foreign
		e.log.Warn("there is such a route or rule already that is not ours; it is left alone",
			"instance", m.instance.name(), "object", o.String())
	default:
		o.state = ours
		if o.missed {
			if o.route != nil {
				e.repairs.Routes++
			} else {
				e.repairs.Rules++
			}
			e.log.Warn("route or rule was removed by somebody else and is put back",
				"instance", m.instance.name(), "object", o.String())
		}
	}
	o.missed = false
	o.clear()
	m.instance.forgetObjects()
}

func (e *engine) linkJob(m move) func(context.Context) (func(error), error) {
	l, want := m.link, m.link.want
	return func(ctx context.Context) (func(error), error) {
		var err error
		if m.kind == makeLink {
			_, err = e.machine.EnsureLink(ctx, want)
		} else {
			err = e.machine.DeleteLink(ctx, want)
		}
		return func(err error) { e.didLink(l, m.kind, want, err) }, err
	}
}

func (e *engine) didLink(l *madeLink, kind moveKind, want netif.VirtualLink, err error) {
	e.moved, e.news = true, true
	switch {
	case err != nil:
		l.fail(err, time.Now())
		// Its parent may come later; then an event says so.
		if !errors.Is(err, netif.ErrNoInterface) {
			e.log.Error("virtual interface refused", "interface", want.Name, "error", err, "retry_in", l.backoff)
		}
	case kind == dropLink:
		l.made = false
		l.clear()
		if l.dropped {
			e.made = without(e.made, l)
		}
	default:
		l.made = l.want == want
		l.clear()
	}
}

func without(list []*madeLink, l *madeLink) []*madeLink {
	var left []*madeLink
	for _, o := range list {
		if o != l {
			left = append(left, o)
		}
	}
	return left
}

func (e *engine) didRefuse(fw netif.Firewall, refusals []netif.Refusal, err error) {
	f := &e.firewall
	if errors.Is(err, netif.ErrNoFirewall) && !refusesAny(refusals) {
		if !f.warned {
			f.warned = true
			e.log.Warn("group reports of the kernel leave from virtual MACs: switches may learn them at a backup", "reason", err)
		}
		err = nil
	}
	if err != nil {
		f.fail(err, time.Now())
		e.log.Error("accept = false cannot be enforced: packets reach the addresses", "error", err, "retry_in", f.backoff)
		return
	}
	f.clear()
	f.have, f.wanted, f.asked = refusals, fw, true
}
