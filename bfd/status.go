package bfd

import (
	"net/netip"
	"sync"
	"time"
)

// Status is what a session looks like at one moment.
type Status struct {
	Name             string
	Neighbor, Source netip.Addr
	Multihop         bool
	// Known: the session has begun. Up is what trackers are to believe; it
	// stays as it is when the neighbor says AdminDown.
	Known, Up bool
	// State and RemoteState are those of the protocol, Diag and RemoteDiag why
	// they changed last. Since is when State did; zero: not yet.
	State, RemoteState State
	Diag, RemoteDiag   Diag
	Since              time.Time
	// The discriminators; that of the neighbor is 0 while it is not heard.
	LocalDiscriminator, RemoteDiscriminator uint32
	// MinTx and MinRx are what our packets say, RemoteMinTx, RemoteMinRx and
	// RemoteMultiplier what the neighbor's do. Polling: a change of ours has
	// not been acknowledged.
	MinTx, MinRx             time.Duration
	RemoteMinTx, RemoteMinRx time.Duration
	RemoteMultiplier         uint8
	Polling                  bool
	// TxInterval is the interval of our packets before jitter, DetectionTime
	// how long the neighbor may be silent; 0: none are sent, it is not heard.
	TxInterval, DetectionTime time.Duration
	// In counts packets that passed all checks, Out those sent, SendErrors
	// those that could not be sent, Drops those that failed a check, by reason.
	In, Out, SendErrors uint64
	Drops               map[string]uint64
	// Ups and Downs count the times the session came up and left that state.
	Ups, Downs uint64
	// Stalls counts the times it listened anew because it was met too late,
	// WorstLateness is the most by which a timer was.
	Stalls        uint64
	WorstLateness time.Duration
	// Error is why nothing can be sent or received; empty: nothing is wrong.
	Error string
}

// status returns a copy for any goroutine.
func (r *session) status() Status { return r.out.status() }

// tally is the published side of a session. Its lock is held for a copy only.
type tally struct {
	mu    sync.Mutex // guards what follows
	s     Status
	drops dropCounts
}

func (t *tally) status() Status {
	t.mu.Lock()
	s, drops := t.s, t.drops
	t.mu.Unlock()
	s.Drops = drops.byName()
	return s
}

// publish is called by the session's goroutine.
func (t *tally) publish(r *session) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s, from := &t.s, &r.s
	s.Name, s.Neighbor, s.Source, s.Multihop = r.cfg.Name, r.cfg.Neighbor, r.cfg.Source, r.cfg.Multihop
	s.Known, s.Up = true, from.Alive
	s.State, s.RemoteState, s.Diag, s.RemoteDiag = from.State, from.RemoteState, from.Diag, from.RemoteDiag
	s.RemoteDiscriminator = from.Remote
	s.MinTx, s.MinRx, s.Polling = from.MinTx, from.MinRx, from.Polling
	s.RemoteMinTx, s.RemoteMinRx, s.RemoteMultiplier = from.RemoteMinTx, from.RemoteMinRx, from.RemoteMultiplier
	s.TxInterval, s.DetectionTime = from.TxInterval(r.cfg), from.DetectionTime()
	s.Stalls = from.Stalls
}

func (t *tally) transition(from, to State, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.s.Since = at
	if to == Up {
		t.s.Ups++
	}
	if from == Up {
		t.s.Downs++
	}
}

func (t *tally) sent(ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if ok {
		t.s.Out++
	} else {
		t.s.SendErrors++
	}
}

func (t *tally) received() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.s.In++
}

func (t *tally) drop(d Drop) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.drops[d]++
}

func (t *tally) late(by time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.s.WorstLateness = max(t.s.WorstLateness, by)
}

func (t *tally) fail(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.s.Error = text
}
