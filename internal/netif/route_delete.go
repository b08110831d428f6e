package netif

import (
	"context"
	"errors"
	"fmt"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// DeleteRoute takes a route of ours away. Its key counts; what else it is made
// of does only where a Protocol is given and this run did not make the route. A
// route that is not there, or not ours, is left alone without an error.
func (t *Table) DeleteRoute(ctx context.Context, r Route) error {
	if err := t.deleteRoute(ctx, r); err != nil {
		return fmt.Errorf("delete route %s: %w", r.Dest, err)
	}
	return nil
}

func (t *Table) deleteRoute(ctx context.Context, r Route) error {
	want, err := t.checkedRoute(r)
	if errors.Is(err, ErrNoInterface) {
		return nil // the VRF was never there, nor a route of ours in it
	}
	if err != nil {
		return err
	}
	t.change.Lock()
	defer t.change.Unlock()
	ours, err := t.ourRoutes(ctx, want)
	if err != nil {
		return err
	}
	for _, rec := range ours {
		if err := t.dropRoute(rec); err != nil {
			return err
		}
	}
	t.own.dropRoute(want.key())
	return nil
}

// deletedBy are the attributes that the kernel compares when it looks for the
// route to delete.
var deletedBy = []int{
	unix.RTA_DST, unix.RTA_SRC, unix.RTA_PRIORITY, unix.RTA_OIF, unix.RTA_GATEWAY, unix.RTA_VIA,
	unix.RTA_MULTIPATH, unix.RTA_PREFSRC, unix.RTA_TABLE, unix.RTA_FLOW, unix.RTA_ENCAP_TYPE, unix.RTA_ENCAP,
}

// dropRoute deletes one route and no other; one that has gone is no error.
func (t *Table) dropRoute(rec routeRecord) error {
	header := rec.header
	header.Flags &= unix.RTNH_F_ONLINK
	req := t.request(unix.RTM_DELROUTE, unix.NLM_F_ACK)
	req.AddData(&header)
	for _, kind := range deletedBy {
		if b := find(rec.attrs, uint16(kind)); b != nil {
			req.AddData(nl.NewRtAttr(kind, b))
		}
	}
	_, err := req.Execute(unix.NETLINK_ROUTE, 0)
	if errors.Is(err, unix.ESRCH) || errors.Is(err, unix.ENODEV) || errors.Is(err, unix.ENOENT) {
		return nil
	}
	return err
}
