package netif

import (
	"context"
	"errors"
	"fmt"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// EnsureLink makes a virtual link as asked and switches it on, or brings the one
// that is there in line, and returns its index. One of ours that cannot be
// brought in line is made anew; one that somebody else made is left alone:
// ErrForeignLink. When it fails, a link that it made is gone again.
//
// A macvlan is in private mode. It gets no IPv6 link-local address: an address of
// its own would be a second router to the neighbours, and adverts leave it with
// the parent's. The sysctls that a virtual MAC needs on its parent (and rp_filter
// of all interfaces) are kept by Sysctls until DeleteLink.
func (t *Table) EnsureLink(ctx context.Context, v VirtualLink) (int, error) {
	index, err := t.ensureLink(ctx, v)
	if err != nil {
		return 0, fmt.Errorf("virtual link %s: %w", v.Name, err)
	}
	return index, nil
}

func (t *Table) ensureLink(ctx context.Context, v VirtualLink) (int, error) {
	w, err := t.resolve(v)
	if err != nil {
		return 0, err
	}
	have, made, err := t.findOrMake(ctx, w)
	if err != nil {
		return 0, err
	}
	if err := t.equip(ctx, w, have); err != nil {
		if made {
			err = errors.Join(err, t.deleteLink(v.Name))
		}
		return 0, err
	}
	return have.Index, nil
}

// findOrMake returns the link, and whether it had to be made.
func (t *Table) findOrMake(ctx context.Context, w wantedLink) (l Link, made bool, err error) {
	have, err := t.link(w.Name)
	switch {
	case errors.Is(err, ErrNoInterface):
	case err != nil:
		return Link{}, false, err
	default:
		mine, err := t.isMine(ctx, w, have)
		if err != nil {
			return Link{}, false, err
		}
		if !mine {
			return Link{}, false, ErrForeignLink
		}
		if w.matches(have) {
			return have, false, nil
		}
		t.log.Info("virtual link differs, made anew", "interface", w.Name)
		if err := errors.Join(t.dropLink(have.Index), t.sysctls.Release(linkUser(w.Name))); err != nil {
			return Link{}, false, fmt.Errorf("remove ours, which differs: %w", err)
		}
	}
	if err := t.createLink(w); err != nil {
		return Link{}, false, err
	}
	l, err = t.link(w.Name)
	return l, true, err
}

// isMine tells whether a link is ours. The mark comes in a second request,
// because the kernel takes none in the first: a run that was killed in between
// has left what we would make, switched off and without an address.
func (t *Table) isMine(ctx context.Context, w wantedLink, l Link) (bool, error) {
	if l.Ours || l.make.alias != "" || l.make.switchedOn || !w.matches(l) {
		return l.Ours, nil
	}
	addresses, err := t.on(ctx, l, unix.AF_UNSPEC)
	return err == nil && len(addresses) == 0, err
}

func (t *Table) createLink(w wantedLink) error {
	r := t.request(unix.RTM_NEWLINK, unix.NLM_F_CREATE|unix.NLM_F_EXCL|unix.NLM_F_ACK)
	r.AddData(nl.NewIfInfomsg(unix.AF_UNSPEC))
	r.AddData(nl.NewRtAttr(unix.IFLA_LINK, nl.Uint32Attr(uint32(w.parent.Index))))
	r.AddData(nl.NewRtAttr(unix.IFLA_IFNAME, nl.ZeroTerminated(w.Name)))
	r.AddData(nl.NewRtAttr(unix.IFLA_GROUP, nl.Uint32Attr(w.make.group)))
	info := nl.NewRtAttr(unix.IFLA_LINKINFO, nil)
	info.AddRtAttr(unix.IFLA_INFO_KIND, nl.NonZeroTerminated(w.kind()))
	data := info.AddRtAttr(unix.IFLA_INFO_DATA, nil)
	if w.mac != nil {
		r.AddData(nl.NewRtAttr(unix.IFLA_ADDRESS, w.mac))
		// The kernel's number; package netlink counts its own.
		data.AddRtAttr(nl.IFLA_MACVLAN_MODE, nl.Uint32Attr(nl.MACVLAN_MODE_PRIVATE))
	} else {
		data.AddRtAttr(nl.IFLA_IPVLAN_MODE, nl.Uint16Attr(uint16(w.make.mode)))
		data.AddRtAttr(nl.IFLA_IPVLAN_FLAG, nl.Uint16Attr(uint16(w.make.flags)))
	}
	r.AddData(info)
	if _, err := r.Execute(unix.NETLINK_ROUTE, 0); err != nil {
		return fmt.Errorf("make %s on %s: %w", w.kind(), w.Parent, err)
	}
	return nil
}

// DeleteLink deletes a virtual link of ours and puts back the sysctls that were
// changed for it; only its Name counts. One that is not there, or is not ours, is
// left alone without an error.
func (t *Table) DeleteLink(_ context.Context, v VirtualLink) error {
	if err := t.deleteLink(v.Name); err != nil {
		return fmt.Errorf("delete virtual link %s: %w", v.Name, err)
	}
	return nil
}

func (t *Table) deleteLink(name string) error {
	l, err := t.link(name)
	switch {
	case gone(err):
		err = nil
	case err != nil:
	case !l.Ours:
		t.log.Debug("interface is not ours, left alone", "interface", name, "alias", l.make.alias)
	default:
		err = t.dropLink(l.Index)
	}
	return errors.Join(err, t.sysctls.Release(linkUser(name)))
}

func (t *Table) dropLink(index int) error {
	m := nl.NewIfInfomsg(unix.AF_UNSPEC)
	m.Index = int32(index)
	r := t.request(unix.RTM_DELLINK, unix.NLM_F_ACK)
	r.AddData(m)
	if _, err := r.Execute(unix.NETLINK_ROUTE, 0); err != nil && !gone(err) {
		return err
	}
	return nil
}

// OurLinks lists the names of all virtual links that director made: at start,
// what a run that was killed has left behind.
func (t *Table) OurLinks(ctx context.Context) ([]string, error) {
	links, err := t.Links(ctx)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, l := range links {
		if l.Ours {
			names = append(names, l.Name)
		}
	}
	return names, nil
}
