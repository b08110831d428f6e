package vrrp

import (
	"net/netip"
	"time"
)

// Packet is one advert as it stands on the wire, version 2 or 3.
type Packet struct {
	Version  uint8
	VRID     uint8
	Priority uint8
	// Interval is the sender's advertisement interval: whole seconds in
	// version 2, centiseconds in version 3.
	Interval time.Duration
	// Auth and AuthData are version 2's.
	Auth     AuthType
	AuthData [8]byte
	// Addresses are in wire order. Decode reuses its capacity.
	Addresses []netip.Addr
}

// Received is an advert as a socket delivers it, before any check.
type Received struct {
	// Header is the IPv4 header with options; nil for IPv6. Needed for AH.
	Header []byte
	// Payload follows the IP header: the VRRP message, or AH and then it.
	Payload []byte
	// Protocol is 112, or 51 for AH.
	Protocol uint8
	Src, Dst netip.Addr
	// TTL is the TTL or hop limit; -1: the kernel did not say.
	TTL     int
	IfIndex int
	// At is the arrival time.
	At time.Time
}
