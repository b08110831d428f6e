package ipvs

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/mdlayher/genetlink"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// conn is a generic netlink socket of the IPVS family that can do what the
// libraries' connections can not: send many requests at once with one
// acknowledgement and tell by the sequence number which of them failed, and
// read a dump piece by piece.
//
// The kernel carries requests out inside the write (netlink_rcv_skb), one after
// the other, and queues the answers. One goroutine at a time may use a conn.
// After an error of the conn itself answers may be outstanding: it must be
// closed and replaced.
type conn struct {
	f      *os.File // for its deadlines
	family uint16
	seq    uint32
	in     []byte
	out    []byte
}

// request is one message: the command and its attributes.
type request struct {
	cmd   uint8
	attrs []byte
}

const (
	nlHeader   = unix.SizeofNlMsghdr
	genlHeader = 4 // struct genlmsghdr: command, version, reserved

	// readSize is what the kernel asks readers of dumps to offer at most
	// (netlink_recvmsg caps its pieces at 32 KiB since Linux 4.9).
	readSize = 32 << 10
)

// familyID asks the kernel for the number of the IPVS family. The kernel loads
// the module for this request when it can.
func familyID() (uint16, error) {
	c, err := genetlink.Dial(nil)
	if err != nil {
		return 0, err
	}
	f, err := c.GetFamily(familyName)
	return f.ID, errors.Join(err, c.Close())
}

// dial opens a socket in the network namespace of the calling thread.
func dial() (*conn, error) {
	family, err := familyID()
	if err != nil {
		return nil, err
	}
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_GENERIC)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	// An answer to a failed request else carries the whole request, and fifty
	// of those do not fit a small receive buffer.
	err = os.NewSyscallError("setsockopt", unix.SetsockoptInt(fd, unix.SOL_NETLINK, unix.NETLINK_CAP_ACK, 1))
	if err == nil {
		err = os.NewSyscallError("bind", unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}))
	}
	if err != nil {
		return nil, errors.Join(err, unix.Close(fd))
	}
	return newConn(os.NewFile(uintptr(fd), "netlink"), family), nil
}

func newConn(f *os.File, family uint16) *conn {
	return &conn{f: f, family: family, seq: 1, in: make([]byte, readSize)}
}

func (c *conn) close() error { return c.f.Close() }

// within runs do, which reads and writes, with a deadline that the end of the
// context can only bring forward.
func (c *conn) within(ctx context.Context, limit time.Duration, do func() error) error {
	if err := c.f.SetDeadline(time.Now().Add(limit)); err != nil {
		return err
	}
	fired := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(fired)
		_ = c.f.SetDeadline(time.Unix(1, 0)) // fails only on a closed socket
	})
	err := do()
	if !stop() {
		<-fired // else it could hit the next request
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return noAnswer(ctx, limit)
	}
	return err
}

// noAnswer says whose patience was over.
func noAnswer(ctx context.Context, limit time.Duration) error {
	if cause := context.Cause(ctx); cause != nil {
		return fmt.Errorf("%w: %w", ErrNoAnswer, cause)
	}
	return fmt.Errorf("%w within %v", ErrNoAnswer, limit)
}

// batch sends all requests in one write and returns the kernel's verdict on
// each, nil being success. Only the last request asks for an acknowledgement:
// the kernel answers failures unasked. The second result is not nil when
// verdicts are missing because the connection broke or the time was over.
func (c *conn) batch(reqs []request) ([]error, error) {
	verdicts := make([]error, len(reqs))
	first := c.seq
	c.out = c.out[:0]
	for i, r := range reqs {
		flags := uint16(netlink.Request)
		if i == len(reqs)-1 {
			flags |= uint16(netlink.Acknowledge)
		}
		c.out = c.appendMessage(c.out, r, flags)
	}
	if _, err := c.f.Write(c.out); err != nil {
		return verdicts, err
	}
	last := c.seq - 1
	err := c.answers(func(m message) (done bool, err error) {
		i := int(int32(m.seq - first))
		if m.typ != unix.NLMSG_ERROR || i < 0 || i >= len(reqs) {
			return false, nil // an answer to something given up earlier
		}
		verdicts[i], err = m.errno()
		return m.seq == last, err
	})
	return verdicts, err
}

