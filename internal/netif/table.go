package netif

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Mark is the origin (IFA_PROTO, Linux 5.18) of the addresses that a Table
// adds. The kernel uses 0 to 3 itself and keepalived 18; 76 ('L' of LVS) is in
// none of the tables that iproute2 ships.
const Mark = 76

// Errors that a caller may tell apart. Everything else wraps the kernel's errno.
var (
	// ErrNoInterface: no interface has this name now.
	ErrNoInterface = errors.New("no such interface")
	// ErrNoSource: the interface, or the route, has no address that could be
	// used as a source.
	ErrNoSource = errors.New("no usable source address")
)

// requestTimeout is how long the kernel may take to answer one request. It
// answers in microseconds; waiting longer means that the answer was lost.
const requestTimeout = 2 * time.Second

// Table is the addresses of one network namespace, with the knowledge of which
// of them are ours. Its methods may be called concurrently.
type Table struct {
	log   *slog.Logger
	space space
	// sockets is what requests of package nl go through. The socket locks
	// itself, request by request.
	sockets map[int]*nl.SocketHandle
	routes  *netlink.Handle
	// receiveBuffer is the size of the socket of a subscription, in bytes, at the
	// least; wantedBuffer what SetReceiveBuffer asked for.
	receiveBuffer int
	wantedBuffer  atomic.Int64
	// keepsMark tells whether this kernel stores Mark. Without it an address
	// is ours when remembered says so.
	keepsMark bool

	sysctls *Sysctls

	// change is held while an address is looked up and then changed.
	change sync.Mutex

	// mu guards remembered.
	mu         sync.Mutex
	remembered map[Key]bool

	// sending guards wires, and is held while a frame is sent.
	sending sync.Mutex
	wires   map[wireKey]*wire

	// own knows which routes and rules are ours without carrying Mark.
	own ownership
}

// New opens a Table on the network namespace of the calling thread. Requests
// that change something need CAP_NET_ADMIN, announcements CAP_NET_RAW; opening
// and listing need nothing.
//
// remembered lists the addresses that an earlier run wrote down before it added
// them. It counts only on kernels before 5.18, which store no origin.
func New(log *slog.Logger, remembered []Key) (*Table, error) {
	s, err := currentSpace()
	if err != nil {
		return nil, err
	}
	t := &Table{
		log: log, space: s, receiveBuffer: 8 << 20, keepsMark: kernelKeepsMark(),
		remembered: map[Key]bool{}, wires: map[wireKey]*wire{},
	}
	t.sysctls = newSysctls(log, kernelSysctls{t})
	for _, k := range remembered {
		t.remembered[k] = true
	}
	if err := s.do(t.open); err != nil {
		s.close()
		return nil, fmt.Errorf("open netlink: %w", err)
	}
	return t, nil
}

func (t *Table) open() error {
	socket, err := nl.GetNetlinkSocketAt(noSpace, noSpace, unix.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	tv := unix.NsecToTimeval(requestTimeout.Nanoseconds())
	err = errors.Join(socket.SetSendTimeout(&tv), socket.SetReceiveTimeout(&tv),
		socket.SetExtAck(true), strictDumps(socket))
	if err != nil {
		socket.Close()
		return err
	}
	t.routes, err = netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		socket.Close()
		return err
	}
	if err := t.routes.SetSocketTimeout(requestTimeout); err != nil {
		socket.Close()
		t.routes.Close()
		return err
	}
	t.sockets = map[int]*nl.SocketHandle{unix.NETLINK_ROUTE: {Socket: socket}}
	return nil
}

// strictDumps makes the kernel filter dumps by interface (Linux 4.20). Where
// it cannot, the answer is filtered here as well.
func strictDumps(s *nl.NetlinkSocket) error {
	err := unix.SetsockoptInt(s.GetFd(), unix.SOL_NETLINK, unix.NETLINK_GET_STRICT_CHK, 1)
	if errors.Is(err, unix.ENOPROTOOPT) {
		return nil
	}
	return err
}

// kernelKeepsMark reports whether the kernel is 5.18 or newer. There is no
// other way to ask before the first address is added.
func kernelKeepsMark() bool {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return false
	}
	var major, minor int
	if _, err := fmt.Sscanf(unix.ByteSliceToString(u.Release[:]), "%d.%d", &major, &minor); err != nil {
		return false
	}
	return major > 5 || major == 5 && minor >= 18
}

// Close releases all sockets. Addresses stay as they are. No other method may
// be running or be called later.
func (t *Table) Close() {
	t.sending.Lock()
	defer t.sending.Unlock()
	for key, w := range t.wires {
		w.conn.Close()
		delete(t.wires, key)
	}
	for _, s := range t.sockets {
		s.Close()
	}
	t.routes.Close()
	t.space.close()
}

// Ours lists every address that is marked as ours, on any interface: at start,
// what a run that was killed has left behind.
func (t *Table) Ours(ctx context.Context) ([]Key, error) {
	all, err := t.Addresses(ctx)
	if err != nil {
		return nil, err
	}
	var keys []Key
	for _, p := range all {
		if p.Ours {
			keys = append(keys, p.Key)
		}
	}
	return keys, nil
}

func (t *Table) remember(k Key) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.remembered[k] = true
}

func (t *Table) forget(k Key) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.remembered, k)
}

// ours tells whether an address with this origin is ours.
func (t *Table) ours(k Key, origin uint8) bool {
	if t.keepsMark || origin != 0 {
		return origin == Mark
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.remembered[k]
}
