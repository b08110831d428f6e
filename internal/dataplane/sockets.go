package dataplane

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"time"

	"director/internal/netif"
	"director/vrrp"
	"director/vrrp/rawsock"
)

// sockets shares one socket among the instances of an interface, family and
// group. Only the engine's goroutine calls Attach and Detach.
type sockets struct {
	ctx  context.Context
	log  *slog.Logger
	open map[socketKey]*socket
	// logStrangers is log_unknown_vrids, for sockets opened from now on.
	logStrangers bool
	// broken is told when a socket can no longer be read.
	broken func(*socket)
}

// socketKey tells which instances share a socket.
type socketKey struct {
	index  int
	family vrrp.Family
	// to is the multicast group, or the own address in unicast.
	to  netip.Addr
	vrf string
	ah  bool
}

// socket is one shared socket with its reader.
type socket struct {
	conn   *rawsock.Conn
	cancel context.CancelFunc
	done   chan struct{}

	mu      sync.RWMutex // guards runners
	runners map[uint8][]*vrrp.Runner
	// strangers are adverts of virtual routers that are not ours; nil: they are
	// of no interest. Only the reader uses it.
	strangers *strangers
}

// receiveBuffer is the least size of a socket's buffer: the kernel's default
// overruns under a flood of 10,000 adverts a second, before anybody could look
// at them (measured).
const receiveBuffer = 1 << 20

func newSockets(e *engine) *sockets {
	return &sockets{ctx: e.ctx, log: e.log, open: map[socketKey]*socket{}, broken: func(s *socket) {
		e.post(func() { e.socketBroke(s) })
	}}
}

// Attach implements network.
func (n *sockets) Attach(cfg *vrrp.Config, link netif.Link, src netip.Addr, r *vrrp.Runner) (vrrp.Transport, error) {
	opts := rawsock.Options{
		Interface: link.Name, IfIndex: link.Index, Family: cfg.Family, Group: cfg.Group, AH: cfg.Auth == vrrp.AuthAH,
		VRF: cfg.VRF, ReceiveBuffer: max(cfg.ReceiveBuffer, receiveBuffer), AllVRIDs: n.logStrangers,
	}
	key := socketKey{index: link.Index, family: cfg.Family, to: cfg.Group, vrf: cfg.VRF, ah: opts.AH}
	if cfg.Unicast() {
		opts.Source, key.to = src, src
	}
	s := n.open[key]
	if s == nil {
		opened, err := n.start(opts)
		if err != nil {
			return nil, err
		}
		s = opened
		n.open[key] = s
	}
	if err := s.add(cfg.VRID, r); err != nil {
		n.sweep()
		return nil, err
	}
	return s.conn.For(cfg), nil
}

func (n *sockets) start(opts rawsock.Options) (*socket, error) {
	conn, err := rawsock.Open(opts)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(n.ctx)
	s := &socket{conn: conn, cancel: cancel, done: make(chan struct{}), runners: map[uint8][]*vrrp.Runner{}}
	if n.logStrangers {
		s.strangers = newStrangers(n.log, opts.Interface)
	}
	go func() {
		defer close(s.done)
		if err := conn.Run(ctx, s.deliver); err != nil {
			n.log.Warn("VRRP socket failed", "interface", opts.Interface, "error", err)
			n.broken(s)
		}
	}()
	return s, nil
}

// Detach implements network.
func (n *sockets) Detach(r *vrrp.Runner) {
	for _, s := range n.open {
		s.remove(r)
	}
	n.sweep()
}

// LogStrangers implements network.
func (n *sockets) LogStrangers(on bool) { n.logStrangers = on }

// sweep closes the sockets that nobody uses.
func (n *sockets) sweep() {
	maps.DeleteFunc(n.open, func(_ socketKey, s *socket) bool {
		if len(s.runners) > 0 {
			return false
		}
		s.close(n.log)
		return true
	})
}

// close closes all sockets.
func (n *sockets) close() {
	for _, s := range n.open {
		s.close(n.log)
	}
	clear(n.open)
}

func (s *socket) close(log *slog.Logger) {
	s.cancel()
	<-s.done
	if err := s.conn.Close(); err != nil {
		log.Debug("VRRP socket closed", "error", err)
	}
}

// add lets the adverts of a VRID through to r.
func (s *socket) add(vrid uint8, r *vrrp.Runner) error {
	s.mu.Lock()
	s.runners[vrid] = append(s.runners[vrid], r)
	s.mu.Unlock()
	if err := s.filter(); err != nil {
		s.remove(r)
		return err
	}
	return nil
}

func (s *socket) remove(r *vrrp.Runner) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for vrid, list := range s.runners {
		list = slices.DeleteFunc(slices.Clone(list), func(o *vrrp.Runner) bool { return o == r })
		if s.runners[vrid] = list; len(list) == 0 {
			delete(s.runners, vrid)
		}
	}
}

func (s *socket) filter() error {
	if err := s.conn.SetVRIDs(slices.Sorted(maps.Keys(s.runners))); err != nil {
		return fmt.Errorf("let adverts through: %w", err)
	}
	return nil
}

// deliver hands an advert to the instances of its VRID; the kernel's filter has
// let only theirs through, and those too short to have one not at all.
func (s *socket) deliver(rx *vrrp.Received) {
	at := 1
	if rx.Protocol == vrrp.ProtocolAH {
		at += vrrp.AHLen
	}
	if len(rx.Payload) <= at {
		return
	}
	s.mu.RLock()
	runners := s.runners[rx.Payload[at]]
	s.mu.RUnlock()
	for _, r := range runners {
		r.Deliver(rx)
	}
	if len(runners) == 0 && s.strangers != nil {
		s.strangers.note(rx.Src, rx.Payload[at], time.Now())
	}
}

// socketBroke takes a socket away from its instances. They get another one with
// the next event of their interface, or within a second.
func (e *engine) socketBroke(broken *socket) {
	if e.network.(*sockets).forget(broken) {
		for _, r := range e.runners {
			if broken.has(r.Runner) {
				e.detach(r)
			}
		}
	}
}

func (s *socket) has(r *vrrp.Runner) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, list := range s.runners {
		if slices.Contains(list, r) {
			return true
		}
	}
	return false
}

// forget closes a socket and reports whether it was in use.
func (n *sockets) forget(s *socket) bool {
	used := false
	maps.DeleteFunc(n.open, func(_ socketKey, o *socket) bool {
		used = used || o == s
		return o == s
	})
	if used {
		s.close(n.log)
	}
	return used
}
