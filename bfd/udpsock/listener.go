package udpsock

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
	"golang.org/x/sys/unix"

	"director/bfd"
)

const (
	// batch is how many packets are read before others have their turn, in
	// pause: the process may have real-time priority, and a flood must not take
	// all that a CPU has.
	batch = 64
	pause = time.Millisecond
	// maxDrain bounds what one Drain reads, so that a flood does not keep it for
	// ever. A receive buffer of the default size holds fewer packets.
	maxDrain = 1024
)

// listener implements bfd.Listener.
type listener struct {
	port bfd.Port
	conn *net.UDPConn
	raw  syscall.RawConn

	mu      sync.Mutex // guards what follows: a packet is read and delivered under it
	deliver func(*bfd.Received)
	buf     [512]byte // a control packet has 255 bytes at most
	oob     [256]byte
	rx      bfd.Received
}

// Listen opens the socket of a port, on all addresses. Errors name the port.
func (Network) Listen(p bfd.Port) (bfd.Listener, error) {
	config := net.ListenConfig{Control: stamped}
	conn, err := config.ListenPacket(context.Background(), network(p.IPv6), fmt.Sprintf(":%d", p.Number()))
	if err != nil {
		return nil, fmt.Errorf("BFD: %w", err)
	}
	l := &listener{port: p, conn: conn.(*net.UDPConn)}
	if l.raw, err = l.conn.SyscallConn(); err == nil {
		err = l.setup()
	}
	if err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("BFD: port %d: %w", p.Number(), err)
	}
	return l, nil
}

// stamped asks for the time of arrival. Without it the time of reading counts.
func stamped(_, _ string, raw syscall.RawConn) error {
	return control(raw, func(fd int) error {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS_NEW, 1)
		return nil
	})
}

// setup asks for what is not in the payload. What arrives before has no TTL,
// and is dropped by whoever wants one.
func (l *listener) setup() error {
	if l.port.IPv6 {
		flags := ipv6.FlagHopLimit | ipv6.FlagDst | ipv6.FlagInterface
		return ipv6.NewPacketConn(l.conn).SetControlMessage(flags, true)
	}
	flags := ipv4.FlagTTL | ipv4.FlagDst | ipv4.FlagInterface
	return ipv4.NewPacketConn(l.conn).SetControlMessage(flags, true)
}

// Run implements bfd.Listener.
func (l *listener) Run(ctx context.Context, deliver func(*bfd.Received)) error {
	l.setDeliver(deliver)
	defer l.setDeliver(nil)
	if err := l.conn.SetReadDeadline(time.Time{}); err != nil {
		return fmt.Errorf("BFD: port %d: receive: %w", l.port.Number(), err)
	}
	// A deadline in the past wakes the reader.
	woken := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(woken)
		_ = l.conn.SetReadDeadline(time.Unix(1, 0))
	})
	defer func() {
		if !stop() {
			<-woken // it must not wake a later Run
		}
	}()
	for ctx.Err() == nil {
		if err := l.readBatch(); errors.Is(err, os.ErrDeadlineExceeded) {
			return nil
		} else if err != nil {
			return fmt.Errorf("BFD: port %d: receive: %w", l.port.Number(), err)
		}
		time.Sleep(pause)
	}
	return nil
}

func (l *listener) setDeliver(deliver func(*bfd.Received)) {
	l.mu.Lock()
	l.deliver = deliver
	l.mu.Unlock()
}

// readBatch waits for packets, and returns when it has read a batch without
// pause.
func (l *listener) readBatch() error {
	var failed error
	n := 0
	err := l.raw.Read(func(fd uintptr) (done bool) {
		for n < batch {
			more, err := l.readOne(int(fd))
			if err != nil {
				failed = err
				return true
			}
			if !more {
				n = 0
				return false
			}
			n++
		}
		return true
	})
	return errors.Join(failed, err)
}

// Drain implements bfd.Listener. What Run has read but not delivered yet, it
// waits for.
func (l *listener) Drain() {
	// An error means that the socket is closed: nothing is left to read. Run
	// reports what goes wrong with reading.
	_ = control(l.raw, func(fd int) error {
		for range maxDrain {
			if more, err := l.readOne(fd); !more {
				return err
			}
		}
		return nil
	})
}

// readOne reads and delivers one packet, and reports whether there was one.
func (l *listener) readOne(fd int) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.deliver == nil {
		return false, nil
	}
	for {
		n, oobn, _, from, err := unix.Recvmsg(fd, l.buf[:], l.oob[:], unix.MSG_DONTWAIT)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EAGAIN):
			return false, nil
		case err != nil:
			return false, err
		}
		l.parse(l.buf[:n], l.oob[:oobn], from)
		l.deliver(&l.rx)
		return true, nil
	}
}

// Close implements bfd.Listener.
func (l *listener) Close() error { return l.conn.Close() }
