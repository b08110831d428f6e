package vrrp

import (
	"net/netip"
	"time"
)

// Family is the address family of a virtual router. A VRID is scoped to an
// interface and a family: IPv4 VRID 51 and IPv6 VRID 51 are different routers.
type Family uint8

// The two address families.
const (
	IPv4 Family = 4
	IPv6 Family = 6
)

// String returns "IPv4" or "IPv6".
func (f Family) String() string {
	if f == IPv6 {
		return "IPv6"
	}
	return "IPv4"
}

// ChecksumMode says how the checksum of a version 3 advert over IPv4 is read.
// Version 2 and IPv6 know only one reading.
type ChecksumMode uint8

// The three readings.
const (
	// ChecksumPseudoHeader sums pseudo-header and message: RFC 5798 as
	// keepalived and FRR read it. The default.
	ChecksumPseudoHeader ChecksumMode = iota
	// ChecksumMessageOnly sums the message alone: RFC 9568, section 5.2.8.
	// It is keepalived's v3_checksum_as_v2.
	ChecksumMessageOnly
	// ChecksumEither accepts both and sends the first.
	ChecksumEither
)

// AuthType is the authentication type of a version 2 advert (RFC 2338).
type AuthType uint8

// Authentication types on the wire.
const (
	AuthNone AuthType = 0
	AuthPass AuthType = 1
	AuthAH   AuthType = 2
)

// Peer is one unicast peer.
type Peer struct {
	Addr netip.Addr
	// MinTTL and MaxTTL bound the received TTL when CheckTTL is set, 0 to 255.
	MinTTL, MaxTTL uint8
	CheckTTL       bool
}

// Config describes one virtual router completely. It is a plain value: it
// crosses the process boundary and is compared to find out what a reload
// changed. All ranges are checked by package config; the zero value of a field
// marked "0:" means what stands there.
type Config struct {
	// Name is the instance's name in the configuration.
	Name string
	// Interface carries the adverts.
	Interface string
	Family    Family
	// Version is 2 or 3. IPv6 is always 3.
	Version uint8
	// VRID is 1 to 255.
	VRID uint8
	// Priority is 1 to 255; 255 is the address owner.
	Priority uint8
	// StartMaster is "state MASTER": it lets an owner start as master. It is
	// true by default for an owner.
	StartMaster bool
	// AdvertInt is the interval of our adverts: whole seconds 1 to 255 in
	// version 2, 10 ms to 40.95 s in steps of 10 ms in version 3.
	AdvertInt time.Duration
	// DownTimerAdverts is the number of missed adverts before take-over, 1 to
	// 100. 0: 3.
	DownTimerAdverts int
	// NoPreempt accepts a living master of lower priority.
	NoPreempt bool
	// PreemptDelay is how long a living master of lower priority is accepted
	// after it was first heard, 0 to 1000 s.
	PreemptDelay time.Duration
	// Checksum is the reading of the version 3 checksum over IPv4.
	Checksum ChecksumMode
	// Auth is the version 2 authentication; AuthPassword has at most 8 bytes
	// and is a secret: it must never be printed.
	Auth         AuthType
	AuthPassword string
	// Source is the configured source address; invalid: the first usable
	// address of the interface that is no virtual address, link-local for IPv6.
	Source netip.Addr
	// TrackSource faults the instance while Source is not on the machine.
	TrackSource bool
	// Group is the multicast group. Invalid: 224.0.0.18 or ff02::12.
	Group netip.Addr
	// Peers makes the instance unicast. The node's own address has been left out.
	Peers []Peer
	// CheckUnicastSource drops adverts from addresses that are no peer.
	CheckUnicastSource bool
	// UnicastTTL is the TTL of unicast adverts, 0: 255.
	UnicastTTL uint8
	// Addresses are those carried in adverts, in the order of the file.
	Addresses []netip.Addr
	// SkipCheckAdvAddr compares the address list only when the master changes.
	SkipCheckAdvAddr bool
	// LowerPrioNoAdvert leaves adverts of lower priority unanswered.
	LowerPrioNoAdvert bool
	// HigherPrioSendAdvert sends one more advert before giving way.
	HigherPrioSendAdvert bool
	// DontTrackPrimary: the own interface being down is no fault.
	DontTrackPrimary bool
	// OwnerIgnoreAdverts: an address owner (255) drops every advert.
	OwnerIgnoreAdverts bool
	// TimerExpiredBackup is the priority that whoever may have taken over is
	// assumed to have: a master whose scheduler ran so late that such a router
	// would be master by now goes to BACKUP before it advertises. 0: off.
	TimerExpiredBackup uint8
	// OldChecksum says how the version 3 checksum of keepalived up to 1.3.6 is
	// treated in unicast over IPv4.
	OldChecksum OldChecksum
	// UnicastFaultNoPeer: FAULT while there is no peer but the node itself.
	UnicastFaultNoPeer bool
	// HMAC is the extension of keepalived 2.4; without keys: none.
	HMAC HMACConfig
	// Grouped: the instance is in a sync group, and becomes master only when it
	// is told that all members can.
	Grouped bool
	// VRF holds the sockets of a unicast instance that has no Interface.
	VRF string
	// ReceiveBuffer is the size of the socket's buffer in bytes; 0: the
	// kernel's default.
	ReceiveBuffer int
	// AddressesFirst: a living master is preempted by an advert that leaves when
	// the addresses are there, because with a virtual MAC that advert alone
	// brings the traffic here.
	AddressesFirst bool
	// Share tells unicast instances apart that have the same interface, family
	// and VRID and other peers; empty: there is only this one.
	Share string
}

