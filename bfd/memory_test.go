package bfd_test

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"director/bfd"
)

// fabric joins hosts in memory.
type fabric struct {
	mu    sync.Mutex // guards what follows and all hosts
	hosts map[netip.Addr]*memHost
	cut   bool
	// stuck: what arrives is delivered only by Drain.
	stuck bool
}

// memHost is a bfd.Network with one address.
type memHost struct {
	fabric             *fabric
	addr               netip.Addr
	sockets            map[bfd.Port]*memListener
	listenErr, dialErr error
	listens, dials     int
	paths              []bfd.Path
	pause              time.Duration // of the next Send
	sendErr            error
	adminDowns         int // sent
}

func newFabric() *fabric { return &fabric{hosts: map[netip.Addr]*memHost{}} }

func (f *fabric) host(addr netip.Addr) *memHost {
	h := &memHost{fabric: f, addr: addr, sockets: map[bfd.Port]*memListener{}}
	f.hosts[addr] = h
	return h
}

// set changes something.
func (f *fabric) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

func (h *memHost) Listen(p bfd.Port) (bfd.Listener, error) {
	h.fabric.mu.Lock()
	defer h.fabric.mu.Unlock()
	h.listens++
	if h.listenErr != nil {
		return nil, h.listenErr
	}
	l := &memListener{host: h, port: p, wake: make(chan struct{}, 1)}
	h.sockets[p] = l
	return l, nil
}

func (h *memHost) Dial(p bfd.Path) (bfd.Sender, error) {
	h.fabric.mu.Lock()
	defer h.fabric.mu.Unlock()
	h.dials++
	if h.dialErr != nil {
		return nil, h.dialErr
	}
	h.paths = append(h.paths, p)
	return &memSender{h, p}, nil
}

type memSender struct {
	host *memHost
	path bfd.Path
}

func (s *memSender) IfIndex() int { return 0 }
func (s *memSender) Close() error { return nil }

func (s *memSender) Send(b []byte) error {
	f := s.host.fabric
	f.mu.Lock()
	pause := s.host.pause
	s.host.pause = 0
	f.mu.Unlock()
	time.Sleep(pause)
	f.mu.Lock()
	defer f.mu.Unlock()
	if s.host.sendErr != nil {
		return s.host.sendErr
	}
	var p bfd.Packet
	if p.Decode(b) == bfd.Accepted && p.State == bfd.AdminDown {
		s.host.adminDowns++
	}
	if f.cut || f.hosts[s.path.Remote] == nil {
		return nil
	}
	f.hosts[s.path.Remote].arrive(bfd.Port{IPv6: s.path.Remote.Is6(), Multihop: s.path.Multihop}, bfd.Received{
		Payload: append([]byte(nil), b...), Src: s.host.addr, Dst: s.path.Remote, IfIndex: 1, TTL: int(s.path.TTL),
	})
	return nil
}

// arrive puts a datagram into a socket. It needs the fabric's mu.
func (h *memHost) arrive(port bfd.Port, rx bfd.Received) {
	if l := h.sockets[port]; l != nil {
		rx.At = time.Now()
		l.queue = append(l.queue, rx)
		select {
		case l.wake <- struct{}{}:
		default:
		}
	}
}

type memListener struct {
	host *memHost
	port bfd.Port
	wake chan struct{}

	queue   []bfd.Received // guarded by the fabric's mu
	deliver func(*bfd.Received)
}

func (l *memListener) Run(ctx context.Context, deliver func(*bfd.Received)) error {
	l.host.fabric.set(func() { l.deliver = deliver })
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-l.wake:
			l.host.fabric.mu.Lock()
			stuck := l.host.fabric.stuck
			l.host.fabric.mu.Unlock()
			if !stuck {
				l.Drain()
			}
		}
	}
}

func (l *memListener) Drain() {
	l.host.fabric.mu.Lock()
	queue, deliver := l.queue, l.deliver
	l.queue = nil
	l.host.fabric.mu.Unlock()
	for i := range queue {
		deliver(&queue[i])
	}
}

func (l *memListener) Close() error {
	l.host.fabric.set(func() { delete(l.host.sockets, l.port) })
	return nil
}

// node is a Set that runs in a bubble.
type node struct {
	t    *testing.T
	host *memHost
	set  *bfd.Set
	stop func()

	mu      sync.Mutex // guards reports
	reports []bfd.Status
}

// run runs a Set on a host until the test ends.
func run(t *testing.T, h *memHost, configs ...bfd.Config) *node {
	t.Helper()
	n := &node{t: t, host: h}
	n.set = bfd.New(slog.New(slog.DiscardHandler), h, func(name string, s bfd.Status) {
		if name != s.Name {
			t.Errorf("report of %q about %q", name, s.Name)
		}
		n.mu.Lock()
		defer n.mu.Unlock()
		n.reports = append(n.reports, s)
	})
	n.configure(configs...)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		n.set.Run(ctx)
	}()
	n.stop = func() { cancel(); <-done }
	synctest.Wait()
	return n
}

func (n *node) configure(configs ...bfd.Config) {
	n.t.Helper()
	if err := n.set.Configure(configs); err != nil {
		n.t.Fatal(err)
	}
}

// one is the status of the only session.
func (n *node) one() bfd.Status {
	n.t.Helper()
	synctest.Wait()
	all := n.set.Status()
	if len(all) != 1 {
		n.t.Fatalf("%d sessions", len(all))
	}
	return all[0]
}

// last is what was reported last.
func (n *node) last() bfd.Status {
	n.t.Helper()
	synctest.Wait()
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.reports) == 0 {
		n.t.Fatal("nothing was reported")
	}
	return n.reports[len(n.reports)-1]
}

func (n *node) wantUp(up bool) {
	n.t.Helper()
	if s := n.last(); s.Up != up || !s.Known {
		n.t.Errorf("reported %+v, want up %v", s, up)
	}
}

// mirror is the configuration of the other side.
func mirror(c bfd.Config) bfd.Config {
	c.Neighbor, c.Source = c.Source, c.Neighbor
	return c
}

var errTest = errors.New("not today")
