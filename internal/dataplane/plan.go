package dataplane

import (
	"fmt"
	"maps"
	"slices"

	"director/internal/netif"
	"director/internal/wire"
	"director/ipvs"
	"director/vrrp"
)

// change is what control sent between Begin and Commit.
type change struct {
	begin wire.Begin
	// plans are in the order of the configuration, one per service.
	plans  []wire.ServicePlan
	at     map[string]int
	deltas []wire.Delta
}

// collect adds one message to the change; a message that does not fit is a bug
// of control, whose stream is then given up.
func (c *change) collect(m wire.Message) error {
	switch {
	case m.Plan != nil && c.begin.Full:
		if n, ok := c.at[m.Plan.Name]; ok {
			c.plans[n].Service.Servers = append(c.plans[n].Service.Servers, m.Plan.Service.Servers...)
			return nil
		}
		c.at[m.Plan.Name] = len(c.plans)
		c.plans = append(c.plans, *m.Plan)
	case m.Delta != nil && !c.begin.Full:
		c.deltas = append(c.deltas, *m.Delta)
	default:
		return fmt.Errorf("message out of place in generation %d", c.begin.Generation)
	}
	return nil
}

// commit puts a complete change in force.
func (e *engine) commit(c *change) {
	if e.stopping {
		return
	}
	if c.begin.Full {
		e.source = c.begin.Source
		e.settings = c.begin.Settings
		e.machine.SetReceiveBuffer(e.settings.NetlinkBuffer)
		e.setDelays(e.settings.InterfaceDelays)
		if !e.started {
			e.beginStartup(e.settings)
		}
		e.configureSessions(c.begin.Sessions)
		e.network.LogStrangers(e.settings.LogUnknownVRIDs)
		e.adoptInstances(c.begin.Instances, c.begin.Static)
		e.adoptGroups(c.begin.Groups)
		e.adoptLinks()
		e.announce.Wire(e.wiring())
		e.applySettings()
		e.forgetTracked(c.begin.Sessions)
		before := e.services
		e.adoptServices(c.plans)
		e.reportGone(before)
		e.keep.note(e.services, e.instances)
		e.begin()
	}
	for _, d := range c.deltas {
		if s := e.serviceNamed(d.Name); s != nil {
			s.want.Servers = withDelta(s.want.Servers, d)
			s.stale = true
		}
	}
	e.link()
	e.generation = c.begin.Generation
	if c.begin.Full {
		e.refreshInstances()
		e.forgetHealth()
	}
}

// withDelta returns the servers with a delta applied; the old slice stays as it
// is, an operation under way may use it.
func withDelta(servers []ipvs.Server, d wire.Delta) []ipvs.Server {
	set := make(map[ipvs.ServerKey]ipvs.Server, len(d.Set))
	for _, s := range d.Set {
		set[s.ServerKey] = s
	}
	gone := make(map[ipvs.ServerKey]bool, len(d.Delete))
	for _, k := range d.Delete {
		gone[k] = true
	}
	out := make([]ipvs.Server, 0, len(servers)+len(d.Set))
	for _, s := range servers {
		if gone[s.ServerKey] {
			continue
		}
		if n, ok := set[s.ServerKey]; ok {
			s = n
			delete(set, s.ServerKey)
		}
		out = append(out, s)
	}
	for _, s := range d.Set {
		if _, left := set[s.ServerKey]; left {
			out = append(out, s)
		}
	}
	return out
}

// adoptServices makes the plans the wanted services. The kernel's key decides
// what survives, so that a renamed service keeps its connections.
func (e *engine) adoptServices(plans []wire.ServicePlan) {
	old := make(map[ipvs.Key]*service, len(e.services))
	for _, s := range e.services {
		old[s.want.Key] = s
	}
	next := make([]*service, 0, len(plans))
	for _, p := range plans {
		p.Service.Key = p.Service.Normal().Key
		s := old[p.Service.Key]
		delete(old, p.Service.Key)
		if s == nil {
			s = &service{unsure: true}
		}
		s.name, s.instance, s.want = p.Name, p.Instance, p.Service
		s.stale, s.dropped = true, false
		next = append(next, s)
	}
	for _, s := range e.services {
		if old[s.want.Key] == s {
			s.dropped, s.stale = true, true
			next = append(next, s)
		}
	}
	e.services = next
	e.forgetDropped()
}

// adoptInstances makes the given instances the wanted ones. Interface, family
// and VRID decide what survives: a renamed instance keeps its role.
func (e *engine) adoptInstances(wanted []wire.Instance, static wire.Static) {
	old := make(map[vrrp.Key]*instance, len(e.instances))
	for _, i := range e.instances {
		old[i.spec.VRRP.Key()] = i
	}
	next := make([]*instance, 0, len(wanted)+1)
	// It comes first, and its key is that of no virtual router.
	if i := old[vrrp.Key{}]; i != nil || len(static.Addresses)+len(static.Routes)+len(static.Rules) > 0 {
		if i == nil {
			i = &instance{static: true, role: vrrp.Master}
		}
		delete(old, vrrp.Key{})
		e.adoptParts(i, wire.Instance{Addresses: static.Addresses, Routes: static.Routes, Rules: static.Rules})
		next = append(next, i)
	}
	for _, w := range wanted {
		i := old[w.VRRP.Key()]
		delete(old, w.VRRP.Key())
		if i == nil {
			i = &instance{}
		}
		e.adoptInstance(i, w)
		next = append(next, i)
	}
	for _, i := range e.instances {
		if old[i.spec.VRRP.Key()] == i {
			e.dismiss(i)
			next = append(next, i)
		}
	}
	e.instances = next
}

// adoptInstance gives an instance, new or not, what the configuration says.
func (e *engine) adoptInstance(i *instance, w wire.Instance) {
	was := i.spec
	i.leaving = false
	e.adoptParts(i, w)
	e.startRunner(i, was)
}

// adoptParts gives an instance the addresses, routes and rules that the
// configuration says.
func (e *engine) adoptParts(i *instance, w wire.Instance) {
	i.spec = w
	i.adoptObjects(w.Routes, w.Rules)
	addrs := make(map[netif.Key]*address, len(i.addrs))
	for _, a := range i.addrs {
		addrs[a.Key] = a
	}
	next := make([]*address, 0, len(w.Addresses))
	for _, want := range w.Addresses {
		a := addrs[want.Key]
		delete(addrs, want.Key)
		if a == nil {
			a = &address{}
		}
		if a.Address != want {
			// Other parameters of the same address: it is brought in line by
			// adding it once more. Until then it is ours as it is.
			a.Address = want
			a.changed = a.state == ours
		}
		a.dropped = false
		next = append(next, a)
	}
	for _, key := range slices.SortedFunc(maps.Keys(addrs), compareKeys) {
		a := addrs[key]
		a.dropped = true
		next = append(next, a)
	}
	i.addrs = next
	i.forgetDropped()
}

func compareKeys(a, b netif.Key) int { return a.Prefix.Compare(b.Prefix) }

// begin looks at the kernel for the first time: what an earlier run left and
// the configuration does not want goes.
func (e *engine) begin() {
	if e.started {
		return
	}
	e.started = true
	known := map[ipvs.Key]bool{}
	for _, s := range e.services {
		known[s.want.Key] = true
	}
	for key := range e.keep.programmed {
		if !known[key] {
			e.services = append(e.services, &service{
				name: "left by an earlier run: " + key.String(), want: ipvs.Service{Key: key},
				dropped: true, unsure: true, stale: true,
			})
		}
	}
}
