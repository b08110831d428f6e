package rawsock

import (
	"context"
	"encoding/binary"
	"errors"
	"net/netip"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"director/vrrp"
)

// maxDrain bounds what one Drain reads, so that a flood does not keep it for
// ever. A receive buffer of the default size holds fewer adverts.
const maxDrain = 1024

// maxAge is the oldest that a packet may be by its kernel stamp. The stamp is
// wall-clock: an age beyond this, or below zero, is a step of the clock.
const maxAge = time.Second

// Drain delivers everything that is waiting in the sockets before it returns.
// What Run has read but not delivered yet, Drain waits for. Outside Run it does
// nothing.
func (c *Conn) Drain() {
	for _, s := range c.sockets {
		// An error means that the socket is closed: nothing is left to read.
		// Run reports what goes wrong with reading.
		_ = s.raw.Control(func(fd uintptr) {
			for range maxDrain {
				if more, _ := c.readOne(s, int(fd)); !more {
					return
				}
			}
		})
	}
}

// read reads a socket until ctx ends.
func (c *Conn) read(ctx context.Context, s *socket) error {
	if err := s.conn.SetReadDeadline(time.Time{}); err != nil {
		return err
	}
	// A deadline in the past wakes the reader.
	woken := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(woken)
		_ = s.conn.SetReadDeadline(time.Unix(1, 0))
	})
	defer func() {
		if !stop() {
			<-woken // it must not wake a later Run
		}
	}()
	var failed error
	err := s.raw.Read(func(fd uintptr) (done bool) {
		for ctx.Err() == nil {
			more, err := c.readOne(s, int(fd))
			if err != nil {
				failed = err
				return true
			}
			if !more {
				return false
			}
		}
		return true
	})
	switch {
	case failed != nil:
		return failed
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil
	default:
		return err
	}
}

// readOne reads and delivers one packet, and reports whether there was one.
func (c *Conn) readOne(s *socket, fd int) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.deliver == nil {
		return false, nil
	}
	for {
		n, oobn, _, from, err := unix.Recvmsg(fd, c.buf[:], c.oob[:], unix.MSG_DONTWAIT)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EAGAIN):
			return false, nil
		case err != nil:
			return false, err
		}
		if c.parse(s, c.buf[:n], c.oob[:oobn], from) {
			c.deliver(&c.rx)
		}
		return true, nil
	}
}

// parse fills c.rx. It returns false for what cannot come from the kernel.
func (c *Conn) parse(s *socket, b, oob []byte, from unix.Sockaddr) bool {
	c.rx = vrrp.Received{Payload: b, Protocol: s.protocol, TTL: -1, IfIndex: c.opts.IfIndex, At: time.Now()}
	if c.opts.Family == vrrp.IPv4 {
		if len(b) < ipv4HeaderLen || len(b) < int(b[0]&0x0f)*4 {
			return false
		}
		n := int(b[0]&0x0f) * 4
		c.rx.Header, c.rx.Payload = b[:n], b[n:]
		c.rx.TTL = int(b[8])
		c.rx.Src, c.rx.Dst = netip.AddrFrom4([4]byte(b[12:])), netip.AddrFrom4([4]byte(b[16:]))
	} else if sa, ok := from.(*unix.SockaddrInet6); ok {
		c.rx.Src = netip.AddrFrom16(sa.Addr)
	}
	for len(oob) > 0 {
		h, data, rest, err := unix.ParseOneSocketControlMessage(oob)
		if err != nil {
			break
		}
		c.control(s, h, data)
		oob = rest
	}
	return c.rx.Src.IsValid() && c.rx.Dst.IsValid()
}

// control takes in one control message.
func (c *Conn) control(s *socket, h unix.Cmsghdr, data []byte) {
	native := binary.NativeEndian
	switch {
	case h.Level == unix.SOL_SOCKET && h.Type == unix.SO_TIMESTAMPNS_NEW && len(data) >= 16:
		stamp := time.Unix(int64(native.Uint64(data)), int64(native.Uint64(data[8:])))
		c.rx.At = arrival(stamp, c.rx.At)
	case h.Level == unix.SOL_SOCKET && h.Type == unix.SO_RXQ_OVFL && len(data) >= 4:
		lost := native.Uint32(data)
		c.rx.Lost, s.lost = lost-s.lost, lost
		c.overruns.Add(uint64(c.rx.Lost))
	case h.Level == unix.SOL_IP && h.Type == unix.IP_PKTINFO && len(data) >= unix.SizeofInet4Pktinfo:
		c.rx.IfIndex = int(native.Uint32(data))
	case h.Level == unix.SOL_IPV6 && h.Type == unix.IPV6_PKTINFO && len(data) >= unix.SizeofInet6Pktinfo:
		c.rx.Dst = netip.AddrFrom16([16]byte(data))
		c.rx.IfIndex = int(native.Uint32(data[16:]))
	case h.Level == unix.SOL_IPV6 && h.Type == unix.IPV6_HOPLIMIT && len(data) >= 4:
		c.rx.TTL = int(native.Uint32(data))
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
