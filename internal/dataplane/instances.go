package dataplane

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"reflect"
	"slices"
	"time"

	"director/internal/netif"
	"director/internal/track"
	"director/internal/wire"
	"director/vrrp"
)

// running is an instance's runner and what it was told last.
type running struct {
	*vrrp.Runner
	cancel context.CancelFunc
	// index and source are of the socket that is attached, if one is.
	attached bool
	index    int
	source   netip.Addr
	cfg      vrrp.Config
	// faults are those that the machine, the trackers and the sync group give
	// reason for, own those without the group's; waits and ownWaits likewise.
	faults, waits map[string]bool
	own           []string
	ownWaits      []string
	// verdict is what the tracked objects said last, priority what the runner
	// was told.
	verdict  track.Verdict
	priority uint8
	// deafen ends listening for the successor of a handover; nil: nobody does.
	deafen context.CancelFunc
	// dark until then: the instance could bring up none of its addresses. It
	// would advertise a black hole, so it is in FAULT for a time that doubles.
	dark      bool
	darkUntil time.Time
	darkFor   time.Duration
}

const (
	firstDark = 10 * time.Second
	lastDark  = 5 * time.Minute
	darkFault = "none of its addresses could be brought up"
)

// darken puts a black hole into FAULT.
func (r *running) darken(now time.Time, log *slog.Logger) {
	if r.dark {
		return
	}
	r.dark = true
	r.darkFor = min(max(2*r.darkFor, firstDark), lastDark)
	r.darkUntil = now.Add(r.darkFor)
	log.Error("instance gives up: it would advertise addresses that it cannot bring up", "instance", r.cfg.Name, "for", r.darkFor)
	r.SetFault(darkFault, true)
}

// lighten lets a black hole try again when its time has come.
func (r *running) lighten(now time.Time) {
	if r.dark && !now.Before(r.darkUntil) {
		r.dark = false
		r.SetFault(darkFault, false)
	}
}

// startRunner starts the runner of a new instance, or tells a running one what
// is new.
func (e *engine) startRunner(i *instance, was wire.Instance) {
	r := e.runners[was.VRRP.Name]
	if r == nil {
		r = &running{faults: map[string]bool{}, waits: map[string]bool{}, cfg: e.effective(i)}
		r.priority = r.cfg.Priority
		r.Runner = vrrp.NewRunner(r.cfg, observer{e, i}, e.log)
		// The faults come before the start: an instance without an interface
		// never is BACKUP.
		e.runners[i.name()] = r
		i.running = true
		e.refreshInstance(i)
		ctx, cancel := context.WithCancel(context.WithoutCancel(e.ctx))
		r.cancel = cancel
		e.workers.Go(func() {
			r.Run(ctx)
			e.post(func() { e.ended(i, r) })
		})
		return
	}
	if was.VRRP.Name != i.name() {
		delete(e.runners, was.VRRP.Name)
		e.runners[i.name()] = r
	}
	e.refreshInstance(i)
	if i.role == vrrp.Master && !reflect.DeepEqual(was, i.spec) {
		e.schedule(i)
	}
}

// againAfter is less than lingerGrace: who has learnt the wrong way learns the
// right one before the master that hands over stops serving.
const againAfter = lingerGrace / 2

// schedule begins the announcements of what an instance holds.
func (e *engine) schedule(i *instance) {
	var held []netif.Address
	for _, a := range i.addrs {
		if !a.dropped && a.state != absent {
			held = append(held, a.Address)
		}
	}
	i.scheduled = len(held)
	s := i.spec.Announce
	s.Own, s.MasterDown = i.spec.VRRP.Interface, 3*i.spec.VRRP.AdvertInt
	if i.spec.Link.Name != "" {
		s.Own = i.spec.Link.Name
	}
	if i.again {
		s.Again = againAfter
	}
	e.announce.Start(i.name(), held, s)
}

// announceSource tells unicast peers where adverts will come from, so that they
// need not ask before they can answer.
func (e *engine) announceSource(i *instance) {
	r := e.runners[i.name()]
	if r == nil || !r.cfg.Unicast() || r.cfg.Interface == "" || !r.source.IsValid() {
		return
	}
	prefix := netip.PrefixFrom(r.source, r.source.BitLen())
	e.announce.AnnounceNow(i.name(), netif.Address{Key: netif.Key{Interface: r.cfg.Interface, Prefix: prefix}})
}

