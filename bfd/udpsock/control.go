package udpsock

import (
	"encoding/binary"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"director/bfd"
)

// maxAge is the oldest that a packet may be by its kernel stamp. The stamp is
// wall-clock: an age beyond this, or below zero, is a step of the clock.
const maxAge = time.Second

// parse fills l.rx.
func (l *listener) parse(b, oob []byte, from unix.Sockaddr) {
	l.rx = bfd.Received{Payload: b, TTL: -1, At: time.Now()}
	switch sa := from.(type) {
	case *unix.SockaddrInet4:
		l.rx.Src = netip.AddrFrom4(sa.Addr)
	case *unix.SockaddrInet6:
		l.rx.Src = netip.AddrFrom16(sa.Addr)
	}
	for len(oob) > 0 {
		h, data, rest, err := unix.ParseOneSocketControlMessage(oob)
		if err != nil {
			break
		}
		l.control(h, data)
		oob = rest
	}
}

// control takes in one control message.
func (l *listener) control(h unix.Cmsghdr, data []byte) {
	native := binary.NativeEndian
	switch {
	case h.Level == unix.SOL_SOCKET && h.Type == unix.SO_TIMESTAMPNS_NEW && len(data) >= 16:
		stamp := time.Unix(int64(native.Uint64(data)), int64(native.Uint64(data[8:])))
		l.rx.At = arrival(stamp, l.rx.At)
	case h.Level == unix.SOL_IP && h.Type == unix.IP_TTL && len(data) >= 4,
		h.Level == unix.SOL_IPV6 && h.Type == unix.IPV6_HOPLIMIT && len(data) >= 4:
		l.rx.TTL = int(native.Uint32(data))
	case h.Level == unix.SOL_IP && h.Type == unix.IP_PKTINFO && len(data) >= unix.SizeofInet4Pktinfo:
		l.rx.IfIndex = int(native.Uint32(data))
		l.rx.Dst = netip.AddrFrom4([4]byte(data[8:])) // ipi_addr, that of the header
	case h.Level == unix.SOL_IPV6 && h.Type == unix.IPV6_PKTINFO && len(data) >= unix.SizeofInet6Pktinfo:
		l.rx.Dst = netip.AddrFrom16([16]byte(data))
		l.rx.IfIndex = int(native.Uint32(data[16:]))
	}
}

// arrival turns a wall-clock stamp into a time with a monotonic reading: its
// age is taken at once, against now.
func arrival(stamp, now time.Time) time.Time {
	age := now.Round(0).Sub(stamp)
	if age < 0 || age > maxAge {
		return now
	}
	return now.Add(-age)
}
