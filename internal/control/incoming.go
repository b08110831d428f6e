package control

import (
	"context"
	"time"

	"director/internal/wire"
)

// read takes in what the dataplane says; the end of the stream ends the
// process, because without its parent nothing of it is of use. That is how it
// sees its parent's death: the parent-death signal follows the thread that
// forked.
func (e *engine) read(end context.CancelCauseFunc) {
	for {
		m, err := e.conn.Receive()
		if err != nil {
			e.post(func() { end(err) }) // after what it has said before
			return
		}
		e.post(func() { e.hear(m, end) })
	}
}

// hear handles one message of the dataplane.
func (e *engine) hear(m wire.Message, end context.CancelCauseFunc) {
	now := time.Now()
	e.heard = now
	switch {
	case m.Ping != nil:
		e.urge("pong", wire.Message{Pong: &wire.Pong{Seq: m.Ping.Seq}})
	case m.Stop != nil:
		end(nil)
	case m.Reload != nil:
		e.reload(m.Reload.Seq)
	case m.Instance != nil && m.Instance.Gone:
		delete(e.instances, m.Instance.Name)
	case m.Instance != nil:
		e.instances[m.Instance.Name] = told[wire.InstanceState]{*m.Instance, now}
	case m.Service != nil && m.Service.Gone:
		delete(e.states, m.Service.Name)
	case m.Service != nil:
		e.states[m.Service.Name] = *m.Service
	case m.Notice != nil:
		e.notice(m.Notice)
	case m.Answer != nil:
		e.handoverAnswered(m.Answer)
	case m.Process != nil:
		if e.born.IsZero() {
			e.born = now.Add(-m.Process.Started)
		}
		e.process, e.processAt = *m.Process, now
		e.followSessions()
	}
}
