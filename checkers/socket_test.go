package checkers

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// listen accepts on addr and hands each connection to serve, which owns it.
func listen(t *testing.T, addr string, serve func(*net.TCPConn)) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Skip(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { l.Close(); <-done })
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serve(c.(*net.TCPConn))
		}
	}()
	return l.Addr().(*net.TCPAddr).AddrPort()
}

// closedPort returns an address that nobody listens on, apart from the one that
// others on this machine take their local ports from.
func closedPort(t *testing.T) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp", "127.77.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).AddrPort()
}

// fullListener returns an address whose kernel drops connects: its queue is
// full, and nobody accepts.
func fullListener(t *testing.T) netip.AddrPort {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	if err := errors.Join(unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}), unix.Listen(fd, 0)); err != nil {
		t.Fatal(err)
	}
	sa, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	addr := addrPort(sa)
	c, err := net.Dial("tcp", addr.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return addr
}

func probe(t *testing.T, s Spec, env Env) Result {
	t.Helper()
	p, err := New(s, env)
	if err != nil {
		t.Fatal(err)
	}
	return p.Probe(t.Context(), 0)
}

func wantResult(t *testing.T, r Result, ok, unmade bool, reason string) {
	t.Helper()
	if r.OK != ok || r.Unmade != unmade || r.Reason != reason {
		t.Errorf("got ok %v, unmade %v, %q\nwant ok %v, unmade %v, %q", r.OK, r.Unmade, r.Reason, ok, unmade, reason)
	}
}

func TestTCPCheck(t *testing.T) {
	for _, addr := range []string{"127.0.0.1:0", "127.77.0.1:0", "[::1]:0"} {
		t.Run(addr, func(t *testing.T) {
			got := make(chan string, 1)
			target := listen(t, addr, func(c *net.TCPConn) {
				b, err := io.ReadAll(c)
				got <- string(b)
				if err != nil {
					got <- err.Error()
				}
				c.Close()
			})
			r := probe(t, tcpSpec(target), Env{})
			wantResult(t, r, true, false, "connected")
			if r.Latency <= 0 || time.Since(r.At) > time.Minute {
				t.Errorf("latency %v, at %v", r.Latency, r.At)
			}
			if s := <-got; s != "" {
				t.Errorf("the server read %q, want an ordinary end", s)
			}
		})
	}
}

