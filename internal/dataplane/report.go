package dataplane

import (
	"os"
	"reflect"
	"time"

	"director/internal/wire"
)

// outbox is what waits to be written to control, the newest of each kind. It is
// nil while there is no control.
type outbox = *wire.Mailbox[string, wire.Message]

type healthKey struct{ service, server string }

// remembered is a server's health and when it was told.
type remembered struct {
	wire.Health
	at time.Time
}

// reportEvery bounds how often control is told of the services: a take-over of a
// thousand of them is hundreds of events, and each report looks at all.
const reportEvery = 100 * time.Millisecond

// report tells control what has changed. It is called after every event; what
// it leaves for later is told when reportAt has come.
func (e *engine) report(now time.Time) {
	e.unreported = false
	if e.out == nil {
		return
	}
	if e.news && !e.moving { // once for all the addresses of a take-over
		e.instanceStates()
	}
	if e.unreported = now.Before(e.reportAt); e.unreported {
		return
	}
	e.reportAt = now.Add(reportEvery)
	for _, s := range e.services {
		if s.dropped {
			continue
		}
		if st := e.serviceState(s); st != s.told {
			s.told = st
			e.out.Set("service "+s.name, wire.Message{Service: &st})
		}
	}
	if p := e.processState(); !reflect.DeepEqual(p, e.toldProcess) {
		e.toldProcess = p
		e.out.Set("process", wire.Message{Process: &p})
	}
}

// reportGone tells control of the services that a new configuration has no more.
func (e *engine) reportGone(before []*service) {
	if e.out == nil {
		return
	}
	named := make(map[string]bool, len(e.services))
	for _, s := range e.services {
		named[s.name] = named[s.name] || !s.dropped
	}
	for _, s := range before {
		if !named[s.told.Name] && s.told.Name != "" {
			e.out.Set("service "+s.told.Name, wire.Message{Service: &wire.ServiceState{Name: s.told.Name, Gone: true}})
		}
	}
}

func (e *engine) serviceState(s *service) wire.ServiceState {
	st := wire.ServiceState{Name: s.name, TakenOver: s.takenOver}
	if s.err != nil {
		st.Error = s.err.Error()
	}
	fate := e.fateOf(s)
	switch {
	case !e.model.ipvs:
		st.Why = "no IPVS in the kernel"
	case fate != program && s.inst != nil:
		st.Why = s.inst.name() + " is " + s.inst.role.String()
		if s.theirs {
			st.Why += "; the entry in the kernel is somebody else's"
		}
	case s.err != nil:
		st.Why = "refused by the kernel"
	case !e.settled(s):
		st.Why = "being programmed"
	}
	st.Programmed = st.Why == "" && s.present
	return st
}

func (e *engine) processState() wire.ProcessState {
	p := e.process
	p.PID = os.Getpid()
	p.Generation, p.KernelGeneration = e.generation, e.inKernel
	p.Repairs = e.repairs
	p.NoticesDropped = e.notices.dropped
	p.Sessions = e.sessionStates()
	if e.logDropped != nil {
		p.LogDropped = e.logDropped()
	}
	switch {
	case e.noTable.err != nil:
		p.IPVS = e.noTable.err.Error()
	case e.table == nil:
		p.IPVS = "not opened yet"
	}
	return p
}

// instanceStates tells control of all instances. Their counters change all the
// time, so it is called once a second and when there is news.
func (e *engine) instanceStates() {
	e.news = false
	if e.out == nil {
		return
	}
	seen := map[string]bool{}
	for _, i := range e.instances {
		r := e.runners[i.name()]
		if r == nil || i.leaving {
			continue
		}
		seen[i.name()] = true
		st := &wire.InstanceState{
			Name: i.name(), Status: r.Status(), Terms: r.verdict.Terms, LastResort: r.verdict.LastResort,
			Lingering: !i.linger.IsZero(), Error: e.troubleOf(i),
		}
		st.Since = time.Since(st.Status.Since)
		if i.group != nil {
			st.Group = i.group.name
		}
		for _, a := range i.addrs {
			if a.dropped {
				continue
			}
			as := wire.AddressState{Key: a.Key, State: a.state.String()}
			if a.hidden {
				as.State = "hidden"
			}
			if a.err != nil {
				as.Error = a.err.Error()
			}
			st.Addresses = append(st.Addresses, as)
		}
		st.Routes = objectStates(i)
		e.out.Set("instance "+i.name(), wire.Message{Instance: st})
	}
	for name := range e.toldInstances {
		if !seen[name] {
			e.out.Set("instance "+name, wire.Message{Instance: &wire.InstanceState{Name: name, Gone: true}})
		}
	}
	e.toldInstances = seen
}

