package netif

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Delete takes an address of ours away; only its Key counts. An address that is
// not there, or is not ours, is left alone without an error. Other addresses of
// its subnet stay, whoever made them.
func (t *Table) Delete(ctx context.Context, a Address) error {
	if err := t.delete(ctx, a.asStored()); err != nil {
		return fmt.Errorf("delete %s: %w", a.Key, err)
	}
	return nil
}

func (t *Table) delete(ctx context.Context, a Address) error {
	t.change.Lock()
	defer t.change.Unlock()
	l, err := t.link(a.Interface)
	if err != nil {
		if gone(err) {
			return nil
		}
		return err
	}
	have, err := t.same(ctx, l, a.Prefix.Addr())
	if err != nil {
		return err
	}
	for _, r := range have {
		if r.Key != a.Key {
			continue
		}
		if !r.Ours {
			t.log.Debug("address is not ours, left alone", "address", r.Key.String(), "origin", r.origin)
			continue
		}
		if err := t.remove(ctx, l, r); err != nil {
			return err
		}
	}
	return nil
}

// remove deletes one address and nothing else.
//
// With the first address of an IPv4 subnet the kernel deletes all others of
// that subnet, unless promote_secondaries makes one of them the first
// (net/ipv4/devinet.c). So that is switched on meanwhile. It is done also if
// there are no others now, because there may be when the kernel looks.
func (t *Table) remove(ctx context.Context, l Link, r record) error {
	takesOthers := r.Prefix.Addr().Is4() && !r.Secondary && r.subnet().Bits() < 32
	if !takesOthers || l.promotesKnown && l.promotes {
		return t.drop(r)
	}
	if err := t.setPromote(l.Index, true); err != nil {
		if gone(err) {
			return nil
		}
		t.log.Warn("promote_secondaries cannot be set, other addresses are restored after the deletion",
			"interface", l.Name, "error", err)
		return t.removeAndRestore(ctx, l, r)
	}
	defer func() {
		if err := t.setPromote(l.Index, false); err != nil && !gone(err) {
			t.log.Warn("promote_secondaries stays set", "interface", l.Name, "error", err)
		}
	}()
	return t.drop(r)
}

// removeAndRestore deletes one address and adds those again that the kernel
// deleted with it.
func (t *Table) removeAndRestore(ctx context.Context, l Link, r record) error {
	before, err := t.on(ctx, l, r.header.Family)
	if err != nil {
		return err
	}
	if err := t.drop(r); err != nil {
		return err
	}
	// From here on the others are missing: a cancelled context is no reason to
	// leave them so.
	ctx = context.WithoutCancel(ctx)
	after, err := t.on(ctx, l, r.header.Family)
	if err != nil {
		return err
	}
	left := make(map[string]bool, len(after))
	for _, a := range after {
		left[a.identity()] = true
	}
	var errs []error
	for _, b := range before {
		if b.identity() == r.identity() || b.subnet() != r.subnet() || left[b.identity()] {
			continue
		}
		if err := t.restore(b); err != nil && !errors.Is(err, unix.EEXIST) {
			errs = append(errs, fmt.Errorf("restore %s, which the kernel deleted with it: %w", b.Key, err))
		}
	}
	return errors.Join(errs...)
}

// subnet is what the kernel compares to tell whether two addresses share one.
func (r record) subnet() netip.Prefix {
	if r.Peer.IsValid() {
		return r.Peer.Masked()
	}
	return r.Prefix.Masked()
}

// identity is what tells two addresses of one interface apart.
func (r record) identity() string { return r.Prefix.String() + " " + r.Peer.String() }

// drop sends the deletion; an address that has gone already is no error.
func (t *Table) drop(r record) error {
	m := nl.NewIfAddrmsg(int(r.header.Family))
	m.Index, m.Prefixlen = r.header.Index, r.header.Prefixlen
	req := t.request(unix.RTM_DELADDR, unix.NLM_F_ACK)
	req.AddData(m)
	for _, kind := range []int{unix.IFA_LOCAL, unix.IFA_ADDRESS} {
		if b := find(r.attrs, uint16(kind)); b != nil {
			req.AddData(nl.NewRtAttr(kind, b))
		}
	}
	if _, err := req.Execute(unix.NETLINK_ROUTE, 0); err != nil && !gone(err) {
		return err
	}
	t.forget(r.Key)
	return nil
}

// restore adds an address exactly as the kernel described it, its lifetimes
// and owner included.
func (t *Table) restore(r record) error {
	m := nl.NewIfAddrmsg(int(r.header.Family))
	m.Index, m.Prefixlen, m.Scope = r.header.Index, r.header.Prefixlen, r.header.Scope
	req := t.request(unix.RTM_NEWADDR, unix.NLM_F_CREATE|unix.NLM_F_EXCL|unix.NLM_F_ACK)
	req.AddData(m)
	for _, a := range r.attrs {
		req.AddData(nl.NewRtAttr(int(a.Attr.Type), a.Value))
	}
	if _, err := req.Execute(unix.NETLINK_ROUTE, 0); err != nil {
		return err
	}
	t.log.Warn("address restored that the kernel deleted with another", "address", r.Key.String())
	if r.Ours {
		t.remember(r.Key)
	}
	return nil
}
