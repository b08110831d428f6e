// Package vrrptest is a network segment in memory, on which Runners hold
// elections in a test's own time (testing/synctest).
//
// It carries VRRP messages as they would stand on the wire, checksum included,
// and knows no IP headers: authentication headers are beyond it.
package vrrptest

import (
	"net/netip"
	"slices"
	"sync"
	"time"

	"director/vrrp"
)

// Frame is one advert that was sent on a segment.
type Frame struct {
	At       time.Time
	Src, Dst netip.Addr
	Message  []byte
}

// Segment joins ports. It keeps the order of frames. It may be used from any
// goroutine.
type Segment struct {
	delay time.Duration

	arrival sync.Mutex // held while a frame is taken off the wire and delivered

	mu     sync.Mutex // guards what follows, and the ports' fields
	ports  []*Port
	frames []Frame
	wire   []flight
}

// flight is a frame on its way to those that could hear it when it was sent.
type flight struct {
	frame  Frame
	to     []*Port
	island int
}

// NewSegment returns a segment on which a frame takes delay to arrive. Without
// delay it arrives before Send returns.
func NewSegment(delay time.Duration) *Segment { return &Segment{delay: delay} }

// Attach joins a port of that address. deliver is called for every frame that
// arrives, and must neither block nor send; it is Runner.Deliver.
func (s *Segment) Attach(addr netip.Addr, deliver func(*vrrp.Received)) *Port {
	p := &Port{segment: s, addr: addr, deliver: deliver}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ports = append(s.ports, p)
	return p
}

// Frames returns what has been sent so far, in order, also by ports that
// nobody could hear.
func (s *Segment) Frames() []Frame {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.frames)
}

// carry takes one frame from a port to all that hear it.
func (s *Segment) carry(from *Port, dst netip.Addr, message []byte) {
	s.mu.Lock()
	f := Frame{At: time.Now(), Src: from.addr, Dst: dst, Message: slices.Clone(message)}
	s.frames = append(s.frames, f)
	var to []*Port
	for _, p := range s.ports {
		if p != from && !p.closed && p.island == from.island && (dst.IsMulticast() || dst == p.addr) {
			to = append(to, p)
		}
	}
	s.wire = append(s.wire, flight{f, to, from.island})
	s.mu.Unlock()
	if s.delay == 0 {
		s.arrive()
		return
	}
	time.AfterFunc(s.delay, s.arrive)
}

// arrive delivers the frame that has been on the wire for longest, to those
// that are still where they were.
func (s *Segment) arrive() {
	s.arrival.Lock()
	defer s.arrival.Unlock()
	s.mu.Lock()
	f := s.wire[0]
	s.wire = s.wire[1:]
	s.mu.Unlock()
	for _, p := range f.to {
		p.arrive(f.island, &vrrp.Received{
			Payload: f.frame.Message, Protocol: vrrp.ProtocolVRRP, Src: f.frame.Src, Dst: f.frame.Dst,
			TTL: 255, IfIndex: 1, At: time.Now(),
		})
	}
}
