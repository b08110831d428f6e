// Package rawsock carries VRRP adverts over Linux raw sockets.
//
// One [Conn] serves every virtual router that has the same interface, family
// and group (or unicast source): it reads for all of them and says nothing of
// what it reads beyond what the IP header holds. Whether an advert is to be
// believed is decided by [vrrp.Receiver], so bad ones are delivered too.
package rawsock

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"

	"director/vrrp"
)

// Options say what a Conn is for.
type Options struct {
	// Interface and IfIndex name the interface that carries the adverts. A Conn
	// belongs to the index: when the interface was deleted and made again, open
	// a new one. For a virtual MAC it is the macvlan: adverts leave with its
	// MAC, whatever interface has their source address, and are heard there.
	// Without an interface (0) a unicast Conn uses whatever the routes say.
	Interface string
	IfIndex   int
	// VRF is the VRF device that a unicast Conn is bound to; empty: none. It
	// then receives and sends inside that VRF only.
	VRF    string
	Family vrrp.Family
	// Group is the multicast group to join. Invalid: that of the standard.
	Group netip.Addr
	// Source makes the Conn unicast: it receives what is sent to Source, over
	// any interface (the peers may be routed), link-local ones over this
	// interface only. The address need not be on the machine yet.
	Source netip.Addr
	// VRIDs are those to receive, see [Conn.SetVRIDs].
	VRIDs []uint8
	// AllVRIDs receives every VRID, to find out who else is there. What the
	// kernel would have dropped costs a wake-up then.
	AllVRIDs bool
	// ReceiveBuffer is the size of the receive buffer in bytes, by the kernel's
	// accounting: an advert takes about 800. 0: the kernel's default.
	// Without CAP_NET_ADMIN net.core.rmem_max bounds it.
	ReceiveBuffer int
	// AH receives adverts behind an authentication header too (IPv4).
	AH bool
}

func (o *Options) unicast() bool { return o.Source.IsValid() }

// place is where the sockets are, for people.
func (o *Options) place() string {
	switch {
	case o.Interface != "":
		return o.Interface
	case o.VRF != "":
		return "VRF " + o.VRF
	default:
		return "any interface"
	}
}

func (o *Options) group() netip.Addr {
	switch {
	case o.Group.IsValid():
		return o.Group
	case o.Family == vrrp.IPv6:
		return vrrp.GroupIPv6
	default:
		return vrrp.GroupIPv4
	}
}

// Conn is the sockets for one interface, family and group or unicast source.
// Its methods may be called concurrently, Run by one goroutine at a time.
type Conn struct {
	opts    Options
	sockets []*socket // the first is for VRRP and sends; the second is for AH

	mu      sync.Mutex // guards what follows: an advert is read and delivered under it
	deliver func(*vrrp.Received)
	buf     [8192]byte // more than the longest advert, 4088 bytes
	oob     [256]byte
	rx      vrrp.Received

	overruns atomic.Uint64
	// sequences are those of the authentication headers, by VRID. They are here
	// so that a router which gets a new Transport at a reload goes on counting:
	// its peers drop lower numbers.
	sequences [256]atomic.Uint32
}

// socket is one raw socket.
type socket struct {
	conn     *net.IPConn
	raw      syscall.RawConn
	protocol uint8
	lost     uint32 // what the kernel said last; guarded by Conn.mu
}

// Open opens the sockets in the network namespace of the calling thread. They
// must be read by [Conn.Run] from then on, and closed by [Conn.Close].
// Errors name the interface, and the privilege when it is missing.
func Open(opts Options) (*Conn, error) {
	c := &Conn{opts: opts}
	protocols := []uint8{vrrp.ProtocolVRRP}
	if opts.AH && opts.Family == vrrp.IPv4 {
		protocols = append(protocols, vrrp.ProtocolAH)
	}
	for _, protocol := range protocols {
		s, err := openSocket(&c.opts, protocol)
		if err != nil {
			_ = c.Close()
			return nil, c.explain("open socket", err)
		}
		c.sockets = append(c.sockets, s)
	}
	if err := c.SetVRIDs(opts.VRIDs); err != nil {
		_ = c.Close()
		return nil, err
	}
	return c, nil
}

// explain adds to err what is known here.
func (c *Conn) explain(what string, err error) error {
	if errors.Is(err, unix.EPERM) {
		err = fmt.Errorf("%w (needs CAP_NET_RAW)", err)
	}
	return fmt.Errorf("VRRP over %v on %s: %s: %w", c.opts.Family, c.opts.place(), what, err)
}

// SetVRIDs replaces the virtual routers whose adverts are received; the kernel
// drops those of others. With none, nothing is received. It changes nothing when
// Options.AllVRIDs is set.
func (c *Conn) SetVRIDs(vrids []uint8) error {
	for _, s := range c.sockets {
		filter := vridFilter(c.opts.Family, s.protocol, vrids)
		if c.opts.AllVRIDs {
			filter = takeAll
		}
		if err := s.setFilter(filter); err != nil {
			return c.explain("set filter", err)
		}
	}
	return nil
}

// Run reads adverts and gives them to deliver until ctx ends, when it returns
// nil, or until a socket fails or is closed, when it returns why. What
// deliver is given is valid during the call only. deliver must not block and
// must not call the Conn.
func (c *Conn) Run(ctx context.Context, deliver func(*vrrp.Received)) error {
	c.setDeliver(deliver)
	defer c.setDeliver(nil)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	failed := make([]error, len(c.sockets))
	var readers sync.WaitGroup
	for i, s := range c.sockets {
		readers.Go(func() {
			defer cancel() // a Conn that reads half of what it should is none
			failed[i] = c.read(ctx, s)
		})
	}
	readers.Wait()
	if err := errors.Join(failed...); err != nil {
		return c.explain("receive", err)
	}
	return nil
}

func (c *Conn) setDeliver(deliver func(*vrrp.Received)) {
	c.mu.Lock()
	c.deliver = deliver
	c.mu.Unlock()
}

// Overruns counts the packets that the kernel dropped because a receive buffer
// was full. Each number is also in the next [vrrp.Received] of that socket.
func (c *Conn) Overruns() uint64 { return c.overruns.Load() }

// Close closes the sockets. A Run that is under way returns [net.ErrClosed].
func (c *Conn) Close() error {
	var errs []error
	for _, s := range c.sockets {
		errs = append(errs, s.conn.Close())
	}
	return errors.Join(errs...)
}

// InterfaceGone reports whether err, from Open, Run or Send, says that the
// interface is down or was deleted, or that there is no way out: for what is
// sent while the interface is down, the kernel says "network is unreachable".
func InterfaceGone(err error) bool {
	for _, gone := range []error{unix.ENODEV, unix.ENXIO, unix.ENETDOWN, unix.ENETUNREACH} {
		if errors.Is(err, gone) {
			return true
		}
	}
	return false
}