// OldChecksum is old_unicast_checksum.
type OldChecksum uint8

// The three answers to the checksum of keepalived up to 1.3.6, whose
// pseudo-header has the multicast group as destination.
const (
	// OldChecksumLearn accepts it, and sends it to who was heard to use it.
	OldChecksumLearn OldChecksum = iota
	// OldChecksumAlways sends it to every peer.
	OldChecksumAlways
	// OldChecksumNever drops it.
	OldChecksumNever
)

// HMACMode says what becomes of adverts without a valid trailer.
type HMACMode uint8

// The modes, by keepalived's words.
const (
	// HMACEnforce: sign, and drop what is not signed.
	HMACEnforce HMACMode = iota
	// HMACPermissive: sign, and accept what is not signed.
	HMACPermissive
	// HMACReceiveOnly: do not sign, verify what is signed.
	HMACReceiveOnly
)

// HMACConfig is auth_hmac. Its keys are secrets: they must never be printed.
type HMACConfig struct {
	// Keys are in the order of the file, at least one when it is in use.
	Keys []HMACKey
	// Active is the ID of the key that signs.
	Active uint8
	// Window is the accepted difference of the clocks, 1 s to 300 s.
	Window time.Duration
	// Monotonic compares no clocks: stamps must only increase.
	Monotonic bool
	Mode      HMACMode
}

// HMACKey is one key, 32 to 64 bytes.
type HMACKey struct {
	ID  uint8
	Key []byte
}

// Key identifies a virtual router across reloads: the role belongs to it, not
// to the name.
type Key struct {
	Interface string
	Family    Family
	VRID      uint8
	Share     string
}

// Key returns the identity of the router that c describes.
func (c *Config) Key() Key { return Key{c.Interface, c.Family, c.VRID, c.Share} }

// Unicast reports whether adverts go to peers rather than to a group.
func (c *Config) Unicast() bool { return len(c.Peers) > 0 }

// Role is the state of a virtual router, by the names of RFC 3768 and
// keepalived. FAULT is Initialize of the standard, with reasons.
type Role uint8

// The roles.
const (
	Init Role = iota
	Backup
	Master
	Fault
)

// String returns "INIT", "BACKUP", "MASTER" or "FAULT".
func (r Role) String() string {
	switch r {
	case Backup:
		return "BACKUP"
	case Master:
		return "MASTER"
	case Fault:
		return "FAULT"
	default:
		return "INIT"
	}
}
