package netif

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// noSpace tells package nl to stay in the namespace of the thread.
var noSpace = netns.None()

// request starts a request of the given type that goes through the Table's
// socket.
func (t *Table) request(kind, flags int) *nl.NetlinkRequest {
	r := nl.NewNetlinkRequest(kind, flags)
	r.Sockets = t.sockets
	return r
}

// dumpTries is how often a list is asked for that changed while the kernel
// wrote it.
const dumpTries = 20

// dump calls list until it is not interrupted by changes.
func dump[T any](ctx context.Context, list func() (T, error)) (T, error) {
	var none T
	for try := 1; ; try++ {
		if err := ctx.Err(); err != nil {
			return none, err
		}
		got, err := list()
		switch {
		case err == nil:
			return got, nil
		case !errors.Is(err, netlink.ErrDumpInterrupted):
			return none, err
		case try == dumpTries:
			return none, fmt.Errorf("changed under us %d times: %w", try, err)
		}
		select {
		case <-time.After(time.Duration(try) * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

// gone reports whether err says that the object of a request does not exist.
func gone(err error) bool {
	return errors.Is(err, unix.EADDRNOTAVAIL) || errors.Is(err, unix.ENODEV) || errors.Is(err, ErrNoInterface)
}
