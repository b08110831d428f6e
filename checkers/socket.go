package checkers

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// socket is a TCP connection, or a UDP or ICMP socket with one peer, on Go's
// poller without package net, whose dialer costs a goroutine and several system
// calls for each connection.
type socket struct {
	*os.File
	raw      syscall.RawConn
	datagram bool
	// header: what is read begins with an IPv4 header.
	header bool
}

// dial connects a socket as s says, from src when it is valid.
func dial(ctx context.Context, s *Spec, src netip.Addr) (Conn, error) {
	family := unix.AF_INET6
	if s.Target.Addr().Is4() {
		family = unix.AF_INET
	}
	to, err := sockaddr(s.Target)
	if err != nil {
		return nil, &lackError{"zone of " + s.Target.String(), err}
	}
	fd, c, err := newSocket(s.Kind, family)
	if err != nil {
		return nil, &lackError{"socket", err}
	}
	if err := prepare(fd, s, src); err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	pending := connect(fd, to)
	if pending != nil && pending != unix.EINPROGRESS {
		_ = unix.Close(fd)
		return nil, connectError(pending)
	}
	c.File = os.NewFile(uintptr(fd), "socket")
	if c.raw, err = c.SyscallConn(); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	if pending != nil {
		if err := c.established(ctx, s, to); err != nil {
			return nil, errors.Join(err, c.Close())
		}
	}
	if err := c.refuseItself(s); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// prepare sets what has to be set before the connect.
func prepare(fd int, s *Spec, src netip.Addr) error {
	if s.BindInterface != "" {
		if err := unix.BindToDevice(fd, s.BindInterface); err != nil {
			return &lackError{"bind_if " + s.BindInterface, err}
		}
	}
	if s.FWMark != 0 {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_MARK, int(s.FWMark)); err != nil {
			return &lackError{"fwmark " + strconv.FormatUint(uint64(s.FWMark), 10), err}
		}
	}
	if s.BindPort != 0 {
		if err := prepareFixedPort(fd); err != nil {
			return &lackError{"bind_port", err}
		}
	}
	if !src.IsValid() && s.BindPort == 0 {
		return nil
	}
	if !src.IsValid() {
		src = netip.IPv6Unspecified()
		if s.Target.Addr().Is4() {
			src = netip.IPv4Unspecified()
		}
	}
	if s.BindPort == 0 {
		// Without it the port is chosen here, for all destinations at once,
		// and 28,000 connections from one address are all there can be.
		// IPv6 sockets take the option of the IPv4 level too.
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1); err != nil {
			return &lackError{"bind", err}
		}
	}
	from, err := sockaddr(netip.AddrPortFrom(src, s.BindPort))
	if err != nil {
		return &lackError{"zone of " + src.String(), err}
	}
	if err := unix.Bind(fd, from); err != nil {
		return &lackError{"bind to " + netip.AddrPortFrom(src, s.BindPort).String(), err}
	}
	return nil
}

// prepareFixedPort makes the same local port usable for the next probe: our own
// TIME_WAIT would refuse it for a minute, so such a connection ends with a
// reset. UDP has none; there checks of several targets can share the port.
func prepareFixedPort(fd int) error {
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		return err
	}
	return unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
}

// connect begins to connect, or tells how it stands: nil once connected,
// EINPROGRESS while not.
func connect(fd int, to unix.Sockaddr) error {
	switch err := unix.Connect(fd, to); err {
	case unix.EISCONN:
		return nil
	case unix.EALREADY, unix.EINTR:
		return unix.EINPROGRESS
	default:
		return err
	}
}

// established waits until the connection is there.
func (c *socket) established(ctx context.Context, s *Spec, to unix.Sockaddr) error {
	defer interrupt(ctx, c)()
	if err := limit(ctx, c, s.ConnectTimeout); err != nil {
		return err
	}
	result := error(unix.EINPROGRESS)
	try := func(fd uintptr) bool {
		result = connect(int(fd), to)
		return result != unix.EINPROGRESS
	}
	if err := c.raw.Write(try); err != nil {
		// Before a timeout is believed, look once more: it may be us who are
		// late.
		if ctx.Err() != nil || c.raw.Control(func(fd uintptr) { try(fd) }) != nil || result == unix.EINPROGRESS {
			return err
		}
	}
	return result
}

// refuseItself finds a socket that is connected to itself. That happens on a
// closed port of our own address when the kernel picks the same number as the
// local port, and looks like a server that is in order.
func (c *socket) refuseItself(s *Spec) error {
	const firstPort = 1024 // no local port is chosen below
	if s.Target.Port() < firstPort {
		return nil
	}
	var local unix.Sockaddr
	var err error
	if e := c.raw.Control(func(fd uintptr) { local, err = unix.Getsockname(int(fd)) }); e != nil || err != nil {
		return errors.Join(e, err)
	}
	if addrPort(local) == netip.AddrPortFrom(s.Target.Addr().WithZone(""), s.Target.Port()) {
		return unix.ECONNREFUSED
	}
	return nil
}

// connectError tells what is ours from what is the server's, as long as no
// packet can have come back: an ICMPv6 "administratively prohibited" of the
// server's firewall is EACCES too.
func connectError(err error) error {
	if ours(err) {
		return &lackError{"connect", err}
	}
	return err
}

// ours says whether a system call failed for a reason of this machine.
func ours(err error) bool {
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		return false
	}
	switch errno {
	case unix.EADDRNOTAVAIL, unix.EADDRINUSE, unix.EAGAIN, // local ports
		unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM,
		unix.EPERM, unix.EACCES, // a local firewall or a prohibit route
		unix.EINVAL, unix.ENODEV, unix.EAFNOSUPPORT:
		return true
	}
	return false
}

// sockaddr turns an address into the kernel's form. The zone of a link-local
// address is looked up each time, because an interface may come back with
// another index.
func sockaddr(a netip.AddrPort) (unix.Sockaddr, error) {
	if a.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}, nil
	}
	sa := &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
	zone := a.Addr().Zone()
	if zone == "" {
		return sa, nil
	}
	if n, err := strconv.ParseUint(zone, 10, 32); err == nil {
		sa.ZoneId = uint32(n)
		return sa, nil
	}
	ifi, err := net.InterfaceByName(zone)
	if err != nil {
		return nil, err
	}
	sa.ZoneId = uint32(ifi.Index)
	return sa, nil
}

// addrPort is the reverse of sockaddr, without the zone.
func addrPort(sa unix.Sockaddr) netip.AddrPort {
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(sa.Addr).Unmap(), uint16(sa.Port))
	}
	return netip.AddrPort{}
}
