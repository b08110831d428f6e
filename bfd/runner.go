package bfd

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"time"
)

// session gives one session time and a socket to send from. run is its only
// goroutine; deliver, reconfigure and status may be called from any.
type session struct {
	discriminator uint32
	// ifIndex is the interface that the neighbor's zone names; 0: not known.
	ifIndex atomic.Int64
	network Network
	ports   *ports
	drain   func(Port)
	report  func(string, Status)
	base    *slog.Logger
	in      inbox
	out     tally

	// What follows belongs to run's goroutine.

	log      *slog.Logger // base with the name
	cfg      *Config      // never changed, only replaced
	s        Session
	timer    *time.Timer
	armed    time.Time // what timer is set to; zero: it is stopped
	last     time.Time // of the last event
	sender   Sender
	dialed   time.Time // the last try
	source   uint16    // the port we send from; 0: none chosen yet
	message  []byte
	sayError string // last one logged
}

// run runs the session until ctx has ended and the neighbor has been told, or
// would not listen: maxLeave at most.
func (r *session) run(ctx context.Context) {
	r.timer = time.NewTimer(time.Hour)
	r.timer.Stop()
	defer r.timer.Stop()
	defer r.hangUp()
	r.step(Event{Kind: Start, At: time.Now()})
	done := ctx.Done()
	for gone := false; !gone; {
		select {
		case <-done:
			done = nil
			gone = r.step(Event{Kind: Shutdown, At: time.Now()})
		case <-r.in.wake:
			r.work()
		case <-r.timer.C:
			gone = r.fire()
		}
	}
}

// work takes in what has arrived. What arrives meanwhile rings again, so that a
// flood leaves the timer its turn.
func (r *session) work() {
	cfg, packets := r.in.take()
	if cfg != nil {
		r.reconfigure(cfg)
	}
	for i := range packets {
		p := &packets[i]
		if r.s.State == AdminDown {
			r.out.drop(DropAdminDown)
			continue
		}
		r.out.received()
		r.step(Event{Kind: PacketReceived, At: p.at, Packet: p.packet})
	}
}

func (r *session) reconfigure(cfg *Config) {
	was := r.cfg
	r.cfg = cfg
	if was.ttl() != cfg.ttl() {
		r.hangUp()
	}
	r.step(Event{Kind: Reconfigured, At: time.Now()})
	if was.Name != cfg.Name {
		r.log = r.base.With("session", cfg.Name, "neighbor", cfg.Neighbor)
		r.tell()
	}
}

// fire believes the timer only when nothing is left unread that could speak for
// the neighbor. It reports whether the session has ended.
func (r *session) fire() bool {
	r.armed = time.Time{}
	if r.s.Drain(time.Now()) {
		r.drain(r.cfg.port())
		r.work()
	}
	due, now := r.s.Next(), time.Now()
	if late := now.Sub(due); !due.IsZero() && late > 0 {
		r.out.late(late)
	}
	return r.step(Event{Kind: TimerFired, At: now})
}

// step lets Step decide and carries out what it says. It reports whether the
// session has ended.
func (r *session) step(ev Event) (gone bool) {
	if ev.At.Before(r.last) {
		ev.At = r.last
	}
	r.last, ev.Random = ev.At, rand.Uint32()
	before := r.s
	after, acts := Step(Params{Config: r.cfg, Discriminator: r.discriminator}, before, ev)
	r.s = after
	for _, a := range acts.All() {
		switch a.Kind {
		case ActSend:
			r.send(&a.Packet)
		case ActState:
			r.changed(a, ev.At)
		case ActGone:
			gone = true
		}
	}
	if ev.Kind == Start {
		r.out.transition(before.State, after.State, ev.At)
	}
	r.out.publish(r)
	if after.State != before.State && after.State != AdminDown {
		r.tell()
	}
	r.arm()
	return gone
}

func (r *session) arm() {
	next := r.s.Next()
	switch {
	case next.Equal(r.armed):
		return
	case next.IsZero():
		r.timer.Stop()
	default:
		r.timer.Reset(time.Until(next))
	}
	r.armed = next
}

func (r *session) changed(a Action, at time.Time) {
	r.out.transition(a.From, a.To, at)
	level := slog.LevelInfo
	if a.From == Up && a.To == Down && !r.s.Alive {
		level = slog.LevelWarn
	}
	r.log.Log(context.Background(), level, "BFD state change", "from", a.From, "to", a.To,
		"reason", r.s.Diag, "remote", r.s.RemoteState, "remote_reason", r.s.RemoteDiag)
}

// tell reports what trackers want to know. That we end the session is nothing
// to them.
func (r *session) tell() {
	r.out.publish(r)
	r.report(r.cfg.Name, r.status())
}
