// Package bfd is bidirectional forwarding detection, RFC 5880 and 5881 and,
// over several hops, 5883: asynchronous mode, without echo and authentication.
// It tells within tens of milliseconds that a neighbour is gone.
package bfd

import (
	"net/netip"
	"time"
)

// Config is one bfd_instance. It is a plain value and comparable.
type Config struct {
	Name string
	// Neighbor is the peer. Source is our address; invalid: the kernel's choice.
	Neighbor, Source netip.Addr
	// MinRx is the shortest interval in which we can receive, MinTx the one in
	// which we would like to send, 1 ms or more; IdleTx that while the session
	// is not up, 1 s or more.
	MinRx, MinTx, IdleTx time.Duration
	// Multiplier is the number of missed packets after which the neighbour is
	// gone, 1 to 255.
	Multiplier uint8
	// Passive: say nothing before the neighbour does.
	Passive bool
	// TTL is that of our packets, 1 to 255. MaxHops is by how much the TTL of a
	// received packet may be below it; 255: any.
	TTL, MaxHops uint8
	// Multihop is RFC 5883: port 4784 instead of 3784.
	Multihop bool
}