// announceTaken announces an address that has just come up; with the last one
// of a take-over the schedule of all begins. Nothing is announced before it is
// there: that would draw packets to nobody.
func (e *engine) announceTaken(i *instance, a *address) {
	e.announce.AnnounceNow(i.name(), a.Address)
	held := 0
	for _, o := range i.addrs {
		switch {
		case o.dropped:
		case o.state != absent:
			held++
		case o.err == nil:
			return
		}
	}
	if held != i.scheduled {
		e.schedule(i)
	}
}

// effective is the instance's configuration on this machine: its own address is
// no peer, so that one file serves every node. A list of nothing else stays, it
// would turn the instance to multicast.
func (e *engine) effective(i *instance) vrrp.Config {
	cfg := i.spec.VRRP
	own := func(p vrrp.Peer) bool { return e.has(p.Addr.WithZone("")) }
	if others := slices.DeleteFunc(slices.Clone(cfg.Peers), own); len(others) > 0 {
		cfg.Peers = others
	}
	cfg.AddressesFirst = i.spec.Link.MAC != "" && !i.spec.XmitBase
	return cfg
}

// dismiss lets go of an instance that is no longer configured.
func (e *engine) dismiss(i *instance) {
	i.leaving = true
	if r := e.runners[i.name()]; r != nil {
		r.cancel()
	}
}

// ended cleans up after a runner.
func (e *engine) ended(i *instance, r *running) {
	// A socket that is closed leaves its group, and the kernel tells the segment
	// from the virtual MAC, which is the successor's now. So at a stop the link
	// goes first; the process closes the socket in the end.
	if !e.stopping || i.spec.Link.Name == "" {
		e.detach(r)
	}
	e.deafen(i)
	if e.runners[i.name()] == r {
		delete(e.runners, i.name())
	}
	i.running = false
	if e.stopping {
		e.stopStatic()
	}
}

func (e *engine) detach(r *running) {
	if !r.attached {
		return
	}
	e.network.Detach(r.Runner)
	r.SetTransport(nil, netip.Addr{})
	r.attached = false
}

// observer carries the decisions of a runner to the engine.
type observer struct {
	e *engine
	i *instance
}

func (o observer) RoleChanged(c vrrp.RoleChange) { o.e.post(func() { o.e.roleChanged(o.i, c) }) }

func (o observer) Prepare(_ vrrp.Key, on bool) {
	o.e.post(func() {
		o.i.preparing, o.i.prepared = on, false
		o.e.doubt(o.i)
	})
}

func (o observer) Announce(vrrp.Key) { o.e.post(func() { o.e.lowerHeard(o.i) }) }

func (o observer) Wish(_ vrrp.Key, on bool) {
	o.e.post(func() {
		o.i.wishing = on
		o.e.grant(o.i.group)
	})
}

func (o observer) Stayed(_ vrrp.Key, reason string) { o.e.post(func() { o.e.stayed(o.i, reason) }) }

// lowerHeard answers an advert of lower priority, with the whole sync group.
func (e *engine) lowerHeard(i *instance) {
	e.say(wire.Notice{Name: i.name(), State: lowerHeard, Priority: int(e.priorityOf(i))}, time.Now())
	e.announce.Lower(i.name())
	for _, o := range i.together() {
		if o != i && o.role == vrrp.Master {
			e.announce.Lower(o.name())
		}
	}
}

// priorityOf returns the effective priority.
func (e *engine) priorityOf(i *instance) uint8 {
	if r := e.runners[i.name()]; r != nil {
		return r.priority
	}
	return i.spec.VRRP.Priority
}

