package checkers

import (
	"errors"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// newSocket makes the socket that probes of a kind need, and says how it is
// read.
func newSocket(k Kind, family int) (fd int, c *socket, err error) {
	sort, protocol := unix.SOCK_STREAM, unix.IPPROTO_TCP
	switch k {
	case PingCheck:
		return newPingSocket(family)
	case DNSCheck, UDPCheck:
		sort, protocol = unix.SOCK_DGRAM, unix.IPPROTO_UDP
	}
	fd, err = open(family, sort, protocol)
	if err == nil && k == UDPCheck {
		err = tellErrors(fd, family)
	}
	return fd, &socket{datagram: sort == unix.SOCK_DGRAM}, err
}

// newPingSocket makes one that needs no privilege, or a raw one where
// net.ipv4.ping_group_range does not hold our group.
func newPingSocket(family int) (fd int, c *socket, err error) {
	protocol := unix.IPPROTO_ICMPV6
	if family == unix.AF_INET {
		protocol = unix.IPPROTO_ICMP
	}
	c = &socket{datagram: true}
	fd, err = open(family, unix.SOCK_DGRAM, protocol)
	if errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM) {
		c.header = family == unix.AF_INET
		fd, err = open(family, unix.SOCK_RAW, protocol)
	}
	if err == nil {
		err = tellErrors(fd, family)
	}
	return fd, c, err
}

func open(family, sort, protocol int) (int, error) {
	return unix.Socket(family, sort|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, protocol)
}

// tellErrors makes the kernel tell every ICMP error, not only that nobody
// listens. It closes the socket where that fails.
func tellErrors(fd, family int) error {
	level, option := unix.IPPROTO_IPV6, unix.IPV6_RECVERR
	if family == unix.AF_INET {
		level, option = unix.IPPROTO_IP, unix.IP_RECVERR
	}
	err := unix.SetsockoptInt(fd, level, option, 1)
	if err != nil {
		_ = unix.Close(fd)
	}
	return err
}

// Read reads once more before a deadline is believed: when this process was
// late, the answer is there already. An empty datagram is 0 bytes and no error.
func (c *socket) Read(p []byte) (int, error) {
	n, err := c.File.Read(p)
	switch {
	case c.datagram && err == io.EOF:
		return 0, nil
	case err == nil:
		return c.strip(p, n), nil
	case !errors.Is(err, os.ErrDeadlineExceeded):
		return n, err
	}
	var late error
	if c.raw.Control(func(fd uintptr) { n, late = unix.Read(int(fd), p) }) != nil || late != nil {
		return 0, err
	}
	if n == 0 && !c.datagram {
		return 0, io.EOF
	}
	return c.strip(p, n), nil
}

// maxIPHeader is the longest header of IPv4.
const maxIPHeader = 60

// strip removes the IPv4 header from n bytes that were read, and returns how
// many are left.
func (c *socket) strip(p []byte, n int) int {
	if !c.header || n == 0 {
		return n
	}
	return copy(p, p[min(n, int(p[0]&0x0f)*4):n])
}