func TestTCPCheckFails(t *testing.T) {
	wantResult(t, probe(t, tcpSpec(closedPort(t)), Env{}), false, false, "connect: connection refused")

	s := tcpSpec(fullListener(t))
	s.ConnectTimeout = 200 * time.Millisecond
	wantResult(t, probe(t, s, Env{}), false, false, "no connection within 200ms")

	s.ConnectTimeout = time.Hour
	p, err := New(s, Env{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeoutCause(t.Context(), 50*time.Millisecond, errors.New("stopping"))
	defer cancel()
	wantResult(t, p.Probe(ctx, 0), false, true, "connect: stopping")
}

func TestSource(t *testing.T) {
	from := make(chan netip.Addr, 1)
	target := listen(t, "127.0.0.1:0", func(c *net.TCPConn) {
		from <- c.RemoteAddr().(*net.TCPAddr).AddrPort().Addr()
		c.Close()
	})
	choose := func(src string) Env {
		return Env{SourceFor: func(dst netip.Addr) (netip.Addr, error) {
			if dst != target.Addr() {
				t.Errorf("source for %v, want %v", dst, target.Addr())
			}
			if src == "" {
				return netip.Addr{}, nil
			}
			return netip.MustParseAddr(src), nil
		}}
	}
	for _, tt := range []struct {
		name, bind, chosen, want string
	}{
		{"the kernel's choice", "", "", "127.0.0.1"},
		{"the machine's choice", "", "127.6.6.6", "127.6.6.6"},
		{"bindto needs no choice", "127.5.5.5", "127.6.6.6", "127.5.5.5"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := tcpSpec(target)
			if tt.bind != "" {
				s.Bind = netip.MustParseAddr(tt.bind)
			}
			wantResult(t, probe(t, s, choose(tt.chosen)), true, false, "connected")
			if got := <-from; got.String() != tt.want {
				t.Errorf("came from %v, want %v", got, tt.want)
			}
		})
	}
	s := tcpSpec(target)
	s.Bind = netip.MustParseAddr("192.0.2.1")
	wantResult(t, probe(t, s, Env{}), false, true, "bind to 192.0.2.1:0: cannot assign requested address")
}

func TestBindPortServesEveryProbe(t *testing.T) {
	ports := make(chan int, 1)
	target := listen(t, "127.0.0.1:0", func(c *net.TCPConn) {
		ports <- c.RemoteAddr().(*net.TCPAddr).Port
		c.Close()
	})
	s := tcpSpec(target)
	from := closedPort(t)
	s.Bind, s.BindPort = from.Addr(), from.Port()
	for range 3 { // at once: no TIME_WAIT of ours is in the way
		wantResult(t, probe(t, s, Env{}), true, false, "connected")
		if got := <-ports; got != int(s.BindPort) {
			t.Errorf("came from port %d, want %d", got, s.BindPort)
		}
	}
}

func TestBindInterface(t *testing.T) {
	target := listen(t, "127.0.0.1:0", func(c *net.TCPConn) { c.Close() })
	s := tcpSpec(target)
	s.BindInterface = "lo"
	wantResult(t, probe(t, s, Env{}), true, false, "connected")
	s.BindInterface = "nosuch0"
	wantResult(t, probe(t, s, Env{}), false, true, "bind_if nosuch0: no such device")
	s = tcpSpec(netip.MustParseAddrPort("[fe80::1%nosuch0]:80"))
	if r := probe(t, s, Env{}); !r.Unmade || !strings.HasPrefix(r.Reason, "zone of [fe80::1%nosuch0]:80: ") {
		t.Errorf("%+v", r)
	}
}

func TestFWMark(t *testing.T) {
	s := tcpSpec(listen(t, "127.0.0.1:0", func(c *net.TCPConn) { c.Close() }))
	s.FWMark = 7
	conn, err := dial(t.Context(), &s, netip.Addr{})
	if errors.Is(err, unix.EPERM) {
		wantResult(t, probe(t, s, Env{}), false, true, "fwmark 7: operation not permitted")
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var mark int
	conn.(*socket).raw.Control(func(fd uintptr) {
		mark, err = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_MARK)
	})
	if err != nil || mark != 7 {
		t.Errorf("mark %d, %v", mark, err)
	}
}

// TestSelfConnection: a closed port of our own, and the local port is the same.
func TestSelfConnection(t *testing.T) {
	target := closedPort(t)
	s := tcpSpec(target)
	s.Bind, s.BindPort = target.Addr(), target.Port()
	wantResult(t, probe(t, s, Env{}), false, false, "connect: connection refused")
}

func TestNoDescriptorIsNoFailureOfTheServer(t *testing.T) {
	target := listen(t, "127.0.0.1:0", func(c *net.TCPConn) { c.Close() })
	wantResult(t, probe(t, tcpSpec(target), Env{}), true, false, "connected") // the poller has its own
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 3, Max: old.Max}); err != nil {
		t.Fatal(err)
	}
	r := probe(t, tcpSpec(target), Env{})
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	wantResult(t, r, false, true, "socket: too many open files")
}

// TestReadLooksOnceMore: the deadline has passed, but so has the answer come.
func TestReadLooksOnceMore(t *testing.T) {
	sent := make(chan struct{})
	target := listen(t, "127.0.0.1:0", func(c *net.TCPConn) {
		io.WriteString(c, "here")
		c.Close()
		close(sent)
	})
	s := tcpSpec(target)
	conn, err := dial(t.Context(), &s, netip.Addr{})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	<-sent
	if _, err := io.ReadFull(conn, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if err := conn.SetDeadline(longAgo); err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(conn)
	if string(b) != "ere" || err != nil {
		t.Errorf("read %q, %v", b, err)
	}
	target = listen(t, "127.0.0.1:0", func(c *net.TCPConn) { io.Copy(io.Discard, c); c.Close() })
	s = tcpSpec(target)
	silent, err := dial(t.Context(), &s, netip.Addr{})
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	if err := silent.SetDeadline(longAgo); err != nil {
		t.Fatal(err)
	}
	if _, err := silent.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a silent server: %v", err)
	}
}
