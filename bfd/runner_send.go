package bfd

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// redialAfter is the least time between two tries to open a session's socket.
const redialAfter = 500 * time.Millisecond

// send sends one packet, if there is a socket or one can be had now.
func (r *session) send(p *Packet) {
	if r.sender == nil {
		r.dial()
	}
	if r.sender == nil {
		r.out.sent(false)
		return
	}
	r.message = p.Append(r.message[:0])
	err := r.sender.Send(r.message)
	r.out.sent(err == nil)
	r.say("send", err)
	if err != nil && time.Since(r.dialed) >= redialAfter {
		// The address or the interface may have been made anew.
		r.hangUp()
	}
}

func (r *session) dial() {
	now := time.Now()
	if !r.dialed.IsZero() && now.Sub(r.dialed) < redialAfter {
		return
	}
	r.dialed = now
	if r.source == 0 {
		r.source = r.ports.take()
	}
	c := r.cfg
	sender, err := r.network.Dial(Path{
		Local: c.Source, Remote: c.Neighbor, Multihop: c.Multihop, SourcePort: r.source, TTL: c.ttl(),
	})
	if err != nil {
		r.say("open socket", err)
		// Perhaps another program has the port. Nobody knows it yet.
		r.ports.give(r.source)
		r.source = 0
		return
	}
	r.sender = sender
	r.ifIndex.Store(int64(sender.IfIndex()))
}

// hangUp closes the socket; the next packet opens it again, with the same port.
func (r *session) hangUp() {
	if r.sender == nil {
		return
	}
	if err := r.sender.Close(); err != nil {
		r.say("close socket", err)
	}
	r.sender, r.dialed = nil, time.Time{}
}

// say shows an error in status until a packet has been sent, and logs it when
// it first appears and when it has gone.
func (r *session) say(what string, err error) {
	text := ""
	if err != nil {
		text = fmt.Sprintf("%s: %v", what, err)
	}
	switch {
	case text == r.sayError:
		return
	case text == "":
		r.log.Info("BFD packets can be sent again")
	default:
		r.log.Warn("BFD packet not sent", "error", text)
	}
	r.sayError = text
	r.out.fail(text)
}

// ports hands out source ports, each to one session, RFC 5881, section 4.
type ports struct {
	mu    sync.Mutex // guards taken
	taken map[uint16]bool
}

const firstPort, portCount = 49152, 1<<16 - 49152

func (p *ports) take() uint16 {
	p.mu.Lock()
	defer p.mu.Unlock()
	// There are far more ports than sessions; beyond that, one is shared.
	for i, start := uint32(0), rand.Uint32(); ; i++ {
		port := uint16(firstPort + (start+i)%portCount)
		if !p.taken[port] || i == portCount {
			p.taken[port] = true
			return port
		}
	}
}

func (p *ports) give(port uint16) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.taken, port)
}
