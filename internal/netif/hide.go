package netif

import (
	"context"
	"fmt"
	"net/netip"
)

// Hidden returns the address that takes the place of a while a is hidden: on
// loopback, where neighbours are not told of it and ask in vain. ok is false for
// an IPv6 link-local address, which counts on its own interface only.
func (a Address) Hidden() (h Address, ok bool) {
	ip := a.Prefix.Addr().Unmap()
	if !ip.IsValid() || ip.IsLinkLocalUnicast() && ip.Is6() {
		return Address{}, false
	}
	h = Address{Key: Key{Interface: "lo", Prefix: netip.PrefixFrom(ip, ip.BitLen())}}
	if ip.Is4() {
		h.Scope = ScopeHost
	} else {
		h.Deprecated = true // never the source of anything new
	}
	return h, true
}

// Hide takes an address off its interface without losing a packet: those that
// still arrive for it are accepted, and connections go on, but ARP and neighbour
// solicitations for it are not answered on its interface, and no ARP request of
// ours carries it. It is on loopback meanwhile, marked as ours, where Ours finds
// it after a crash. A link-local address is just deleted: who uses it as a
// gateway sends to the MAC address.
//
// Unhide or Reveal ends it. What fails leaves the address as it was.
func (t *Table) Hide(ctx context.Context, a Address) error {
	if err := t.hide(ctx, a); err != nil {
		return fmt.Errorf("hide %s: %w", a.Key, err)
	}
	return nil
}

func (t *Table) hide(ctx context.Context, a Address) error {
	h, ok := a.Hidden()
	if !ok {
		return t.Delete(ctx, a)
	}
	var err error
	if h.Prefix.Addr().Is4() {
		err = t.silence(a)
	}
	if err == nil {
		_, err = t.Add(ctx, h) // Foreign: somebody has it on loopback anyway
	}
	if err == nil {
		err = t.Delete(ctx, a)
	}
	if err != nil {
		// The cause may be that ctx has ended.
		if undo := t.unhide(context.WithoutCancel(ctx), a); undo != nil {
			t.log.Warn("address stays on loopback", "address", h.Key.String(), "error", undo)
		}
	}
	return err
}

// silence keeps the interface from answering ARP for addresses that are not on
// it, and from asking in their name.
func (t *Table) silence(a Address) error {
	user := hideUser(a)
	if err := t.sysctls.Raise(user, setting4(a.Interface, "arp_ignore"), 1); err != nil {
		return err
	}
	return t.sysctls.Raise(user, setting4(a.Interface, "arp_announce"), 2)
}

// hideUser is the user that keeps sysctls for a hidden address.
func hideUser(a Address) string { return "hidden " + a.asStored().Key.String() }

// Unhide ends Hide when somebody else has the address: it leaves this machine.
// An address that is not hidden is no error.
func (t *Table) Unhide(ctx context.Context, a Address) error {
	if err := t.unhide(ctx, a); err != nil {
		return fmt.Errorf("unhide %s: %w", a.Key, err)
	}
	return nil
}

func (t *Table) unhide(ctx context.Context, a Address) error {
	h, ok := a.Hidden()
	if !ok {
		return nil
	}
	if err := t.Delete(ctx, h); err != nil {
		return err
	}
	return t.sysctls.Release(hideUser(a))
}

// Reveal ends Hide when the address stays after all: it is on its interface
// again before it leaves loopback. It is not announced.
func (t *Table) Reveal(ctx context.Context, a Address) (Outcome, error) {
	outcome, err := t.Add(ctx, a)
	if err != nil {
		return 0, err
	}
	return outcome, t.Unhide(ctx, a)
}
