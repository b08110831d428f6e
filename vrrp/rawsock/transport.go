package rawsock

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"sync/atomic"

	"golang.org/x/net/ipv6"
	"golang.org/x/sys/unix"

	"director/vrrp"
)

const (
	ipv4HeaderLen = 20
	tos           = 0xc0 // network control
	maxTTL        = 255
)

// ErrSequence says that the sequence numbers of the authentication header are
// used up, which takes 4294967295 adverts, 136 years at one a second. They begin
// anew when every router of the group has been restarted.
var ErrSequence = errors.New("sequence numbers of the authentication header used up")

// Transport sends the adverts of one virtual router over a shared Conn. It is
// for one goroutine, that of the router's [vrrp.Runner].
type Transport struct {
	conn     *Conn
	ttl      uint8 // of unicast
	key      *vrrp.AHKey
	sequence *atomic.Uint32 // the last one used or heard
	id       uint16

	buf []byte
	oob []byte     // IPv6: source and hop limit
	src netip.Addr // whose oob it is
	to4 unix.SockaddrInet4
	to6 unix.SockaddrInet6
	// The packet under way: sendTo is made once, so that sending allocates
	// nothing.
	packet []byte
	to     unix.Sockaddr
	flags  int
	sendTo func(fd uintptr)
	err    error
}

var (
	_ vrrp.Transport   = (*Transport)(nil)
	_ vrrp.AHSequencer = (*Transport)(nil)
)

// For returns the transport of the router that cfg describes. It takes from cfg
// the TTL of unicast and the authentication header.
func (c *Conn) For(cfg *vrrp.Config) *Transport {
	t := &Transport{conn: c, ttl: cfg.UnicastTTL, sequence: &c.sequences[cfg.VRID]}
	if t.ttl == 0 {
		t.ttl = maxTTL
	}
	if cfg.Auth == vrrp.AuthAH {
		t.key = vrrp.NewAHKey(cfg.AuthPassword)
	}
	t.sendTo = func(fd uintptr) {
		_, t.err = unix.SendmsgN(int(fd), t.packet, t.oob, t.to, t.flags)
	}
	return t
}

// Drain is [Conn.Drain].
func (t *Transport) Drain() { t.conn.Drain() }

// HeardSequence is for [vrrp.AHSequencer].
func (t *Transport) HeardSequence(n uint32) { t.sequence.Store(max(t.sequence.Load(), n)) }

// Send sends one VRRP message from src to dst, with an authentication header if
// that is configured. It never blocks: a full send buffer is an error, as is a
// message longer than the interface's MTU over IPv4. [InterfaceGone] recognises
// a dead interface. A write that failed has used its sequence number.
func (t *Transport) Send(src, dst netip.Addr, message []byte) error {
	t.flags = unix.MSG_DONTWAIT
	if dst.IsMulticast() {
		t.flags |= unix.MSG_DONTROUTE
	}
	var err error
	if dst.Is4() {
		err = t.prepare4(src, dst, message)
	} else {
		t.prepare6(src, dst, message)
	}
	if err == nil {
		err = t.conn.sockets[0].raw.Control(t.sendTo)
	}
	if err == nil {
		err = t.err
	}
	if err != nil {
		return t.conn.explain(fmt.Sprintf("send to %v", dst), err)
	}
	return nil
}

// prepare4 puts an IPv4 header before the message. The kernel fills in the
// length and the checksum, and an identification of 0, which is why there is
// none.
func (t *Transport) prepare4(src, dst netip.Addr, message []byte) error {
	if t.id++; t.id == 0 {
		t.id = 1
	}
	ttl := t.ttl
	if dst.IsMulticast() {
		ttl = maxTTL
	}
	s, d := src.As4(), dst.As4()
	header := [ipv4HeaderLen]byte{0: 0x45, 1: tos, 8: ttl, 9: vrrp.ProtocolVRRP}
	binary.BigEndian.PutUint16(header[4:], t.id)
	copy(header[12:], s[:])
	copy(header[16:], d[:])
	if t.key == nil {
		t.buf = append(append(t.buf[:0], header[:]...), message...)
	} else {
		if t.sequence.Load() == math.MaxUint32 {
			return ErrSequence
		}
		header[9] = vrrp.ProtocolAH
		fields := vrrp.AHFields{Src: src, Dst: dst, ID: t.id, Sequence: t.sequence.Add(1)}
		t.buf = t.key.AppendAH(append(t.buf[:0], header[:]...), message, fields)
	}
	t.to4.Addr = d
	t.packet, t.to = t.buf, &t.to4
	return nil
}

// prepare6 says where the message goes and from where; the kernel makes the
// header.
func (t *Transport) prepare6(src, dst netip.Addr, message []byte) {
	ifIndex := 0
	if dst.IsMulticast() || dst.IsLinkLocalUnicast() {
		ifIndex = t.conn.opts.IfIndex
	}
	if t.oob == nil || t.src != src {
		cm := ipv6.ControlMessage{Src: src.AsSlice(), TrafficClass: tos, HopLimit: int(t.ttl)}
		if !t.conn.opts.unicast() {
			cm.HopLimit = maxTTL
		}
		if src.IsLinkLocalUnicast() {
			cm.IfIndex = t.conn.opts.IfIndex
		}
		t.oob, t.src = cm.Marshal(), src
	}
	t.to6.Addr, t.to6.ZoneId = dst.As16(), uint32(ifIndex)
	t.packet, t.to = message, &t.to6
}
