package control

import (
	"context"
	"sync"
	"time"

	"director/internal/wire"
	"director/ipvs"
)

// serversPerMessage keeps single messages small: the real-time process decodes
// them.
const serversPerMessage = 200

// healthsPerSecond bounds how much unchanged health is repeated, only to tell
// its age.
const healthsPerSecond = 500

// outgoing is what waits to be written to the dataplane, in order. Changes of
// servers are made into messages only when nothing waits, so that a dataplane
// that reads slowly gets the newest state, not the history.
type outgoing struct {
	mu      sync.Mutex // guards queue
	queue   []wire.Message
	wake    chan struct{} // there is something to write
	drained chan struct{} // everything has been written
	// urgent goes before the queue, of each key the newest: thousands may wait
	// there, and a late pong is taken for a hang, a late tracker is a late
	// failover.
	urgent *wire.Mailbox[string, wire.Message]
}

func newOutgoing() outgoing {
	return outgoing{wake: make(chan struct{}, 1), drained: make(chan struct{}, 1), urgent: wire.NewMailbox[string, wire.Message]()}
}

// send queues messages.
func (o *outgoing) send(messages ...wire.Message) {
	o.mu.Lock()
	o.queue = append(o.queue, messages...)
	o.mu.Unlock()
	nudge(o.wake)
}

// urge sends a message before all that is queued, and instead of one with the
// same key that still waits. Any goroutine may call it.
func (o *outgoing) urge(key string, m wire.Message) {
	o.urgent.Set(key, m)
	nudge(o.wake)
}

// pop takes the first message from the queue.
func (o *outgoing) pop() (wire.Message, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.queue) == 0 {
		return wire.Message{}, false
	}
	m := o.queue[0]
	o.queue[0] = wire.Message{}
	o.queue = o.queue[1:]
	return m, true
}

// waiting reports whether something has not been written yet.
func (o *outgoing) waiting() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.queue) > 0
}

func nudge(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// write writes what is to be sent until ctx ends or the dataplane is gone; the
// reader notices that, too.
func (e *engine) write(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			_ = e.writeUrgent() // the last acknowledgements; then nobody listens
			return
		case <-e.wake:
		}
		for {
			if e.writeUrgent() != nil {
				return
			}
			m, ok := e.pop()
			if !ok {
				break
			}
			if err := e.conn.Send(m); err != nil {
				return
			}
		}
		nudge(e.drained)
	}
}

func (e *engine) writeUrgent() error {
	for _, m := range e.urgent.Take() {
		if err := e.conn.Send(m); err != nil {
			return err
		}
	}
	return nil
}

// sendAll sends a whole configuration as one change.
func (e *engine) sendAll(packed []byte) {
	e.generation++
	messages := []wire.Message{{Begin: begin(e.cfg, e.generation, packed)}}
	for _, name := range e.order {
		s := e.services[name]
		s.sent = s.result.Service.Servers
		plan := wire.ServicePlan{Name: name, Instance: s.config.Instance, Service: s.result.Service}
		for first := true; first || len(plan.Service.Servers) > 0; first = false {
			part := plan
			n := min(serversPerMessage, len(plan.Service.Servers))
			part.Service.Servers, plan.Service.Servers = plan.Service.Servers[:n], plan.Service.Servers[n:]
			messages = append(messages, wire.Message{Plan: &part})
		}
	}
	messages = append(messages, wire.Message{Commit: &wire.Commit{Generation: e.generation}}, wire.Message{Ready: &wire.Ready{}})
	e.send(messages...)
}

// flush sends what the results have changed since the last time, as one change.
func (e *engine) flush() {
	if e.waiting() {
		return
	}
	var messages []wire.Message
	for _, name := range e.order {
		s := e.services[name]
		if !s.dirty {
			continue
		}
		e.compute(s)
		messages = append(messages, deltas(name, s.sent, s.result.Service.Servers)...)
		s.sent = s.result.Service.Servers
	}
	if len(messages) > 0 {
		e.generation++
		messages = append([]wire.Message{{Begin: &wire.Begin{Generation: e.generation}}}, messages...)
		messages = append(messages, wire.Message{Commit: &wire.Commit{Generation: e.generation}})
	}
	messages = append(messages, e.staleHealth()...)
	if len(messages) > 0 {
		e.send(messages...)
	}
}

// deltas returns the messages that turn one list of servers into another.
func deltas(name string, have, want []ipvs.Server) []wire.Message {
	old := make(map[ipvs.ServerKey]ipvs.Server, len(have))
	for _, s := range have {
		old[s.ServerKey] = s
	}
	var d wire.Delta
	for _, s := range want {
		if was, ok := old[s.ServerKey]; !ok || was != s {
			d.Set = append(d.Set, s)
		}
		delete(old, s.ServerKey)
	}
	for _, s := range have {
		if _, gone := old[s.ServerKey]; gone {
			d.Delete = append(d.Delete, s.ServerKey)
		}
	}
	var messages []wire.Message
	for len(d.Set) > 0 || len(d.Delete) > 0 {
		n, m := min(serversPerMessage, len(d.Set)), min(serversPerMessage, len(d.Delete))
		messages = append(messages, wire.Message{Delta: &wire.Delta{Name: name, Set: d.Set[:n], Delete: d.Delete[:m]}})
		d.Set, d.Delete = d.Set[n:], d.Delete[m:]
	}
	return messages
}

// staleHealth tells the health that has changed. A server without checks has
// none that a successor could not work out.
func (e *engine) staleHealth() []wire.Message {
	var messages []wire.Message
	for _, name := range e.order {
		s := e.services[name]
		for _, srv := range s.servers {
			if srv.stale && len(srv.checks) > 0 {
				srv.stale = false
				messages = append(messages, wire.Message{Health: srv.health()})
			}
		}
	}
	return messages
}

// repeatHealth tells unchanged health again, a part each second, because its
// age has changed.
func (e *engine) repeatHealth() {
	var all []*server
	for _, name := range e.order {
		for _, srv := range e.services[name].servers {
			if len(srv.checks) > 0 {
				all = append(all, srv)
			}
		}
	}
	for range min(healthsPerSecond, len(all)) {
		all[e.refresh%len(all)].stale = true
		e.refresh++
	}
}

// health is what a successor has to know of the server.
func (s *server) health() *wire.Health {
	h := &wire.Health{Service: s.service.config.Name, Server: s.config.Name, QuorumUp: s.service.result.QuorumUp}
	for n, c := range s.checks {
		ch := wire.CheckHealth{
			ID: string(c.id), Known: c.health.Known, Up: c.health.Up, Reason: c.reason, Failures: c.health.Failures,
			SetsWeight: c.health.SetsWeight, Weight: c.health.Weight, Part: c.part,
			Since: time.Since(c.health.Since), Age: age(c.at),
		}
		if n == 0 || ch.Age < h.Age {
			h.Age = ch.Age
		}
		h.Checks = append(h.Checks, ch)
	}
	return h
}

// age is how long ago t was; 0 where there was nothing yet.
func age(t time.Time) time.Duration {
	if t.IsZero() {
		return 0
	}
	return time.Since(t)
}
