package lab

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"time"
)

// Heartbeat is a BFD control packet seen on a segment, over IPv4 and one hop.
type Heartbeat struct {
	At     time.Time
	Source netip.Addr
	// State and Diag are the numbers of RFC 5880 section 4.1.
	State, Diag uint8
}

// What a [Heartbeat] says of its sender's session.
const (
	BFDDown = 1
	BFDUp   = 3
	// BFDExpired is the diagnostic of a session whose neighbour fell silent.
	BFDExpired = 1
)

// seeBFD reads a UDP datagram.
func (w *Witness) seeBFD(p []byte, source netip.Addr, at time.Time) {
	const port, header, control = 3784, 8, 24
	if len(p) < header+control || binary.BigEndian.Uint16(p[2:]) != port {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.heartbeats = append(w.heartbeats, Heartbeat{At: at, Source: source, State: p[header+1] >> 6, Diag: p[header] & 0x1f})
}

// Heartbeats returns what a router's BFD said since a moment, in order.
func (w *Witness) Heartbeats(of netip.Addr, since time.Time) []Heartbeat {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(w.heartbeats), func(b Heartbeat) bool { return b.Source != of || b.At.Before(since) })
}