// objectStates tells of an instance's routes and rules.
func objectStates(i *instance) []wire.ObjectState {
	var states []wire.ObjectState
	for _, o := range i.objects {
		if o.dropped {
			continue
		}
		s := wire.ObjectState{Text: o.String(), State: o.state.String()}
		if o.err != nil {
			s.Error = o.err.Error()
		}
		states = append(states, s)
	}
	return states
}

// troubleOf is what the kernel refuses an instance beside its addresses.
func (e *engine) troubleOf(i *instance) string {
	for _, l := range e.made {
		if l.err != nil && i.has(l.want.Name) {
			return l.err.Error()
		}
	}
	if i.spec.Refuse && e.firewall.err != nil {
		return "accept = false is not in force: " + e.firewall.err.Error()
	}
	return ""
}

// sessionStates tells of the BFD sessions.
func (e *engine) sessionStates() []wire.Session {
	var states []wire.Session
	if e.sessions == nil {
		return nil
	}
	for _, s := range e.sessions.Status() {
		w := wire.Session{
			Name: s.Name, Neighbor: s.Neighbor.String(), State: s.State.String(), Up: s.Up, Reason: s.Error,
			Interval: s.TxInterval, DetectionTime: s.DetectionTime, Transitions: s.Ups + s.Downs,
		}
		if w.Reason == "" && !s.Up {
			w.Reason = s.Diag.String()
		}
		if !s.Since.IsZero() {
			w.Since = time.Since(s.Since).Round(time.Second)
		}
		states = append(states, w)
	}
	return states
}

// greet tells a new control process everything: what runs, and the health that
// its predecessor found, so that no server flaps.
func (e *engine) greet(out outbox, restarts int) {
	e.out = out
	e.toldInstances, e.toldProcess = nil, wire.ProcessState{}
	e.process.ControlRestarts, e.process.Started = restarts, time.Since(e.begun)
	out.Set("hello", wire.Message{Hello: &wire.Hello{
		Source: e.source, Generation: e.generation, Restarts: restarts, Healths: len(e.health),
		Trackers: len(e.tracked.told),
	}})
	now := time.Now()
	for id, s := range e.tracked.told {
		out.Set("tracker "+id.String(), wire.Message{Tracker: &wire.Tracker{ID: id, State: s}})
	}
	for k, h := range e.health {
		m := h.aged(now)
		out.Set("health "+k.service+"\x00"+k.server, wire.Message{Health: &m})
	}
	e.retell()
	e.instanceStates()
	e.report(now)
	// Asked of its predecessor in vain. Once: a file on which control dies must
	// not keep it dying.
	e.askReload()
	e.reloads.answered = e.reloads.asked
}

// aged returns the health with the time added that it has lain here.
func (h remembered) aged(now time.Time) wire.Health {
	lain := now.Sub(h.at)
	m := h.Health
	m.Age += lain
	m.Checks = append([]wire.CheckHealth(nil), m.Checks...)
	for n := range m.Checks {
		m.Checks[n].Since += lain
		m.Checks[n].Age += lain
	}
	return m
}

// remember keeps the health of a server for the next control process.
func (e *engine) remember(h wire.Health) {
	e.health[healthKey{h.Service, h.Server}] = remembered{h, time.Now()}
}

// forgetHealth drops the health of servers that are no longer configured.
func (e *engine) forgetHealth() {
	named := map[string]bool{}
	for _, s := range e.services {
		named[s.name] = named[s.name] || !s.dropped
	}
	for k := range e.health {
		if !named[k.service] {
			delete(e.health, k)
		}
	}
}
