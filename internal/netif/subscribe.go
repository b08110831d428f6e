package netif

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// The wait before a subscription is opened again grows from the first to the
// second value while it breaks within steadyAfter.
const (
	resubscribeFirst = 20 * time.Millisecond
	resubscribeMost  = 5 * time.Second
	steadyAfter      = 10 * time.Second
)

// subscription is a user of kernel notifications. All calls come from one
// goroutine.
type subscription struct {
	groups []uint
	// attach, if not nil, may set up the socket; detach ends what it began.
	attach func(socket int) (detach func(), err error)
	// begun is called when the socket listens, with what broke the last one
	// (nil at first): what happened before may be unknown.
	begun func(reason error) error
	// message is called with each message, in the kernel's order.
	message func(m syscall.NetlinkMessage) error
	// ended is called when the socket has gone.
	ended func()
}

// subscribe keeps a subscription open until ctx ends.
func (t *Table) subscribe(ctx context.Context, s subscription) {
	var reason error
	wait := resubscribeFirst
	for {
		opened := time.Now()
		reason = t.subscribeOnce(ctx, s, reason)
		s.ended()
		if ctx.Err() != nil {
			return
		}
		if time.Since(opened) >= steadyAfter {
			wait = resubscribeFirst
		}
		t.log.Warn("netlink subscription broke, everything is listed anew", "error", reason, "retry_in", wait)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
		wait = min(2*wait, resubscribeMost)
	}
}

// subscribeOnce returns what broke the subscription.
func (t *Table) subscribeOnce(ctx context.Context, s subscription, reason error) error {
	var socket *nl.NetlinkSocket
	err := t.space.do(func() (err error) {
		socket, err = nl.Subscribe(unix.NETLINK_ROUTE, s.groups...)
		return err
	})
	if err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	defer socket.Close()
	// Above net.core.rmem_max needs CAP_NET_ADMIN; without it the largest that
	// is allowed has to do.
	size := max(t.receiveBuffer, int(t.wantedBuffer.Load()))
	if socket.SetReceiveBufferSize(size, true) != nil {
		if err := socket.SetReceiveBufferSize(size, false); err != nil {
			return fmt.Errorf("size the subscription's buffer: %w", err)
		}
	}
	if s.attach != nil {
		detach, err := s.attach(socket.GetFd())
		if err != nil {
			return err
		}
		defer detach()
	}
	stop := context.AfterFunc(ctx, socket.Close)
	defer stop()
	if err := s.begun(reason); err != nil {
		return err
	}
	for {
		messages, from, err := socket.Receive()
		if err != nil {
			return receiveError(err)
		}
		if from.Pid != nl.PidKernel {
			continue // any process may send to us; only the kernel knows
		}
		for _, m := range messages {
			if err := s.message(m); err != nil {
				return err
			}
		}
	}
}

// receiveError says what a failed receive means.
func receiveError(err error) error {
	if errors.Is(err, unix.ENOBUFS) {
		return fmt.Errorf("more changes than the socket could hold: %w", err)
	}
	return fmt.Errorf("receive: %w", err)
}

// SetReceiveBuffer asks for a larger receive buffer of the events of links,
// addresses, routes and rules, in bytes. It counts from the next subscription on,
// which follows every overrun. It may be called from any goroutine.
func (t *Table) SetReceiveBuffer(bytes int) { t.wantedBuffer.Store(int64(bytes)) }
