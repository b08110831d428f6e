package bfd

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// Set is all BFD sessions of a process. Configure, Status and Drops may be
// called from any goroutine, before Run, during it and after it, and never
// block.
//
// The logger and the report are called from the sessions' goroutines: one that
// blocks delays packets.
type Set struct {
	network Network
	report  func(name string, s Status)
	log     *slog.Logger
	ports   ports
	wake    chan struct{} // capacity 1: wanted has changed, or a session has ended
	table   atomic.Pointer[table]
	strays  tally // of packets without a session

	mu     sync.Mutex // guards what follows
	wanted []Config
	// sessions are those that run, leaving those that say goodbye.
	sessions  map[identity]*running
	leaving   map[identity]bool
	listeners map[Port]*listener
}

// running is a session and how to end it.
type running struct {
	*session
	config Config
	cancel context.CancelFunc
}

// New returns a Set without sessions. report is told of each session when it
// begins, which is Down, and when its state changes; of a session that ends
// because it is no longer wanted it is told nothing.
func New(log *slog.Logger, network Network, report func(name string, s Status)) *Set {
	s := &Set{
		network: network, report: report, log: log,
		ports: ports{taken: map[uint16]bool{}}, wake: make(chan struct{}, 1),
		sessions: map[identity]*running{}, leaving: map[identity]bool{}, listeners: map[Port]*listener{},
	}
	s.table.Store(newTable(nil))
	return s
}

// Configure replaces the wanted sessions. A session is the same when neighbor,
// source and hops are; it goes on, and what else changed is agreed on with the
// neighbor. When any of them is wrong, all are refused.
func (s *Set) Configure(configs []Config) error {
	if err := check(configs); err != nil {
		return err
	}
	s.mu.Lock()
	s.wanted = slices.Clone(configs)
	s.mu.Unlock()
	ring(s.wake)
	return nil
}

// Run runs the sessions until ctx ends and the neighbors have been told that it
// is on purpose, which takes a second at most. Run may be called once.
func (s *Set) Run(ctx context.Context) {
	// The sessions end before what they hear with.
	var sessions, listeners sync.WaitGroup
	listening, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer listeners.Wait()
	defer stop()
	defer sessions.Wait()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
			s.apply(ctx, &sessions, listening, &listeners)
		}
	}
}

// apply makes what runs what is wanted.
func (s *Set) apply(ctx context.Context, sessions *sync.WaitGroup, listening context.Context, listeners *sync.WaitGroup) {
	s.mu.Lock()
	defer s.mu.Unlock()
	wanted, ports := map[identity]*Config{}, map[Port]bool{}
	for i := range s.wanted {
		c := &s.wanted[i]
		wanted[c.identity()] = c
		ports[c.port()] = true
	}
	for id, r := range s.sessions {
		if wanted[id] == nil {
			s.leaving[id] = true
			delete(s.sessions, id)
			r.cancel()
		}
	}
	for port, l := range s.listeners {
		if !ports[port] {
			delete(s.listeners, port)
			l.cancel()
		}
	}
	for port := range ports {
		if s.listeners[port] == nil {
			s.listen(listening, port, listeners)
		}
	}
	for id, c := range wanted {
		switch r := s.sessions[id]; {
		case r == nil && !s.leaving[id]: // one that leaves is waited for
			s.start(ctx, id, *c, sessions)
		case r != nil && r.config != *c:
			r.config = *c
			r.in.reconfigure(c)
		}
	}
	s.index()
}

// index replaces the table. It needs mu.
func (s *Set) index() {
	var entries []entry
	for _, r := range s.sessions {
		entries = append(entries, entry{r.session, r.config})
	}
	s.table.Store(newTable(entries))
}

// start begins a session. It needs mu.
func (s *Set) start(ctx context.Context, id identity, c Config, sessions *sync.WaitGroup) {
	ctx, cancel := context.WithCancel(ctx)
	r := &session{
		discriminator: s.discriminator(), network: s.network, ports: &s.ports,
		drain: s.drain, report: s.report, cfg: &c, in: newInbox(),
		base: s.log, log: s.log.With("session", c.Name, "neighbor", c.Neighbor),
	}
	r.out.s = Status{
		Name: c.Name, Neighbor: c.Neighbor, Source: c.Source, Multihop: c.Multihop,
		State: Down, LocalDiscriminator: r.discriminator,
	}
	s.sessions[id] = &running{session: r, config: c, cancel: cancel}
	sessions.Go(func() {
		defer cancel()
		r.run(ctx)
		s.ended(id, r)
	})
}

// ended forgets a session that has said goodbye.
func (s *Set) ended(id identity, r *session) {
	if r.source != 0 {
		s.ports.give(r.source)
	}
	s.mu.Lock()
	delete(s.leaving, id)
	s.mu.Unlock()
	ring(s.wake)
}

// discriminator returns one that no session has. It needs mu.
func (s *Set) discriminator() uint32 {
	for {
		d := rand.Uint32()
		taken := d == 0
		for _, r := range s.sessions {
			taken = taken || r.discriminator == d
		}
		if !taken {
			return d
		}
	}
}

// deliver gives a datagram to its session, or counts why not.
func (s *Set) deliver(port Port, rx *Received) {
	var p Packet
	if drop := p.Decode(rx.Payload); drop != Accepted {
		s.strays.drop(drop)
		return
	}
	r, drop := s.table.Load().find(&p, rx, port)
	switch {
	case r == nil:
		s.strays.drop(drop)
	case drop != Accepted:
		r.out.drop(drop)
	case !r.in.put(&p, rx.At):
		r.out.drop(DropQueueFull)
	}
}

// Status returns all wanted sessions that have begun, sorted by name.
func (s *Set) Status() []Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Status
	for _, r := range s.sessions {
		st := r.status()
		if l := s.listeners[r.config.port()]; l != nil && st.Error == "" {
			st.Error = l.problem()
		}
		all = append(all, st)
	}
	slices.SortFunc(all, func(a, b Status) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// Drops counts the packets that could not be given to a session, by reason.
func (s *Set) Drops() map[string]uint64 { return s.strays.status().Drops }