func (e *engine) roleChanged(i *instance, c vrrp.RoleChange) {
	e.noteRole(i, c)
	i.role = c.To
	if c.From == vrrp.Fault && c.To == vrrp.Backup {
		e.announceSource(i)
	}
	i.preparing, i.prepared, i.wishing, i.ready = false, false, false, false
	i.linger = time.Time{}
	if !c.Linger.IsZero() {
		e.beginLinger(i, c.Linger, time.Now())
	}
	e.followRole(i, c)
	for _, a := range i.addrs {
		a.missed = false
		// What failed is tried at once in the new role; but why an address
		// could not be taken stays to be read.
		if c.To == vrrp.Master || a.state == ours {
			a.clear()
		}
	}
	e.news = true
	i.scheduled, i.again = 0, c.Alive
	if c.From == vrrp.Master {
		e.announce.Stop(i.name())
	}
	e.doubt(i)
}

// followRole does what a change of role means to others: the sync group, who
// asked for a handover, a stop.
func (e *engine) followRole(i *instance, c vrrp.RoleChange) {
	switch {
	case c.From == vrrp.Master && !c.Linger.IsZero():
		e.handoverEnded(i, true, fmt.Sprintf("%s is MASTER on %s now", i.name(), e.successor(i, c)))
	case c.From == vrrp.Master:
		e.deafen(i)
		e.handoverEnded(i, c.To == vrrp.Backup, fmt.Sprintf("%s is %s now: %s", i.name(), c.To, c.Reason))
	}
	if c.From == vrrp.Master && c.To != vrrp.Fault {
		e.drag(i)
	}
	e.grant(i.group)
	if c.To == vrrp.Fault || c.From == vrrp.Fault {
		e.moved = true // the sync group's
	}
	if r := e.runners[i.name()]; c.To == vrrp.Init && e.stopping && r != nil {
		r.cancel()
	}
}

// successor is who has taken over: a member that its sync group took along has
// not heard of anybody itself.
func (e *engine) successor(i *instance, c vrrp.RoleChange) string {
	if c.Master.IsValid() {
		return c.Master.String()
	}
	if i.group != nil {
		for _, o := range i.group.members {
			if r := e.runners[o.name()]; r != nil && o != i && r.Status().Master.IsValid() {
				return r.Status().Master.String()
			}
		}
	}
	return "another router"
}

// sourceOf chooses the address that adverts come from: the configured one, else
// the first usable one of the interface that is no virtual address.
func (e *engine) sourceOf(cfg *vrrp.Config) (netip.Addr, error) {
	if cfg.Source.IsValid() {
		if cfg.TrackSource && !e.has(cfg.Source) {
			return netip.Addr{}, fmt.Errorf("source address %s is not on this machine", cfg.Source)
		}
		return cfg.Source, nil
	}
	var best netif.Present
	for _, p := range e.present {
		a := p.Prefix.Addr()
		usable := p.Interface == cfg.Interface && !p.Ours && p.Usable() && !p.Temporary && !e.virtual(a) &&
			a.Is4() == (cfg.Family == vrrp.IPv4) && (a.Is4() || a.IsLinkLocalUnicast())
		if usable && (!best.Prefix.IsValid() || earlier(p, best)) {
			best = p
		}
	}
	if !best.Prefix.IsValid() {
		return netip.Addr{}, fmt.Errorf("no usable %s source address on %s", cfg.Family, cfg.Interface)
	}
	return best.Prefix.Addr(), nil
}

// earlier orders candidates: primary addresses first, then the lower one, so
// that the choice does not depend on the order of a map.
func earlier(a, b netif.Present) bool {
	if a.Secondary != b.Secondary {
		return b.Secondary
	}
	return a.Prefix.Addr().Less(b.Prefix.Addr())
}

func (e *engine) has(a netip.Addr) bool {
	for k := range e.present {
		if k.Prefix.Addr() == a {
			return true
		}
	}
	return false
}

// virtual reports whether a is a virtual address of any instance.
func (e *engine) virtual(a netip.Addr) bool {
	for _, i := range e.instances {
		for _, v := range i.addrs {
			if v.Prefix.Addr() == a {
				return true
			}
		}
	}
	return false
}

// forgetLeft removes the instances that are no longer configured, once their
// runner has ended and their addresses have gone.
func (e *engine) forgetLeft() {
	left := e.instances[:0]
	for _, i := range e.instances {
		if !i.leaving || e.runners[i.name()] != nil || i.holds() {
			left = append(left, i)
		}
	}
	if len(left) < len(e.instances) {
		clear(e.instances[len(left):])
		e.instances = left
		e.link()
	}
}
