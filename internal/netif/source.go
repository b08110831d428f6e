package netif

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"

	"golang.org/x/sys/unix"
)

// Family is an address family.
type Family uint8

// The families.
const (
	IPv4 Family = 4
	IPv6 Family = 6
)

// number returns the kernel's number of the family.
func (f Family) number() uint8 {
	if f == IPv4 {
		return unix.AF_INET
	}
	return unix.AF_INET6
}

// has reports whether an address is of the family.
func (f Family) has(a netip.Addr) bool { return a.Is4() == (f == IPv4) }

// PrimarySource returns the address that adverts on an interface come from: the
// first usable one, in the kernel's order, that is no virtual address: neither
// marked as ours nor one for which virtual says so. For IPv6 it is a link-local
// address (RFC 9568, section 5.1.2.1), without a zone. There is none: an error that
// wraps ErrNoSource. No such interface: ErrNoInterface.
func (t *Table) PrimarySource(ctx context.Context, link string, f Family, virtual func(netip.Addr) bool) (netip.Addr, error) {
	src, err := t.primarySource(ctx, link, f, virtual)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("source address of %s: %w", link, err)
	}
	return src, nil
}

func (t *Table) primarySource(ctx context.Context, link string, f Family, virtual func(netip.Addr) bool) (netip.Addr, error) {
	l, err := t.link(link)
	if err != nil {
		return netip.Addr{}, err
	}
	have, err := t.on(ctx, l, f.number())
	if err != nil {
		return netip.Addr{}, err
	}
	for _, r := range have {
		ip := r.Prefix.Addr()
		if !f.has(ip) || !r.Usable() || r.Ours || virtual(ip) {
			continue
		}
		if f == IPv6 && !ip.IsLinkLocalUnicast() {
			continue
		}
		return ip, nil
	}
	return netip.Addr{}, ErrNoSource
}

// pickSource chooses among the addresses of one interface the source for
// packets to next (the gateway, or the destination itself), that go to dst; the
// order of what is equally good is kept. It follows the kernel's habits as far
// as they matter for a check: never a virtual or an unusable address, the scope
// of the destination, the same subnet, nothing deprecated.
func pickSource(have []Present, dst, next netip.Addr, virtual func(Present) bool) (netip.Addr, bool) {
	var fit []Present
	for _, p := range have {
		ip := p.Prefix.Addr()
		if ip.Is4() != dst.Is4() || !p.Usable() || virtual(p) || p.Scope == ScopeHost {
			continue
		}
		if ip.Is6() && ip.IsLinkLocalUnicast() != dst.IsLinkLocalUnicast() {
			continue
		}
		fit = append(fit, p)
	}
	if len(fit) == 0 {
		return netip.Addr{}, false
	}
	rank := func(p Present) int {
		n := 0
		if p.Deprecated {
			n += 4
		}
		if p.Temporary {
			n += 2
		}
		if !p.reaches(next) {
			n++
		}
		return n
	}
	slices.SortStableFunc(fit, func(a, b Present) int { return cmp.Compare(rank(a), rank(b)) })
	return fit[0].Prefix.Addr(), true
}

// reaches reports whether an address is in the subnet of p.
func (p Present) reaches(a netip.Addr) bool {
	if p.Peer.IsValid() {
		return p.Peer.Contains(a)
	}
	return p.Prefix.Contains(a)
}
