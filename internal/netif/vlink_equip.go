package netif

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// linkUser is the user that keeps sysctls for a virtual link.
func linkUser(name string) string { return "link " + name }

// equip gives a link what it needs and switches it on. It asks the kernel for
// nothing that is so already: each change is an event that might bring the
// caller back here.
func (t *Table) equip(ctx context.Context, w wantedLink, l Link) error {
	if err := t.markLink(w, l); err != nil {
		return fmt.Errorf("mark as ours: %w", err)
	}
	settle := t.settle
	if w.mac == nil {
		settle = t.settleIPVLAN
	}
	if err := settle(ctx, w); err != nil {
		return err
	}
	if !l.make.switchedOn {
		if err := t.switchOn(l.Index); err != nil {
			return fmt.Errorf("switch on: %w", err)
		}
	}
	if !w.Address.IsValid() {
		return nil
	}
	outcome, err := t.Add(ctx, w.source())
	if err == nil && outcome == Foreign {
		err = fmt.Errorf("%s was added by somebody else", w.source().Key)
	}
	return err
}

// source is the address that an ipvlan sends adverts from.
func (w *wantedLink) source() Address {
	return Address{Key: Key{Interface: w.Name, Prefix: w.Address}}
}

// conf4Wanted are the sysctls of the virtual MAC itself. It answers ARP for its
// own addresses only, and takes packets although the way back leads through its
// parent.
func (w *wantedLink) conf4Wanted() map[int]uint32 {
	switch {
	case w.mac == nil:
		return map[int]uint32{conf4Numbers["promote_secondaries"]: 1}
	case w.IPv4:
		return map[int]uint32{
			conf4Numbers["arp_ignore"]: 1, conf4Numbers["accept_local"]: 1,
			conf4Numbers["rp_filter"]: 0, conf4Numbers["promote_secondaries"]: 1,
		}
	default:
		return map[int]uint32{conf4Numbers["arp_ignore"]: 1}
	}
}

// markLink gives the link its alias, group, IPv4 sysctls and way of making IPv6
// addresses: before it is switched on, because then the kernel makes one.
func (t *Table) markLink(w wantedLink, l Link) error {
	noAddress := w.mac != nil || !w.IPv6 || w.Address.IsValid() && w.Address.Addr().Is6()
	setMode := l.inet6 && noAddress && l.addrGenMode != nl.IN6_ADDR_GEN_MODE_NONE
	setConf := false
	for number, value := range w.conf4Wanted() {
		have, known := word(l.conf4, number-1)
		setConf = setConf || !known || have != value
	}
	if l.Ours && l.make.group == w.make.group && !setMode && !setConf {
		return nil
	}
	m := nl.NewIfInfomsg(unix.AF_UNSPEC)
	m.Index = int32(l.Index)
	r := t.request(unix.RTM_SETLINK, unix.NLM_F_ACK)
	r.AddData(m)
	r.AddData(nl.NewRtAttr(unix.IFLA_IFALIAS, []byte(LinkAlias)))
	r.AddData(nl.NewRtAttr(unix.IFLA_GROUP, nl.Uint32Attr(w.make.group)))
	spec := nl.NewRtAttr(unix.IFLA_AF_SPEC, nil)
	addConf4(spec, w.conf4Wanted())
	if setMode {
		spec.AddRtAttr(unix.AF_INET6, nil).AddRtAttr(unix.IFLA_INET6_ADDR_GEN_MODE, nl.Uint8Attr(nl.IN6_ADDR_GEN_MODE_NONE))
	}
	r.AddData(spec)
	_, err := r.Execute(unix.NETLINK_ROUTE, 0)
	return err
}

func (t *Table) switchOn(index int) error {
	m := nl.NewIfInfomsg(unix.AF_UNSPEC)
	m.Index, m.Flags, m.Change = int32(index), unix.IFF_UP, unix.IFF_UP
	r := t.request(unix.RTM_SETLINK, unix.NLM_F_ACK)
	r.AddData(m)
	_, err := r.Execute(unix.NETLINK_ROUTE, 0)
	return err
}

// settle sets what a virtual MAC needs around it.
func (t *Table) settle(ctx context.Context, w wantedLink) error {
	if w.IPv6 {
		// Router advertisements would give it routes, and packets of ours the
		// virtual MAC as their source.
		name := "net/ipv6/conf/" + w.Name + "/accept_ra"
		store := kernelSysctls{t}
		if have, err := store.read(name); err == nil && have != "0" {
			if err := store.write(name, "0"); err != nil {
				t.log.Warn("virtual link takes router advertisements", "interface", w.Name, "error", err)
			}
		}
	}
	if !w.IPv4 {
		return nil
	}
	// Else the parent answers ARP for the virtual address, with its own MAC, and
	// asks in its name: answers to clients leave through the parent, and the
	// neighbours learn from a question as well (seen: a client had the parent's
	// MAC after one datagram).
	user := linkUser(w.Name)
	for _, s := range []struct {
		what  string
		least int
	}{{"arp_ignore", 1}, {"arp_filter", 1}, {"arp_announce", 2}} {
		if err := t.sysctls.Raise(user, setting4(w.Parent, s.what), s.least); err != nil {
			return err
		}
	}
	return t.moveReversePath(ctx, user)
}

// settleIPVLAN sets what an ipvlan needs around it. Its parent must not ask in the
// name of a virtual address: the answer would go to the ipvlan, and the parent, by
// which packets leave, would never know the neighbour (seen: a client that nobody
// had spoken to before had no answer).
func (t *Table) settleIPVLAN(_ context.Context, w wantedLink) error {
	if !w.IPv4 {
		return nil
	}
	return t.sysctls.Raise(linkUser(w.Name), setting4(w.Parent, "arp_announce"), 2)
}

// moveReversePath writes rp_filter of "all" into each interface and "default",
// for those to come, and sets it to 0. The larger of both counts: the others
// filter as before, and a virtual MAC can be without.
func (t *Table) moveReversePath(ctx context.Context, user string) error {
	const all, byDefault = "net/ipv4/conf/all/rp_filter", "net/ipv4/conf/default/rp_filter"
	text, err := kernelSysctls{t}.read(all)
	if err != nil {
		return fmt.Errorf("sysctl %s: %w", all, err)
	}
	strict, err := strconv.Atoi(text)
	if err != nil {
		return fmt.Errorf("sysctl %s: %w", all, err)
	}
	if strict > 0 {
		if err := t.raiseReversePath(ctx, user, strict, byDefault); err != nil {
			return err
		}
	}
	if err := t.sysctls.Set(user, all, "0"); err != nil {
		return err
	}
	// The link of ours that moved the values may go before this one.
	t.sysctls.Join(user, "/rp_filter")
	return nil
}

func (t *Table) raiseReversePath(ctx context.Context, user string, strict int, byDefault string) error {
	links, err := t.Links(ctx)
	if err != nil {
		return err
	}
	if err := t.sysctls.Raise(user, byDefault, strict); err != nil {
		return err
	}
	for _, l := range links {
		if l.Ours {
			continue
		}
		err := t.sysctls.Raise(user, setting4(l.Name, "rp_filter"), strict)
		if err != nil && !errors.Is(err, ErrNoInterface) {
			return err
		}
	}
	return nil
}
