package rawsock

import (
	"context"
	"fmt"
	"net"
	"syscall"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
	"golang.org/x/sys/unix"

	"director/vrrp"
)

// option is one integer socket option. what names it in errors.
type option struct {
	what        string
	level, name int
	value       int
	// optional: older kernels live without it.
	optional bool
}

// openSocket opens a raw socket that receives nothing yet.
func openSocket(opts *Options, protocol uint8) (*socket, error) {
	config := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
		return prepare(opts, raw)
	}}
	network, address := fmt.Sprintf("ip%d:%d", opts.Family, protocol), ""
	if opts.unicast() {
		address = opts.Source.String()
		if opts.Source.IsLinkLocalUnicast() && opts.Source.Is6() {
			address = opts.Source.WithZone(fmt.Sprint(opts.IfIndex)).String()
		}
	}
	conn, err := config.ListenPacket(context.Background(), network, address)
	if err != nil {
		return nil, err
	}
	s := &socket{conn: conn.(*net.IPConn), protocol: protocol}
	if s.raw, err = s.conn.SyscallConn(); err == nil {
		err = s.multicast(opts)
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return s, nil
}

// prepare sets what has to be set before the socket is bound: from then on it
// receives.
func prepare(opts *Options, raw syscall.RawConn) error {
	var failed error
	err := raw.Control(func(fd uintptr) {
		if failed = attach(int(fd), dropAll); failed != nil {
			return
		}
		if device := opts.device(); device != "" {
			if failed = unix.BindToDevice(int(fd), device); failed != nil {
				failed = fmt.Errorf("bind to %s: %w", device, failed)
				return
			}
		}
		for _, o := range options(opts) {
			err := unix.SetsockoptInt(int(fd), o.level, o.name, o.value)
			if err != nil && !o.optional {
				failed = fmt.Errorf("set %s: %w", o.what, err)
				return
			}
		}
	})
	if err != nil {
		return err
	}
	return failed
}

// device is what the socket is bound to; empty: unicast may be routed.
func (o *Options) device() string {
	if o.unicast() {
		return o.VRF
	}
	return o.Interface
}

// options are the options of a socket.
func options(opts *Options) []option {
	const ttl, class = 255, 0xc0
	l := []option{
		{"SO_TIMESTAMPNS", unix.SOL_SOCKET, unix.SO_TIMESTAMPNS_NEW, 1, true},
		{"SO_RXQ_OVFL", unix.SOL_SOCKET, unix.SO_RXQ_OVFL, 1, true},
	}
	if n := opts.ReceiveBuffer; n > 0 {
		l = append(l,
			option{"SO_RCVBUF", unix.SOL_SOCKET, unix.SO_RCVBUF, n, false},
			// Beyond rmem_max, if we may.
			option{"SO_RCVBUFFORCE", unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, n, true},
		)
	}
	if opts.Family == vrrp.IPv4 {
		return append(l,
			// The IP header is ours: an authentication header covers it.
			option{"IP_HDRINCL", unix.SOL_IP, unix.IP_HDRINCL, 1, false},
			option{"IP_PKTINFO", unix.SOL_IP, unix.IP_PKTINFO, 1, false},
			// Off: only groups that this socket joined, not any socket.
			option{"IP_MULTICAST_ALL", unix.SOL_IP, unix.IP_MULTICAST_ALL, 0, false},
			option{"IP_FREEBIND", unix.SOL_IP, unix.IP_FREEBIND, 1, false},
		)
	}
	return append(l,
		option{"IPV6_RECVPKTINFO", unix.SOL_IPV6, unix.IPV6_RECVPKTINFO, 1, false},
		option{"IPV6_RECVHOPLIMIT", unix.SOL_IPV6, unix.IPV6_RECVHOPLIMIT, 1, false},
		option{"IPV6_MULTICAST_ALL", unix.SOL_IPV6, unix.IPV6_MULTICAST_ALL, 0, true},
		option{"IPV6_FREEBIND", unix.SOL_IPV6, unix.IPV6_FREEBIND, 1, true},
		option{"IPV6_MULTICAST_HOPS", unix.SOL_IPV6, unix.IPV6_MULTICAST_HOPS, ttl, false},
		option{"IPV6_TCLASS", unix.SOL_IPV6, unix.IPV6_TCLASS, class, false},
	)
}

// multicast joins the group and makes it the way out. Our own adverts are not
// looped back.
func (s *socket) multicast(opts *Options) error {
	if opts.unicast() {
		return nil
	}
	ifi := &net.Interface{Index: opts.IfIndex, Name: opts.Interface}
	group := &net.IPAddr{IP: opts.group().AsSlice()}
	var conn interface {
		JoinGroup(*net.Interface, net.Addr) error
		SetMulticastInterface(*net.Interface) error
		SetMulticastLoopback(bool) error
	}
	if opts.Family == vrrp.IPv4 {
		conn = ipv4.NewPacketConn(s.conn)
	} else {
		conn = ipv6.NewPacketConn(s.conn)
	}
	if err := conn.JoinGroup(ifi, group); err != nil {
		return fmt.Errorf("join %v: %w", group, err)
	}
	if err := conn.SetMulticastInterface(ifi); err != nil {
		return fmt.Errorf("set multicast interface: %w", err)
	}
	if err := conn.SetMulticastLoopback(false); err != nil {
		return fmt.Errorf("turn multicast loop off: %w", err)
	}
	return nil
}
