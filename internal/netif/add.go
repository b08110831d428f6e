package netif

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Outcome says what Add found and did.
type Outcome uint8

// The outcomes of Add.
const (
	// Added: the address was not there and now is, marked as ours.
	Added Outcome = iota + 1
	// AlreadyOurs: it was there, with our mark. What was asked for
	// differently has been brought in line.
	AlreadyOurs
	// Foreign: somebody else gave the interface this address, with this or
	// another prefix length. Nothing was changed.
	Foreign
)

// String returns the outcome in words.
func (o Outcome) String() string {
	switch o {
	case Added:
		return "added"
	case AlreadyOurs:
		return "already ours"
	case Foreign:
		return "foreign"
	default:
		return "none"
	}
}

// addTries bounds how often Add looks again after somebody else was faster.
const addTries = 3

// Add gives an interface an address. An error wraps the kernel's errno, or
// ErrNoInterface, and names the address and the interface.
//
// An IPv6 address is usable when Add returns unless DAD is asked for or the
// interface is down. When an interface goes down the kernel drops its IPv6 addresses; Add
// works again at once, also while it is down.
func (t *Table) Add(ctx context.Context, a Address) (Outcome, error) {
	outcome, err := t.add(ctx, a)
	if err != nil {
		return 0, fmt.Errorf("add %s: %w", a.Key, err)
	}
	if outcome == Added && !a.DAD {
		// Who announces it draws packets.
		if err := t.waitLocal(ctx, a); err != nil {
			return outcome, fmt.Errorf("add %s: %w", a.Key, err)
		}
	}
	return outcome, nil
}

func (t *Table) add(ctx context.Context, a Address) (Outcome, error) {
	if !a.Prefix.IsValid() {
		return 0, unix.EINVAL
	}
	t.change.Lock()
	defer t.change.Unlock()
	for try := 1; ; try++ {
		l, err := t.link(a.Interface)
		if err != nil {
			return 0, err
		}
		want := a.asStored()
		have, err := t.same(ctx, l, want.Prefix.Addr())
		if err != nil {
			return 0, err
		}
		outcome, err := t.addTo(ctx, l, have, want, a)
		if errors.Is(err, unix.EEXIST) && try < addTries {
			continue // it came after the list
		}
		return outcome, err
	}
}

// addTo adds the address to a link; have is what it has of the same IP, want is
// a as the kernel would list it.
func (t *Table) addTo(ctx context.Context, l Link, have []record, want, a Address) (Outcome, error) {
	var mine, others []record
	for _, r := range have {
		if r.Ours {
			mine = append(mine, r)
		} else {
			others = append(others, r)
		}
	}
	if len(mine) == 1 && mine[0].Address == want {
		return AlreadyOurs, nil
	}
	if len(mine) == 0 && len(others) > 0 {
		return Foreign, nil
	}
	// The kernel changes neither label nor scope nor, for IPv6, the prefix
	// length of an address: what differs goes and comes back.
	for _, r := range mine {
		if err := t.remove(ctx, l, r); err != nil {
			return 0, fmt.Errorf("remove our %s, which differs: %w", r.Key, err)
		}
	}
	if err := t.create(l.Index, want, a.DAD, a.Preferred); err != nil {
		return 0, err
	}
	if len(mine) > 0 {
		return AlreadyOurs, nil
	}
	return Added, nil
}

// asStored returns the address as the kernel would list it.
func (a Address) asStored() Address {
	ip := a.Prefix.Addr().Unmap()
	bits := a.Prefix.Bits()
	if a.Peer.IsValid() {
		bits = ip.BitLen()
	}
	a.Prefix = netip.PrefixFrom(ip, bits)
	a.DAD, a.NoTrack, a.Preferred = false, false, 0 // none of them is listed
	if ip.Is4() {
		a.Deprecated = false
		if a.Label == "" {
			a.Label = a.Interface
		}
		return a
	}
	a.Label, a.Broadcast = "", netip.Addr{}
	a.Scope = scopeOf(ip)
	return a
}

// scopeOf returns the scope that the kernel derives from an IPv6 address.
func scopeOf(ip netip.Addr) Scope {
	switch {
	case ip.IsLoopback():
		return ScopeHost
	case ip.IsLinkLocalUnicast():
		return ScopeLink
	case ip.As16()[0] == 0xfe && ip.As16()[1]&0xc0 == 0xc0:
		return ScopeSite
	default:
		return ScopeGlobal
	}
}

// ifaProto is IFA_PROTO of linux/if_addr.h, which x/sys lacks.
const ifaProto = 11

// create asks the kernel for a new address; EEXIST: it is there already.
func (t *Table) create(index int, a Address, dad bool, preferred uint32) error {
	ip, bits := a.Prefix.Addr(), a.Prefix.Bits()
	other := ip
	if a.Peer.IsValid() {
		other, bits = a.Peer.Addr().Unmap(), a.Peer.Bits()
	}
	m := nl.NewIfAddrmsg(int(family(ip)))
	m.Index, m.Prefixlen, m.Scope = uint32(index), uint8(bits), uint8(a.Scope)
	r := t.request(unix.RTM_NEWADDR, unix.NLM_F_CREATE|unix.NLM_F_EXCL|unix.NLM_F_ACK)
	r.AddData(m)
	r.AddData(nl.NewRtAttr(unix.IFA_LOCAL, ip.AsSlice()))
	r.AddData(nl.NewRtAttr(unix.IFA_ADDRESS, other.AsSlice()))
	r.AddData(nl.NewRtAttr(unix.IFA_FLAGS, nl.Uint32Attr(a.flags(dad))))
	if a.Broadcast.IsValid() {
		r.AddData(nl.NewRtAttr(unix.IFA_BROADCAST, a.Broadcast.AsSlice()))
	}
	if a.Label != "" {
		r.AddData(nl.NewRtAttr(unix.IFA_LABEL, nl.ZeroTerminated(a.Label)))
	}
	if a.Deprecated || preferred > 0 {
		life := nl.IfaCacheInfo{IfaCacheinfo: unix.IfaCacheinfo{Prefered: preferred, Valid: ^uint32(0)}}
		if a.Deprecated {
			life.Prefered = 0
		}
		r.AddData(nl.NewRtAttr(unix.IFA_CACHEINFO, life.Serialize()))
	}
	if t.keepsMark {
		r.AddData(nl.NewRtAttr(ifaProto, nl.Uint8Attr(Mark)))
	}
	if _, err := r.Execute(unix.NETLINK_ROUTE, 0); err != nil {
		if errors.Is(err, unix.ENODEV) {
			return fmt.Errorf("%w: %w", ErrNoInterface, err)
		}
		return err
	}
	t.remember(a.Key)
	return nil
}

// flags returns the kernel's flags for the address.
func (a Address) flags(dad bool) uint32 {
	var f uint32
	set := func(on bool, bit uint32) {
		if on {
			f |= bit
		}
	}
	set(a.Prefix.Addr().Is6() && !dad, unix.IFA_F_NODAD)
	set(a.NoPrefixRoute, unix.IFA_F_NOPREFIXROUTE)
	set(a.Home, unix.IFA_F_HOMEADDRESS)
	set(a.ManageTempAddr, unix.IFA_F_MANAGETEMPADDR)
	set(a.AutoJoin, unix.IFA_F_MCAUTOJOIN)
	return f
}
