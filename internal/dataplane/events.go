package dataplane

import (
	"net/netip"
	"slices"
	"time"

	"director/internal/netif"
	"director/vrrp"
)

// event takes in what the kernel says of links and addresses.
func (e *engine) event(ev netif.Event) {
	switch ev := ev.(type) {
	case netif.LinkChanged:
		e.linkChanged(ev.Link, time.Now())
		e.routesDue = true
	case netif.PeersAsked:
		e.announce.CarrierBack(ev.Name)
	case netif.LinkGone:
		if l, ok := e.links[ev.Name]; ok && l.Index == ev.Index {
			delete(e.links, ev.Name)
			delete(e.delays.pending, ev.Name)
			e.linkLost(ev.Name)
		}
		e.routesDue = true
	case netif.AddressAdded:
		was, known := e.present[ev.Address.Key]
		e.present[ev.Address.Key] = ev.Address
		e.addressSeen(ev.Address)
		if ev.Address.Ours && (!known || was.Ours) && !e.named(ev.Address.Prefix.Addr()) {
			return
		}
	case netif.AddressGone:
		was := e.present[ev.Key]
		e.addressGone(ev.Key)
		if was.Ours && !e.named(ev.Key.Prefix.Addr()) {
			return
		}
	case netif.RouteGone:
		e.objectEvent(ev.Key)
		return
	case netif.RuleGone:
		e.objectEvent(ev.Key)
		return
	case netif.RouteAdded, netif.RuleAdded:
		return
	case netif.Resync:
		if ev.Reason != nil {
			e.log.Warn("link and address events were lost; listing everything anew", "reason", ev.Reason)
		}
		e.relist()
	}
	e.moved = true
}

// named reports whether an instance's configuration names an address as one of
// a router. Of others of ours no instance has to be told when they come and go,
// which they do by hundreds in a take-over, and each time all are judged anew.
func (e *engine) named(a netip.Addr) bool {
	for _, i := range e.instances {
		is := func(p vrrp.Peer) bool { return p.Addr.WithZone("") == a }
		if i.spec.VRRP.Source == a || slices.ContainsFunc(i.spec.VRRP.Peers, is) {
			return true
		}
	}
	return false
}

// linkLost notes that an interface has gone. One that we made is made again.
func (e *engine) linkLost(name string) {
	for _, l := range e.made {
		if l.want.Name == name && l.made && !l.dropped {
			l.made = false
			l.clear()
		}
	}
}

// linkCame lets what waits for an interface try at once.
func (e *engine) linkCame(name string) {
	for _, l := range e.made {
		if l.want.Parent == name {
			l.clear()
		}
	}
	for _, i := range e.instances {
		for _, o := range i.objects {
			o.clear()
		}
	}
}

// refreshMachine judges the instances anew after events, once for all that came
// together.
func (e *engine) refreshMachine() {
	if e.moved {
		e.moved = false
		e.refreshLocal()
		e.refreshInstances()
	}
}

// linkMoved announces again where a carrier returned: switches may have
// forgotten us.
func (e *engine) linkMoved(was, now netif.Link, known bool) {
	if !known || was.Up != now.Up || was.Index != now.Index {
		e.linkCame(now.Name)
	}
	if !known || !now.Up || was.Up {
		return
	}
	e.announce.CarrierBack(now.Name)
	for _, i := range e.instances {
		for _, a := range i.addrs {
			if a.Interface == now.Name {
				a.clear()
			}
		}
	}
}

// addressSeen notes that somebody added an address. If it is a virtual one and
// not marked, it is theirs.
func (e *engine) addressSeen(p netif.Present) {
	for _, i := range e.instances {
		for _, a := range i.addrs {
			if a.Key == p.Key && a.state == absent && p.Ours {
				// Our own, seen before the worker's answer, or a leftover.
				continue
			}
			if a.Key == p.Key && a.state == ours && !p.Ours {
				a.state, e.news = foreign, true
				e.log.Warn("virtual address was replaced by somebody else; it is left alone",
					"instance", i.name(), "address", a.Key.String())
			}
		}
	}
}

// relist reads all links and addresses. It waits for the kernel, a few
// milliseconds: events cannot be judged before.
func (e *engine) relist() {
	e.moved = true
	links, err := e.machine.Links(e.ctx)
	if err == nil {
		var addrs []netif.Present
		if addrs, err = e.machine.Addresses(e.ctx); err == nil {
			e.listed(links, addrs)
		}
	}
	if err != nil {
		e.log.Error("links and addresses could not be listed", "error", err)
	}
}

func (e *engine) listed(links []netif.Link, addrs []netif.Present) {
	before := e.links
	e.links = make(map[string]netif.Link, len(links))
	for _, l := range links {
		was, known := before[l.Name]
		if known {
			e.links[l.Name] = was
		}
		e.linkChanged(l, time.Now())
	}
	for name, was := range before {
		if _, there := e.links[name]; !there {
			delete(e.delays.pending, name)
			e.linkLost(was.Name)
		}
	}
	e.routesDue = true
	now := make(map[netif.Key]netif.Present, len(addrs))
	for _, p := range addrs {
		now[p.Key] = p
	}
	gone := e.present
	e.present = now
	for k := range gone {
		if _, still := now[k]; !still {
			e.addressGone(k)
		}
	}
	// One of ours may have come and gone entirely unseen.
	for _, i := range e.instances {
		for _, a := range i.addrs {
			if a.state != absent && !a.hidden && !e.holds(a) && !e.moving {
				e.addressGone(a.Key)
			}
		}
	}
	for k, p := range now {
		if p.Ours && !e.moving {
			e.foundOurs(k)
		}
	}
}

// foundOurs takes in that an address of ours is on the machine. One that is not
// where it was put has moved with its interface, which got another name while
// it was up: it goes.
func (e *engine) foundOurs(k netif.Key) {
	var home *instance
	for _, i := range e.instances {
		for _, a := range i.addrs {
			if a.Key == k {
				if a.state == absent {
					a.state, e.news = ours, true
				}
				return
			}
			if h, ok := a.Hidden(); ok && a.hidden && h.Key == k {
				return
			}
			if a.Prefix == k.Prefix {
				home = i
			}
		}
	}
	if home == nil {
		return
	}
	e.log.Warn("virtual address has moved to another interface with its name and goes", "instance", home.name(), "address", k.String())
	moved := &address{state: ours, dropped: true}
	moved.Key = k
	home.addrs = append(home.addrs, moved)
}

// holds reports whether the machine has an address.
func (e *engine) holds(a *address) bool {
	if _, there := e.present[a.Key]; there || a.state != foreign {
		return there
	}
	for k := range e.present {
		if a.answersTo(k) {
			return true
		}
	}
	return false
}

// refreshLocal finds the addresses by which a real server would be this
// machine.
func (e *engine) refreshLocal() {
	local := make(map[netip.Addr]bool, len(e.present))
	for k, p := range e.present {
		if !p.Ours && !e.virtual(k.Prefix.Addr()) {
			local[k.Prefix.Addr()] = true
		}
	}
	e.model.local = local
	e.link()
}
