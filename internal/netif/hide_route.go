package netif

import (
	"context"
	"net/netip"
	"time"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// How long the kernel is given to finish an IPv6 address, and how often it is
// asked.
const (
	localRouteWait = 100 * time.Millisecond
	localRoutePoll = 200 * time.Microsecond
)

// waitLocal waits until packets for a new address are taken in because the
// interface has it. For IPv6 the kernel adds the route after it has answered the
// request for the address (measured: a stream of 1 kHz loses one packet in a
// hundred handovers to that). Kernels that have all such routes on loopback
// never say yes for another interface: the wait is bounded.
func (t *Table) waitLocal(ctx context.Context, a Address) error {
	ip := a.Prefix.Addr().Unmap()
	if ip.Is4() {
		return nil
	}
	l, err := t.link(a.Interface)
	if err != nil {
		return err
	}
	if !l.make.switchedOn {
		return nil
	}
	for end := time.Now().Add(localRouteWait); !t.isLocal(ip, l.Index) && time.Now().Before(end); {
		rest(ctx, localRoutePoll)
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// isLocal asks the kernel where a packet to ip goes by way of an interface.
func (t *Table) isLocal(ip netip.Addr, index int) bool {
	r := t.request(unix.RTM_GETROUTE, 0)
	r.AddData(&nl.RtMsg{RtMsg: unix.RtMsg{Family: family(ip), Dst_len: uint8(ip.BitLen())}})
	r.AddData(nl.NewRtAttr(unix.RTA_DST, ip.AsSlice()))
	r.AddData(nl.NewRtAttr(unix.RTA_OIF, nl.Uint32Attr(uint32(index))))
	answers, err := r.Execute(unix.NETLINK_ROUTE, unix.RTM_NEWROUTE)
	if err != nil || len(answers) == 0 || len(answers[0]) < unix.SizeofRtMsg {
		return false
	}
	return nl.DeserializeRtMsg(answers[0]).Type == unix.RTN_LOCAL
}
