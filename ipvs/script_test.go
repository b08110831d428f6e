package ipvs

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	cloudflare "github.com/cloudflare/ipvs"
	"golang.org/x/sys/unix"
)

// scripted is a kernel at the other end of a socket pair. It answers each write
// of the client by the next step of its script; without one it is silent.
type scripted struct {
	t     *testing.T
	steps []step

	mu      sync.Mutex
	library *scriptedLibrary // guarded by mu
	dials   int              // guarded by mu
	kernels sync.WaitGroup
}

// A step looks at the requests of one write and returns datagrams.
type step func(reqs []message) [][]byte

// client returns a client of the scripted kernel with a short patience.
func (k *scripted) client(patience time.Duration) *Client {
	k.library = &scriptedLibrary{}
	c := newClient(func() (cloudflare.Client, error) {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.library = &scriptedLibrary{closed: make(chan struct{}), silent: k.library.silent, err: k.library.err}
		return k.library, nil
	}, k.dial)
	c.timeout = patience
	k.t.Cleanup(func() {
		if err := c.Close(); err != nil {
			k.t.Error(err)
		}
		k.kernels.Wait()
	})
	return c
}

func (k *scripted) dial() (*conn, error) {
	k.mu.Lock()
	k.dials++
	k.mu.Unlock()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	kernel := os.NewFile(uintptr(fds[1]), "kernel")
	k.kernels.Go(func() {
		defer kernel.Close()
		k.serve(kernel)
	})
	return newConn(os.NewFile(uintptr(fds[0]), "client"), 28), nil
}

// serve ends when the client closes its end.
func (k *scripted) serve(kernel *os.File) {
	b := make([]byte, 64<<10)
	for {
		n, err := kernel.Read(b)
		if err != nil {
			return
		}
		var reqs []message
		for rest := b[:n]; len(rest) > 0; {
			var m message
			if m, rest, err = nextMessage(rest); err != nil {
				k.t.Error(err)
				return
			}
			reqs = append(reqs, m)
		}
		k.mu.Lock()
		var answer step
		if len(k.steps) > 0 {
			answer, k.steps = k.steps[0], k.steps[1:]
		}
		k.mu.Unlock()
		if answer == nil {
			continue
		}
		for _, datagram := range answer(reqs) {
			if _, err := kernel.Write(datagram); err != nil {
				return
			}
		}
	}
}

// rawMessage builds one netlink message.
func rawMessage(typ uint16, seq uint32, data []byte) []byte {
	b := binary.NativeEndian.AppendUint32(nil, uint32(nlHeader+len(data)))
	b = binary.NativeEndian.AppendUint16(b, typ)
	b = binary.NativeEndian.AppendUint16(b, 0)
	b = binary.NativeEndian.AppendUint32(b, seq)
	b = binary.NativeEndian.AppendUint32(b, 0)
	b = append(b, data...)
	return append(b, make([]byte, align4(len(b))-len(b))...)
}

func verdict(seq uint32, errno syscall.Errno) []byte {
	return rawMessage(unix.NLMSG_ERROR, seq, binary.NativeEndian.AppendUint32(nil, uint32(-int32(errno))))
}

// verdicts answers the requests of one write as the kernel does: failures, and
// the last one in any case.
func verdicts(errnos ...syscall.Errno) step {
	return func(reqs []message) [][]byte {
		var out [][]byte
		for i, r := range reqs {
			if errnos[i] != 0 || i == len(reqs)-1 {
				out = append(out, verdict(r.seq, errnos[i]))
			}
		}
		return out
	}
}

// scriptedLibrary stands in for the library's client.
type scriptedLibrary struct {
	cloudflare.Client
	closed chan struct{}
	silent bool
	err    error
}

func (l *scriptedLibrary) CreateService(cloudflare.Service) error {
	if l.silent {
		<-l.closed
		return os.ErrClosed
	}
	return l.err
}

func (l *scriptedLibrary) UpdateService(cloudflare.Service) error { return nil }

func (l *scriptedLibrary) Close() error {
	close(l.closed)
	return nil
}

// serverOps are n operations on servers of one service.
func serverOps(kind OpKind, n int) []Op {
	var ops []Op
	for i := range n {
		addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 2, byte(i >> 8), byte(i)}), 80)
		ops = append(ops, Op{Kind: kind, Service: Service{Key: someKey}, Server: Server{ServerKey: ServerKey{addr}, Forward: DR, Weight: 1}})
	}
	return ops
}

var someKey = Key{Family: INET, Protocol: TCP, Address: netip.MustParseAddrPort("192.0.2.1:80")}

// applied collects the reports of operations.
func applied(t *testing.T, c *Client, ops []Op) []error {
	t.Helper()
	var errs []error
	c.Apply(t.Context(), ops, func(i int, err error) {
		if i != len(errs) {
			t.Errorf("report of %d, want %d", i, len(errs))
		}
		errs = append(errs, err)
	})
	if len(errs) != len(ops) {
		t.Fatalf("%d reports for %d operations", len(errs), len(ops))
	}
	return errs
}

func wantErrors(t *testing.T, got []error, want ...error) {
	t.Helper()
	for i, err := range got {
		if !errors.Is(err, want[i]) {
			t.Errorf("operation %d: got %v, want %v", i, err, want[i])
		}
	}
}
