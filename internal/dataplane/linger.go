package dataplane

import (
	"context"
	"net"
	"net/netip"
	"time"

	"director/internal/netif"
	"director/vrrp"
)

// lingerGrace is how long an address that the new master has announced is
// served on: frames that were on the way when the announcement came.
const lingerGrace = 50 * time.Millisecond

// heardFor is how old an announcement may be that came before the advert of its
// sender was understood.
const heardFor = time.Second

// lingerMove returns the next step of handing addresses over: they are hidden at
// once, so that the segment does not learn the wrong way again; what has been
// announced for a while goes, and everything when the time is over.
func (m *model) lingerMove(now time.Time) (move, bool) {
	for _, i := range m.instances {
		if i.role == vrrp.Master || i.linger.IsZero() {
			continue
		}
		for _, a := range i.addrs {
			switch {
			case a.state != ours || a.waiting(now):
			case !now.Before(i.leaveAt(a)):
				return move{kind: deleteAddress, instance: i, address: a}, true
			case !a.hidden:
				return move{kind: hideAddress, instance: i, address: a}, true
			}
		}
	}
	return move{}, false
}

// leaveAt is when a lingering address goes.
func (i *instance) leaveAt(a *address) time.Time {
	if at := a.heard.Add(lingerGrace); !a.heard.IsZero() && at.Before(i.linger) {
		return at
	}
	return i.linger
}

// beginLinger begins to serve on.
func (e *engine) beginLinger(i *instance, until, now time.Time) {
	i.linger = until
	for _, a := range i.addrs {
		if now.Sub(a.heard) > heardFor {
			a.heard = time.Time{}
		}
	}
	e.listen(i)
}

// endLingers ends those that have given everything away.
func (e *engine) endLingers() {
	for _, i := range e.instances {
		if i.linger.IsZero() || i.role != vrrp.Master && i.holds() {
			continue
		}
		i.linger = time.Time{}
		e.deafen(i)
		e.doubt(i)
		e.news = true
	}
}

// listen begins to listen for who announces the addresses of an instance that
// is about to hand them over.
func (e *engine) listen(i *instance) {
	r := e.runners[i.name()]
	if r == nil || r.deafen != nil {
		return
	}
	var keys []netif.Key
	for _, a := range i.addrs {
		if a.state == ours {
			a.heard = time.Time{}
			keys = append(keys, a.Key)
		}
	}
	if len(keys) == 0 {
		return
	}
	ctx, cancel := context.WithCancel(e.ctx)
	done, err := e.machine.WatchAnnouncements(ctx, keys, func(ip netip.Addr, _ net.HardwareAddr) {
		e.post(func() { e.heardAnnounced(i, ip) })
	})
	if err != nil {
		cancel()
		e.log.Warn("the successor's announcements cannot be heard; its addresses are served on for an interval",
			"instance", i.name(), "error", err)
		return
	}
	e.workers.Go(func() { <-done })
	r.deafen = cancel
}

// deafen ends listen.
func (e *engine) deafen(i *instance) {
	if r := e.runners[i.name()]; r != nil && r.deafen != nil {
		r.deafen()
		r.deafen = nil
	}
}

// heardAnnounced notes that somebody else has announced an address.
func (e *engine) heardAnnounced(i *instance, ip netip.Addr) {
	for _, a := range i.addrs {
		if a.Prefix.Addr() == ip && a.heard.IsZero() {
			a.heard = time.Now()
		}
	}
}
