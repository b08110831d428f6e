package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Outcome is how an attempt ended.
type Outcome string

// The outcomes of an attempt.
const (
	Answered Outcome = "answered"
	// Refused: the connection was answered with a reset.
	Refused Outcome = "refused"
	// Reset: the connection was made and broke before the answer.
	Reset Outcome = "reset"
	// Silent: no answer in time to the first packet, or later.
	Silent Outcome = "silent"
	// Unreachable: no route, or nobody has the address.
	Unreachable Outcome = "unreachable"
)

// Attempt is one connection with one request.
type Attempt struct {
	Begin, End time.Time
	Outcome    Outcome
	// By is who answered.
	By string
	// Err is what the system said when nobody answered.
	Err error
}

const request = "GET / HTTP/1.0\r\n\r\n"

// newSocket makes an unconnected socket in the namespace of the thread.
func newSocket(target netip.AddrPort) (*os.File, error) {
	family := unix.AF_INET6
	if target.Addr().Is4() {
		family = unix.AF_INET
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("socket: %w", err)
	}
	return os.NewFile(uintptr(fd), "attempt"), nil
}

// attemptWith connects the socket, asks and closes it.
func attemptWith(file *os.File, target netip.AddrPort, begin time.Time, patience time.Duration) Attempt {
	defer func() { _ = file.Close() }()
	a := Attempt{Begin: begin}
	_ = file.SetDeadline(begin.Add(patience))
	if err := connect(file, target); err != nil {
		a.fail(err, true)
		return a
	}
	a.converse(file)
	return a
}

// connect connects a non-blocking socket, waiting in the runtime's poller.
func connect(file *os.File, target netip.AddrPort) error {
	raw, err := file.SyscallConn()
	if err != nil {
		return err
	}
	var result error
	begun := false
	err = raw.Write(func(fd uintptr) bool {
		if !begun {
			begun = true
			result = unix.Connect(int(fd), sockaddr(target))
			return result != unix.EINPROGRESS
		}
		code, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_ERROR)
		switch {
		case err != nil:
			result = err
		case code != 0:
			result = syscall.Errno(code)
		default:
			_, err := unix.Getpeername(int(fd))
			if err == unix.ENOTCONN {
				return false // woken too early
			}
			result = err
		}
		return true
	})
	if err != nil {
		return err
	}
	return result
}

func sockaddr(target netip.AddrPort) unix.Sockaddr {
	addr := net.TCPAddrFromAddrPort(target)
	if target.Addr().Is4() {
		return &unix.SockaddrInet4{Port: addr.Port, Addr: target.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: addr.Port, Addr: target.Addr().As16()}
}

// converse asks for the page and reads who answers.
func (a *Attempt) converse(conn io.ReadWriter) {
	if _, err := io.WriteString(conn, request); err != nil {
		a.fail(err, false)
		return
	}
	answer, err := io.ReadAll(io.LimitReader(conn, 64<<10))
	_, body, whole := strings.Cut(string(answer), "\r\n\r\n")
	switch {
	case err != nil:
		a.fail(err, false)
	case !whole || !strings.Contains(string(answer), " 200 "):
		a.fail(io.ErrUnexpectedEOF, false)
	default:
		a.End, a.Outcome, a.By = time.Now(), Answered, strings.TrimSpace(body)
	}
}

// fail sorts an error; connecting says that there was no connection yet.
func (a *Attempt) fail(err error, connecting bool) {
	a.End, a.Err = time.Now(), err
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, syscall.ETIMEDOUT), errors.Is(err, context.DeadlineExceeded):
		a.Outcome = Silent
	case errors.Is(err, syscall.ECONNREFUSED), connecting && errors.Is(err, syscall.ECONNRESET):
		a.Outcome = Refused
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		a.Outcome = Unreachable
	default:
		a.Outcome = Reset
	}
}
