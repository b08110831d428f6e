// Package udpsock carries BFD control packets over Linux UDP sockets: one
// socket that receives for all sessions of a port, and one for each session to
// send from, because RFC 5881 gives every session a source port of its own.
//
// Sockets belong to the network namespace of the thread that opens them.
package udpsock

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"syscall"

	"golang.org/x/net/bpf"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
	"golang.org/x/sys/unix"

	"director/bfd"
)

// trafficClass is that of network control, as routers send BFD.
const trafficClass = 0xc0

// Network opens the kernel's sockets.
type Network struct{}

// Dial opens the socket that a session sends from. It receives nothing. Errors
// name the addresses; the source address must be on the machine.
func (Network) Dial(p bfd.Path) (bfd.Sender, error) {
	s := &sender{}
	if zone := p.Remote.Zone(); zone != "" {
		ifi, err := net.InterfaceByName(zone)
		if err != nil {
			return nil, fmt.Errorf("BFD to %v: interface: %w", p.Remote, err)
		}
		s.ifIndex = ifi.Index
	}
	s.remote = sockaddr(p, s.ifIndex)
	local := p.Local
	switch {
	case !local.IsValid() && p.Remote.Is4():
		local = netip.IPv4Unspecified()
	case !local.IsValid():
		local = netip.IPv6Unspecified()
	case local.Is6() && local.IsLinkLocalUnicast():
		local = local.WithZone(p.Remote.Zone())
	}
	config := net.ListenConfig{Control: deaf}
	conn, err := config.ListenPacket(context.Background(), network(p.Remote.Is6()),
		netip.AddrPortFrom(local, p.SourcePort).String())
	if err != nil {
		return nil, fmt.Errorf("BFD to %v: %w", p.Remote, err)
	}
	s.conn = conn.(*net.UDPConn)
	if s.raw, err = s.conn.SyscallConn(); err == nil {
		err = s.setup(p)
	}
	if err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("BFD to %v: %w", p.Remote, err)
	}
	return s, nil
}

func network(v6 bool) string {
	if v6 {
		return "udp6"
	}
	return "udp4"
}

// deaf keeps a socket from receiving: nobody would read it.
func deaf(_, _ string, raw syscall.RawConn) error {
	drop, err := bpf.Assemble([]bpf.Instruction{bpf.RetConstant{Val: 0}})
	if err != nil {
		return err
	}
	filter := []unix.SockFilter{{Code: drop[0].Op, K: drop[0].K}}
	return control(raw, func(fd int) error {
		return unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER,
			&unix.SockFprog{Len: 1, Filter: &filter[0]})
	})
}

// control runs f on the descriptor.
func control(raw syscall.RawConn, f func(fd int) error) error {
	var failed error
	if err := raw.Control(func(fd uintptr) { failed = f(int(fd)) }); err != nil {
		return err
	}
	return failed
}

func sockaddr(p bfd.Path, ifIndex int) unix.Sockaddr {
	port := int(bfd.Port{Multihop: p.Multihop}.Number())
	if p.Remote.Is4() {
		return &unix.SockaddrInet4{Port: port, Addr: p.Remote.As4()}
	}
	return &unix.SockaddrInet6{Port: port, ZoneId: uint32(ifIndex), Addr: p.Remote.As16()}
}

// sender implements bfd.Sender.
type sender struct {
	conn    *net.UDPConn
	raw     syscall.RawConn
	remote  unix.Sockaddr
	ifIndex int
}

func (s *sender) setup(p bfd.Path) error {
	if p.Remote.Is6() {
		conn := ipv6.NewPacketConn(s.conn)
		if err := conn.SetHopLimit(int(p.TTL)); err != nil {
			return fmt.Errorf("set hop limit: %w", err)
		}
		if err := conn.SetTrafficClass(trafficClass); err != nil {
			return fmt.Errorf("set traffic class: %w", err)
		}
		return nil
	}
	conn := ipv4.NewPacketConn(s.conn)
	if err := conn.SetTTL(int(p.TTL)); err != nil {
		return fmt.Errorf("set TTL: %w", err)
	}
	if err := conn.SetTOS(trafficClass); err != nil {
		return fmt.Errorf("set TOS: %w", err)
	}
	return nil
}

// Send implements bfd.Sender. It does not wait for room in the socket: that is
// an error.
func (s *sender) Send(message []byte) error {
	return control(s.raw, func(fd int) error { return unix.Sendto(fd, message, unix.MSG_DONTWAIT, s.remote) })
}

// IfIndex implements bfd.Sender.
func (s *sender) IfIndex() int { return s.ifIndex }

// Close implements bfd.Sender.
func (s *sender) Close() error { return s.conn.Close() }
