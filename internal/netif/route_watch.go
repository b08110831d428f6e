package netif

import (
	"syscall"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// route reports a route if it is ours. Others are mostly not even received.
func (w *watcher) route(m syscall.NetlinkMessage) error {
	r, err := parseRoute(m.Data)
	if err != nil {
		return err
	}
	known := r.header.Family == unix.AF_INET || r.header.Family == unix.AF_INET6
	if !known || r.header.Flags&unix.RTM_F_CLONED != 0 || !w.t.own.ownsRoute(r.key(), r.Protocol) {
		return nil
	}
	if m.Header.Type == unix.RTM_NEWROUTE {
		w.handle(RouteAdded{Key: r.key()})
	} else {
		w.handle(RouteGone{Key: r.key()})
	}
	return nil
}

// rule reports a rule if it is ours.
func (w *watcher) rule(m syscall.NetlinkMessage) error {
	if len(m.Data) >= unix.SizeofRtMsg {
		// Multicast routing has rules of families of its own.
		if fam := nl.DeserializeRtMsg(m.Data).Family; fam != unix.AF_INET && fam != unix.AF_INET6 {
			return nil
		}
	}
	k, err := parseRule(m.Data)
	if err != nil || !w.t.own.ownsRule(k) {
		return err
	}
	if m.Header.Type == unix.RTM_NEWRULE {
		w.handle(RuleAdded{Key: k})
	} else {
		w.handle(RuleGone{Key: k})
	}
	return nil
}
