package netif

import (
	"context"
	"fmt"
	"syscall"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Watch reports changes of links and addresses, and of routes and rules of ours,
// whoever made them, until ctx ends. handle is called from this goroutine, one event at
// a time, in the order in which the kernel sent them. While it runs, changes
// wait in the socket: it should be quick.
//
// The first event is a Resync. Another comes whenever changes may have been
// lost (the socket overran, or the subscription broke and was opened again) and
// after an interface was renamed, because its addresses moved with it, of which
// the kernel tells in part.
func (t *Table) Watch(ctx context.Context, handle func(Event)) {
	w := watcher{t: t, ctx: ctx, handle: handle}
	t.subscribe(ctx, subscription{
		groups: []uint{
			unix.RTNLGRP_LINK, unix.RTNLGRP_IPV4_IFADDR, unix.RTNLGRP_IPV6_IFADDR,
			unix.RTNLGRP_IPV4_ROUTE, unix.RTNLGRP_IPV6_ROUTE, unix.RTNLGRP_IPV4_RULE, unix.RTNLGRP_IPV6_RULE,
		},
		attach:  t.own.attach,
		begun:   w.begun,
		message: w.message,
		ended:   func() {},
	})
}

// watcher turns messages into events.
type watcher struct {
	t      *Table
	ctx    context.Context
	handle func(Event)
	// names of the interfaces by index: address messages carry the index only.
	names map[int]string
}

func (w *watcher) begun(reason error) error {
	links, err := w.t.Links(w.ctx)
	if err != nil {
		return err
	}
	w.names = make(map[int]string, len(links))
	for _, l := range links {
		w.names[l.Index] = l.Name
	}
	w.handle(Resync{Reason: reason})
	return nil
}

func (w *watcher) message(m syscall.NetlinkMessage) error {
	switch m.Header.Type {
	case unix.RTM_NEWLINK, unix.RTM_DELLINK:
		return w.link(m)
	case unix.RTM_NEWADDR, unix.RTM_DELADDR:
		return w.address(m)
	case unix.RTM_NEWROUTE, unix.RTM_DELROUTE:
		return w.route(m)
	case unix.RTM_NEWRULE, unix.RTM_DELRULE:
		return w.rule(m)
	}
	return nil
}

func (w *watcher) link(m syscall.NetlinkMessage) error {
	// A bridge tells of its ports by link messages of its own family, with
	// other attributes; "deleted" means that the port has left the bridge.
	if len(m.Data) >= unix.SizeofIfInfomsg && nl.DeserializeIfInfomsg(m.Data).Family != unix.AF_UNSPEC {
		return nil
	}
	l, err := parseLink(m.Data)
	if err != nil {
		return err
	}
	old, known := w.names[l.Index]
	if m.Header.Type == unix.RTM_DELLINK {
		delete(w.names, l.Index)
		w.handle(LinkGone{Name: l.Name, Index: l.Index})
		return nil
	}
	w.names[l.Index] = l.Name
	renamed := known && old != l.Name
	if renamed {
		w.handle(LinkGone{Name: old, Index: l.Index})
	}
	w.handle(LinkChanged{Link: l})
	if l.asksPeers {
		w.handle(PeersAsked{Name: l.Name, Index: l.Index})
	}
	if renamed {
		w.handle(Resync{Reason: fmt.Errorf("interface %s is now %s", old, l.Name)})
	}
	return nil
}

func (w *watcher) address(m syscall.NetlinkMessage) error {
	r, err := parseAddress(m.Data)
	if err != nil {
		return err
	}
	name, known := w.names[r.Index]
	if !known {
		// A link is announced before its addresses. So this one was deleted
		// after we subscribed and before we listed: the Resync covers it.
		return nil
	}
	r = w.t.complete(r, name)
	if m.Header.Type == unix.RTM_NEWADDR {
		w.handle(AddressAdded{Address: r.Present})
	} else {
		w.handle(AddressGone{Key: r.Key})
	}
	return nil
}
