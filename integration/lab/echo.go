package lab

import (
	"fmt"
	"net/netip"
	"runtime"
	"sync"

	"golang.org/x/sys/unix"
)

// Echo makes the host send each datagram that reaches a UDP port back to where
// it came from, from the address that it was for.
func (h *Host) Echo(port uint16) {
	h.lab.t.Helper()
	var sockets []int
	err := h.Do(func() error {
		for _, family := range []int{unix.AF_INET, unix.AF_INET6} {
			fd, err := echoSocket(family, port)
			if err != nil {
				return err
			}
			sockets = append(sockets, fd)
		}
		return nil
	})
	h.must("echo", err)
	end := make(chan struct{})
	var open sync.WaitGroup
	for _, fd := range sockets {
		open.Go(func() { echo(fd, end) })
	}
	h.lab.t.Cleanup(func() {
		close(end)
		open.Wait()
	})
}

func echoSocket(family int, port uint16) (int, error) {
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("socket: %w", err)
	}
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, tapBuffer)
	wild := netip.IPv4Unspecified()
	option, level := unix.IP_PKTINFO, unix.IPPROTO_IP
	if family == unix.AF_INET6 {
		wild = netip.IPv6Unspecified()
		option, level = unix.IPV6_RECVPKTINFO, unix.IPPROTO_IPV6
		err = unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1)
	}
	if err == nil {
		err = unix.SetsockoptInt(fd, level, option, 1)
	}
	if err == nil {
		// Who waits here looks for the end of the test meanwhile.
		err = unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Usec: 200_000})
	}
	if err == nil {
		err = unix.Bind(fd, sockaddr(netip.AddrPortFrom(wild, port)))
	}
	if err != nil {
		_ = unix.Close(fd)
		return -1, fmt.Errorf("echo socket: %w", err)
	}
	return fd, nil
}

// echo answers until the end, on a thread of its own, in real time where that is allowed: an
// answer that is late says nothing of the way.
func echo(fd int, end <-chan struct{}) {
	urgent()
	defer func() { _ = unix.Close(fd) }()
	payload, control := make([]byte, 2048), make([]byte, 128)
	for {
		select {
		case <-end:
			return
		default:
		}
		n, controls, _, from, err := unix.Recvmsg(fd, payload, control, 0)
		if err == nil && from != nil {
			_ = unix.Sendmsg(fd, payload[:n], answerFrom(control[:controls]), from, unix.MSG_DONTWAIT)
		}
	}
}

// answerFrom turns what arrived about the local address of a datagram into what
// an answer needs: the address, and not the interface, as a route decides.
func answerFrom(control []byte) []byte {
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return nil
	}
	for _, m := range messages {
		switch {
		case m.Header.Level == unix.IPPROTO_IP && m.Header.Type == unix.IP_PKTINFO && len(m.Data) >= 12:
			return unix.PktInfo4(&unix.Inet4Pktinfo{Spec_dst: [4]byte(m.Data[8:12])})
		case m.Header.Level == unix.IPPROTO_IPV6 && m.Header.Type == unix.IPV6_PKTINFO && len(m.Data) >= 16:
			return unix.PktInfo6(&unix.Inet6Pktinfo{Addr: [16]byte(m.Data[:16])})
		}
	}
	return nil
}

// urgent gives the calling goroutine a thread of its own, in real time where
// that is allowed.
func urgent() {
	runtime.LockOSThread() // and never unlocked: the thread ends with its goroutine
	_ = unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_FIFO, Priority: 1}, 0)
}
