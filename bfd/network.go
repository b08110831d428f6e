package bfd

import (
	"context"
	"net/netip"
	"time"
)

// Network opens sockets; udpsock has the kernel's. Its methods may be called
// concurrently and do not wait for the network.
type Network interface {
	// Listen opens what receives for all sessions of a port.
	Listen(Port) (Listener, error)
	// Dial opens what one session sends from. It fails where the source address
	// is not on the machine, and where the port is taken.
	Dial(Path) (Sender, error)
}

// Port is what one socket receives: IPv4 or IPv6, single hop (UDP port 3784)
// or multihop (4784).
type Port struct {
	IPv6, Multihop bool
}

// Number is the UDP port.
func (p Port) Number() uint16 {
	if p.Multihop {
		return 4784
	}
	return 3784
}

// Path is the way of a session's packets.
type Path struct {
	// Local is our address; invalid: the kernel's choice.
	Local, Remote netip.Addr
	Multihop      bool
	// SourcePort is 49152 or more, RFC 5881, section 4.
	SourcePort uint16
	// TTL is that of our packets, 1 to 255.
	TTL uint8
}

// Listener receives. Run is called by one goroutine at a time; Drain may be
// called during it.
type Listener interface {
	// Run gives what arrives to deliver until ctx ends, when it returns nil, or
	// until the socket fails.
	Run(ctx context.Context, deliver func(*Received)) error
	// Drain delivers everything that is waiting before it returns. Outside Run
	// it does nothing.
	Drain()
	Close() error
}

// Sender sends the packets of one session, one at a time, without waiting.
type Sender interface {
	Send(message []byte) error
	// IfIndex is the interface that the remote address names; 0: any.
	IfIndex() int
	Close() error
}

// Received is a UDP datagram. It is valid during the call that delivers it.
type Received struct {
	Payload []byte
	// Src and Dst have no zone; IfIndex is where it came in.
	Src, Dst netip.Addr
	IfIndex  int
	// TTL is the TTL or hop limit; below 0: not known.
	TTL int
	// At is when it arrived, with a monotonic reading.
	At time.Time
}
