package dataplane

import (
	"fmt"
	"maps"
	"reflect"
	"slices"

	"director/internal/netif"
	"director/vrrp"
)

// refreshInstances compares every instance with the machine.
func (e *engine) refreshInstances() {
	for _, i := range e.instances {
		if !i.leaving && !i.static {
			e.refreshInstance(i)
		}
	}
	// Once more for those whose sync group has changed its mind.
	for _, g := range e.groups {
		for _, i := range g.members {
			if r := e.runners[i.name()]; r != nil {
				e.tellFaults(i, r)
			}
		}
	}
}

// refreshInstance finds out whether the machine lets an instance take part:
// its interfaces, its source address, its socket.
func (e *engine) refreshInstance(i *instance) {
	r := e.runners[i.name()]
	if r == nil || e.stopping {
		return
	}
	if cfg := e.effective(i); !reflect.DeepEqual(r.cfg, cfg) {
		if cfg.Priority != r.cfg.Priority {
			r.priority = cfg.Priority // as the runner has it then
		}
		r.cfg = cfg
		r.Reconfigure(cfg)
		e.detach(r) // group, peers or VRID filter may be others now
	}
	faults := map[string]bool{}
	cfg := &r.cfg
	link, ok := e.links[cfg.Interface]
	switch {
	case cfg.Interface == "":
		ok = true // unicast over whatever the routes say
	case !ok:
		faults["interface "+cfg.Interface+" does not exist"] = true
	case !link.Up && !cfg.DontTrackPrimary:
		faults["interface "+cfg.Interface+" is down"] = true
	}
	if cfg.UnicastFaultNoPeer && e.lonely(cfg) {
		faults["there is no unicast peer"] = true
	}
	if ok {
		link, ok = e.sendingLink(i, link, faults)
	}
	for _, a := range i.addrs {
		if a.Interface == cfg.Interface || a.NoTrack || a.dropped {
			continue
		}
		if l, ok := e.links[a.Interface]; !ok || !l.Up {
			faults["interface "+a.Interface+" of "+a.Prefix.String()+" is down or does not exist"] = true
		}
	}
	e.routeFaults(i, faults)
	for _, f := range e.judgeTracks(i, r) {
		faults[f] = true
	}
	if ok {
		e.refreshSocket(i, r, link, faults)
	} else {
		e.detach(r)
	}
	r.own = slices.Sorted(maps.Keys(faults))
	e.tellFaults(i, r)
}

// routeFaults finds the routes and rules whose interface is down. One with
// several hops is lost with the last of them.
func (e *engine) routeFaults(i *instance, faults map[string]bool) {
	down := func(name string) bool {
		l, ok := e.links[name]
		return name != "" && (!ok || !l.Up)
	}
	for _, o := range i.objects {
		if o.dropped || o.noTrack() {
			continue
		}
		var lost bool
		switch {
		case o.rule != nil:
			lost = down(o.rule.IIF) || down(o.rule.OIF)
		case len(o.route.NextHops) > 0:
			up := func(h netif.NextHop) bool { return !down(h.Dev) }
			lost = !slices.ContainsFunc(o.route.NextHops, up)
		default:
			lost = down(o.route.Dev)
		}
		if lost {
			faults["the interface of "+o.String()+" is down or does not exist"] = true
		}
	}
}

// lonely reports whether all peers are the node itself.
func (e *engine) lonely(cfg *vrrp.Config) bool {
	return !slices.ContainsFunc(cfg.Peers, func(p vrrp.Peer) bool { return !e.has(p.Addr.WithZone("")) })
}

// sendingLink is the interface that carries the adverts: the virtual one where
// there is one.
func (e *engine) sendingLink(i *instance, parent netif.Link, faults map[string]bool) (netif.Link, bool) {
	if why := e.linkNeeded(i); why != "" {
		faults[why] = true
		return parent, false
	}
	if i.spec.Link.Name == "" || i.spec.XmitBase {
		return parent, true
	}
	l, ok := e.links[i.spec.Link.Name]
	if !ok {
		faults["interface "+i.spec.Link.Name+" does not exist"] = true
	} else if !l.Up && !i.spec.VRRP.DontTrackPrimary {
		faults["interface "+i.spec.Link.Name+" is down"] = true
	}
	return l, ok
}

// ownFaults are an instance's faults but for those of its sync group.
func (r *running) ownFaults() []string {
	if r.dark {
		return append(slices.Clone(r.own), darkFault)
	}
	return r.own
}

// tellFaults tells the runner what has come and gone, the sync group's faults
// among them.
func (e *engine) tellFaults(i *instance, r *running) {
	faults, waits := map[string]bool{}, map[string]bool{}
	for _, f := range r.own {
		faults[f] = true
	}
	for _, w := range r.ownWaits {
		waits[w] = true
	}
	fault, wait := e.groupFaults(i)
	if fault != "" {
		faults[fault] = true
	}
	if wait != "" {
		waits[wait] = true
	}
	tell(r.faults, faults, r.SetFault)
	tell(r.waits, waits, r.SetHold)
	r.faults, r.waits = faults, waits
}

// tell calls set for what has come and gone.
func tell(was, now map[string]bool, set func(string, bool)) {
	for name := range now {
		if !was[name] {
			set(name, true)
		}
	}
	for name := range was {
		if !now[name] {
			set(name, false)
		}
	}
}

// refreshSocket attaches the instance to its interface, or again when the
// interface or the source address is another one.
func (e *engine) refreshSocket(i *instance, r *running, link netif.Link, faults map[string]bool) {
	src, err := e.sourceOf(&r.cfg)
	if own := i.spec.Link.Address; own.IsValid() && !r.cfg.Source.IsValid() {
		src, err = own.Addr(), nil // an ipvlan's
	}
	if err != nil {
		faults[err.Error()] = true
		e.detach(r)
		return
	}
	if r.attached && r.index == link.Index && r.source == src {
		return
	}
	e.detach(r)
	transport, err := e.network.Attach(&r.cfg, link, src, r.Runner)
	if err != nil {
		e.log.Error("no VRRP socket", "instance", r.cfg.Name, "interface", link.Name, "error", err)
		faults[fmt.Sprintf("no socket on %s", link.Name)] = true
		return
	}
	r.attached, r.index, r.source = true, link.Index, src
	r.SetTransport(transport, src)
}