// dump asks for a list and calls each with the attributes of every entry.
// It calls pause after every piece.
func (c *conn) dump(r request, each func(attrs []byte) error, pause func()) error {
	return c.read(r, netlink.Dump, each, pause)
}

// get asks for one entry and calls each with its attributes.
func (c *conn) get(r request, each func(attrs []byte) error) error {
	return c.read(r, 0, each)
}

func (c *conn) read(r request, flags netlink.HeaderFlags, each func(attrs []byte) error, after ...func()) error {
	seq := c.seq
	c.out = c.appendMessage(c.out[:0], r, uint16(netlink.Request|flags))
	if _, err := c.f.Write(c.out); err != nil {
		return err
	}
	return c.answers(func(m message) (done bool, err error) {
		switch {
		case m.seq != seq:
			return false, nil
		case m.typ == unix.NLMSG_DONE, m.typ == unix.NLMSG_ERROR:
			verdict, err := m.errno()
			return true, errors.Join(verdict, err)
		case len(m.data) < genlHeader:
			return false, fmt.Errorf("%w: message of %d bytes", errAnswer, len(m.data))
		}
		return flags&netlink.Dump == 0, each(m.data[genlHeader:])
	}, after...)
}

// answers reads until do has seen what it waits for. It calls after, if any,
// after every piece but the last.
func (c *conn) answers(do func(message) (done bool, err error), after ...func()) error {
	for {
		n, err := c.f.Read(c.in)
		if err != nil {
			return err
		}
		for b := c.in[:n]; len(b) > 0; {
			var m message
			if m, b, err = nextMessage(b); err != nil {
				return err
			}
			if done, err := do(m); done || err != nil {
				return err
			}
		}
		for _, f := range after {
			f()
		}
	}
}

func (c *conn) appendMessage(b []byte, r request, flags uint16) []byte {
	length := nlHeader + genlHeader + len(r.attrs)
	b = binary.NativeEndian.AppendUint32(b, uint32(length))
	b = binary.NativeEndian.AppendUint16(b, c.family)
	b = binary.NativeEndian.AppendUint16(b, flags)
	b = binary.NativeEndian.AppendUint32(b, c.seq)
	b = binary.NativeEndian.AppendUint32(b, 0) // port: the kernel knows the sender
	b = append(b, r.cmd, familyVersion, 0, 0)
	b = append(b, r.attrs...)
	c.seq++
	return b // attributes are aligned, so the message is
}

// message is one answer of the kernel.
type message struct {
	typ  uint16
	seq  uint32
	data []byte
}

// nextMessage cuts the first message off b.
func nextMessage(b []byte) (m message, rest []byte, err error) {
	length := 0
	if len(b) >= nlHeader {
		length = int(binary.NativeEndian.Uint32(b))
	}
	if length < nlHeader || length > len(b) {
		return message{}, nil, fmt.Errorf("%w: message of %d bytes in %d", errAnswer, length, len(b))
	}
	m = message{
		typ:  binary.NativeEndian.Uint16(b[4:]),
		seq:  binary.NativeEndian.Uint32(b[8:]),
		data: b[nlHeader:length],
	}
	return m, b[min(align4(length), len(b)):], nil
}

// errno reads the verdict of an NLMSG_ERROR or NLMSG_DONE message; nil is
// success.
func (m message) errno() (verdict, err error) {
	if len(m.data) < 4 {
		return nil, fmt.Errorf("%w: verdict of %d bytes", errAnswer, len(m.data))
	}
	if n := int32(binary.NativeEndian.Uint32(m.data)); n != 0 {
		return syscall.Errno(-n), nil
	}
	return nil, nil
}

func align4(n int) int { return (n + 3) &^ 3 }
