package dataplane

import (
	"slices"
	"time"

	"director/internal/netif"
	"director/vrrp"
)

// moveKind is a kind of change that the address worker makes.
type moveKind uint8

const (
	addAddress moveKind = iota
	deleteAddress
	hideAddress
	revealAddress
	addObject
	deleteObject
	makeLink
	dropLink
	refuse
	listRoutes
)

// move is what the address worker does next.
type move struct {
	kind     moveKind
	instance *instance
	address  *address
	object   *object
	link     *madeLink
	refusals []netif.Refusal
}

// nextMove returns the next change of addresses and what goes with them; false:
// nothing to do. Giving up comes before everything else.
func (m *model) nextMove(now time.Time) (move, bool) {
	for _, next := range []func(time.Time) (move, bool){m.giveUp, m.lingerMove, m.firewallMove, m.linkMove} {
		if mv, ok := next(now); ok {
			return mv, true
		}
	}
	if !m.started {
		return move{}, false
	}
	for _, i := range m.instances {
		if i.role != vrrp.Master {
			continue
		}
		if mv, ok := m.takeOver(i, now); ok {
			return mv, true
		}
	}
	if m.routesDue && m.anyObject() {
		return move{kind: listRoutes}, true
	}
	return move{}, false
}

// giveUp returns the next thing that has to go: rules and routes in reverse,
// then addresses.
func (m *model) giveUp(now time.Time) (move, bool) {
	for _, i := range m.instances {
		for _, o := range slices.Backward(i.objects) {
			if o.state == ours && (!i.serving() || o.dropped) && !o.waiting(now) {
				return move{kind: deleteObject, instance: i, object: o}, true
			}
		}
		if i.role != vrrp.Master && !i.linger.IsZero() {
			continue // lingerMove's
		}
		for _, a := range i.addrs {
			if a.state == ours && (i.role != vrrp.Master || a.dropped) && !a.waiting(now) && !m.replaced(i, a) {
				return move{kind: deleteAddress, instance: i, address: a}, true
			}
		}
	}
	return move{}, false
}

// takeOver returns the next thing that a master takes: the firewall's rules,
// addresses in their order, then routes and rules.
func (m *model) takeOver(i *instance, now time.Time) (move, bool) {
	if !m.firstSettled(i) || !m.refused(i) {
		return move{}, false
	}
	for _, a := range m.takeOverOrder(i) {
		switch {
		case a.dropped || a.waiting(now):
			continue
		case a.hidden:
			return move{kind: revealAddress, instance: i, address: a}, true
		case a.state != absent && !a.changed:
			continue
		case !m.readyFor(i, a):
			return move{}, false
		}
		return move{kind: addAddress, instance: i, address: a}, true
	}
	for _, o := range i.objects {
		if o.state == absent && !o.dropped && !o.waiting(now) && (!o.missed || !o.noTrack()) {
			return move{kind: addObject, instance: i, object: o}, true
		}
	}
	return move{}, false
}

// anyObject reports whether a route or a rule of ours is believed to be there.
func (m *model) anyObject() bool {
	for _, i := range m.instances {
		for _, o := range i.objects {
			if o.state == ours {
				return true
			}
		}
	}
	return false
}
