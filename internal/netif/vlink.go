package netif

import "net/netip"

// VirtualLink is an interface that director makes for an instance: a macvlan
// with the virtual MAC address, or an ipvlan. It is comparable.
type VirtualLink struct {
	// Name is the interface's, at most 15 bytes; empty: none is wanted.
	Name string
	// Parent is the interface below it.
	Parent string
	// MAC makes it a macvlan with this address, as text; empty: an ipvlan (layer
	// 2) of mode IPVLANMode.
	MAC        string
	IPVLANMode string // "bridge", "private", "vepa"
	// Address is what an ipvlan gets to send adverts from; invalid: none.
	Address netip.Prefix
	// Group is the interface group; GroupGiven false: that of the parent.
	Group      uint32
	GroupGiven bool
	// IPv4 and IPv6 say which families its addresses have: they decide which
	// sysctls are set.
	IPv4, IPv6 bool
}
