package vrrp

import (
	"net/netip"
	"time"
)

// Protocol numbers in the IP header.
const (
	ProtocolVRRP = 112
	ProtocolAH   = 51
)

// The multicast groups (RFC 9568, section 5.1).
var (
	GroupIPv4 = netip.AddrFrom4([4]byte{224, 0, 0, 18})
	GroupIPv6 = netip.AddrFrom16([16]byte{0: 0xff, 1: 0x02, 15: 0x12})
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
	// At is the arrival time. HMAC stamps are compared with its wall-clock
	// reading.
	At time.Time
	// Lost is how many packets the kernel dropped since the last one, because
	// the socket's receive buffer was full.
	Lost uint32
}
