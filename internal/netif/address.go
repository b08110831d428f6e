// Package netif puts virtual addresses on interfaces and takes them away,
// announces them (gratuitous ARP, unsolicited neighbour advertisements), and
// reports what others do to links and addresses.
//
// It touches only addresses that it marked as its own; it decides nothing about
// when an address is wanted.
package netif

import "net/netip"

// Scope is the scope of an IPv4 address by its number in rtnetlink(7).
type Scope uint8

// Scopes by iproute2's names.
const (
	ScopeGlobal  Scope = 0
	ScopeSite    Scope = 200
	ScopeLink    Scope = 253
	ScopeHost    Scope = 254
	ScopeNowhere Scope = 255
)

// Key identifies an address on the machine. It is comparable.
type Key struct {
	Interface string
	// Prefix is the address with its prefix length, not masked.
	Prefix netip.Prefix
}

// String returns "10.0.0.5/24 on eth0".
func (k Key) String() string { return k.Prefix.String() + " on " + k.Interface }

// Address is a wanted virtual address. It is comparable.
type Address struct {
	Key
	// Label is the IPv4 label, at most 15 bytes; empty: the interface's name.
	Label string
	Scope Scope
	// Broadcast is the IPv4 broadcast address; invalid: none.
	Broadcast netip.Addr
	// Peer is the other end of a point-to-point address; invalid: none.
	Peer netip.Prefix
	// DAD asks for duplicate address detection of an IPv6 address.
	DAD bool
	// NoPrefixRoute, Home, ManageTempAddr and AutoJoin are the kernel's flags.
	NoPrefixRoute, Home, ManageTempAddr, AutoJoin bool
	// Deprecated adds an IPv6 address with a preferred lifetime of 0: it is
	// never chosen as a source.
	Deprecated bool
	// Preferred is how long an IPv6 address is preferred as a source after it
	// was added, in seconds; 0: for ever, or never where it is Deprecated.
	Preferred uint32
	// NoTrack: the interface being down is no fault, and a deletion by
	// somebody else is not repaired.
	NoTrack bool
}
