package bfd

import (
	"encoding/binary"
	"math"
	"time"
)

// PacketLen is the length of a control packet without authentication.
const PacketLen = 24

// authLen is the shortest control packet with authentication: a type and a
// length follow.
const authLen = PacketLen + 2

// version is the only one there is in practice; 0 had another state machine.
const version = 1

// The bits of the second byte.
const (
	bitMultipoint = 1 << iota
	bitDemand
	bitAuth
	bitIndependent
	bitFinal
	bitPoll
)

// Packet is a control packet, RFC 5880, 4.1, without its authentication
// section. It is comparable.
type Packet struct {
	Diag  Diag
	State State
	// Poll asks for a packet with Final. A packet never has both when we send
	// it.
	Poll, Final bool
	// Independent: the sender's BFD survives its control plane.
	Independent bool
	// Auth: an authentication section follows. It is read, never sent.
	Auth bool
	// Demand: no periodic packets are wanted while the session is up.
	Demand     bool
	Multiplier uint8
	// My and Your are the discriminators of the sender and, as far as it knows
	// it, of the receiver; 0: not known.
	My, Your uint32
	// MinTx is the interval in which the sender would like to send, MinRx the
	// shortest in which it can receive (0: it wants none), MinEchoRx that of
	// echo packets (0: no echo). On the wire they are whole microseconds.
	MinTx, MinRx, MinEchoRx time.Duration
}

// Append appends the packet to b. Intervals are cut to what 32 bits of
// microseconds hold.
func (p *Packet) Append(b []byte) []byte {
	bits := byte(p.State) << 6
	for _, f := range [...]struct {
		on  bool
		bit byte
	}{{p.Poll, bitPoll}, {p.Final, bitFinal}, {p.Independent, bitIndependent}, {p.Demand, bitDemand}} {
		if f.on {
			bits |= f.bit
		}
	}
	b = append(b, version<<5|byte(p.Diag)&0x1f, bits, p.Multiplier, PacketLen)
	b = binary.BigEndian.AppendUint32(b, p.My)
	b = binary.BigEndian.AppendUint32(b, p.Your)
	b = binary.BigEndian.AppendUint32(b, micros(p.MinTx))
	b = binary.BigEndian.AppendUint32(b, micros(p.MinRx))
	return binary.BigEndian.AppendUint32(b, micros(p.MinEchoRx))
}

func micros(d time.Duration) uint32 {
	return uint32(min(max(d/time.Microsecond, 0), math.MaxUint32))
}

// Decode reads a UDP payload into p and returns [Accepted], or why the packet
// must be discarded whoever it is for, by RFC 5880, 6.8.6, in its order. What
// follows the packet in the payload is ignored. p is undefined after a drop.
func (p *Packet) Decode(b []byte) Drop {
	if len(b) < PacketLen {
		return DropTruncated
	}
	if b[0]>>5 != version {
		return DropVersion
	}
	bits, length := b[1], int(b[3])
	if length < PacketLen || bits&bitAuth != 0 && length < authLen {
		return DropLength
	}
	if length > len(b) {
		return DropTruncated
	}
	field := func(offset int) uint32 { return binary.BigEndian.Uint32(b[offset:]) }
	interval := func(offset int) time.Duration { return time.Duration(field(offset)) * time.Microsecond }
	*p = Packet{
		Diag: Diag(b[0] & 0x1f), State: State(bits >> 6),
		Poll: bits&bitPoll != 0, Final: bits&bitFinal != 0, Independent: bits&bitIndependent != 0,
		Auth: bits&bitAuth != 0, Demand: bits&bitDemand != 0,
		Multiplier: b[2], My: field(4), Your: field(8),
		MinTx: interval(12), MinRx: interval(16), MinEchoRx: interval(20),
	}
	switch {
	case p.Multiplier == 0:
		return DropMultiplier
	case bits&bitMultipoint != 0:
		return DropMultipoint
	case p.My == 0:
		return DropMyDiscriminator
	case p.Your == 0 && p.State != Down && p.State != AdminDown:
		return DropYourDiscriminator
	}
	return Accepted
}
