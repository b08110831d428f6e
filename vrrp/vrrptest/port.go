package vrrptest

import (
	"errors"
	"net/netip"

	"director/vrrp"
)

// ErrClosed is what Send returns on a closed port.
var ErrClosed = errors.New("port is closed")

// Port is one router's connection to a segment. It is a vrrp.Transport.
type Port struct {
	segment *Segment
	addr    netip.Addr
	deliver func(*vrrp.Received)

	// Guarded by the segment's mutex.

	closed  bool
	island  int
	held    bool
	waiting []*vrrp.Received
}

var _ vrrp.Transport = (*Port)(nil)

// Send sends one advert to all ports of the same island.
func (p *Port) Send(_, dst netip.Addr, message []byte) error {
	p.segment.mu.Lock()
	closed := p.closed
	p.segment.mu.Unlock()
	if closed {
		return ErrClosed
	}
	p.segment.carry(p, dst, message)
	return nil
}

// Drain delivers what Hold kept back.
func (p *Port) Drain() {
	p.segment.mu.Lock()
	waiting := p.waiting
	p.waiting = nil
	p.segment.mu.Unlock()
	for _, rx := range waiting {
		p.deliver(rx)
	}
}

// Move puts the port on another island; ports hear only their own. All begin
// on island 0.
func (p *Port) Move(island int) {
	p.segment.mu.Lock()
	defer p.segment.mu.Unlock()
	p.island = island
}

// Hold keeps arriving frames back, as a socket does whose reader is late, until
// Drain or Hold(false).
func (p *Port) Hold(on bool) {
	p.segment.mu.Lock()
	p.held = on
	p.segment.mu.Unlock()
	if !on {
		p.Drain()
	}
}

// Close takes the port off the segment for good: a machine that died.
func (p *Port) Close() {
	p.segment.mu.Lock()
	defer p.segment.mu.Unlock()
	p.closed = true
}

func (p *Port) arrive(island int, rx *vrrp.Received) {
	p.segment.mu.Lock()
	deliver := !p.closed && p.island == island
	if deliver && p.held {
		p.waiting = append(p.waiting, rx)
		deliver = false
	}
	p.segment.mu.Unlock()
	if deliver {
		p.deliver(rx)
	}
}
