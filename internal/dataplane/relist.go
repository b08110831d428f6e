package dataplane

import (
	"context"
	"net/netip"
)

// listJob looks which routes and rules are still there: the kernel drops some
// without a word, with an interface or a source address.
func (e *engine) listJob() func(context.Context) (func(error), error) {
	var believed []*object
	for _, i := range e.instances {
		for _, o := range i.objects {
			if o.state == ours {
				believed = append(believed, o)
			}
		}
	}
	return func(ctx context.Context) (func(error), error) {
		var gone []*object
		there, err := e.thereNow(ctx)
		if err == nil {
			for _, o := range believed {
				if src, ok := there[e.keyOf(o)]; !ok || o.lacks(src) {
					gone = append(gone, o)
				}
			}
		}
		return func(err error) {
			if err != nil {
				e.log.Warn("routes and rules could not be listed", "error", err)
				return
			}
			for _, o := range gone {
				e.objectGone(o)
			}
		}, err
	}
}

// lacks reports whether a route in the kernel, with a preferred source address,
// has lost the one that is wanted: an IPv6 route stays when that goes.
func (o *object) lacks(src netip.Addr) bool {
	return o.route != nil && o.route.Src.IsValid() && o.route.Src != src
}

// thereNow lists the keys of our routes and rules in the kernel, and the source
// addresses of the routes. It runs on the worker.
func (e *engine) thereNow(ctx context.Context) (map[any]netip.Addr, error) {
	there := map[any]netip.Addr{}
	routes, err := e.machine.OurRoutes(ctx)
	if err != nil {
		return nil, err
	}
	for _, r := range routes {
		if k, err := e.machine.RouteKey(r); err == nil {
			there[k] = r.Src
		}
	}
	rules, err := e.machine.OurRules(ctx)
	for _, r := range rules {
		there[r.Key()] = netip.Addr{}
	}
	return there, err
}

// keyOf is how the kernel knows an object; nil where that cannot be told now.
func (e *engine) keyOf(o *object) any {
	if o.rule != nil {
		return o.rule.Key()
	}
	k, err := e.machine.RouteKey(*o.route)
	if err != nil {
		return nil
	}
	return k
}

// objectGone handles the loss of a route or a rule. What is wanted is put back,
// unless nobody is to track it.
func (e *engine) objectGone(o *object) {
	if o.state == ours {
		o.state, o.missed, e.news = absent, true, true
		o.clear()
	}
}

// objectEvent takes in that the kernel has lost an object of ours.
func (e *engine) objectEvent(key any) {
	for _, i := range e.instances {
		for _, o := range i.objects {
			if o.state == ours && !e.moving && e.keyOf(o) == key {
				e.objectGone(o)
			}
		}
	}
	// While the worker is at it, it may be our own doing.
	e.routesDue = e.routesDue || e.moving
}
