package vrrp

import (
	"encoding/binary"
	"net/netip"
)

// rightSum is what a message sums to, its checksum included (RFC 1071).
const rightSum = 0xffff

// onesSum adds the 16-bit words of b to sum, which must be folded in the end.
// Messages are far too short for 32 bits to overflow.
func onesSum(sum uint32, b []byte) uint32 {
	for len(b) >= 2 {
		sum += uint32(binary.BigEndian.Uint16(b))
		b = b[2:]
	}
	if len(b) == 1 {
		sum += uint32(b[0]) << 8
	}
	return sum
}

func fold(sum uint32) uint16 {
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return uint16(sum)
}

// pseudoSum sums the pseudo-header of a message of length bytes. That of IPv6
// (RFC 8200, section 8.1) and that of IPv4 differ only in addresses and in
// zeros, which add nothing.
func pseudoSum(src, dst netip.Addr, length int) uint32 {
	sum := uint32(ProtocolVRRP) + uint32(length)
	for _, a := range [2]netip.Addr{src, dst} {
		if a.Is4() {
			b := a.As4()
			sum = onesSum(sum, b[:])
		} else {
			b := a.As16()
			sum = onesSum(sum, b[:])
		}
	}
	return sum
}

// withPseudoHeader reports whether we send version's checksums over a
// pseudo-header.
func withPseudoHeader(version uint8, family Family, mode ChecksumMode) bool {
	switch {
	case version == 2:
		return false
	case family == IPv6:
		return true
	default:
		return mode != ChecksumMessageOnly
	}
}

// checksumKind is what a received checksum turned out to cover.
type checksumKind uint8

const (
	checksumWrong checksumKind = iota
	checksumOverPseudo
	checksumOverMessage
	// checksumOverOldPseudo: a pseudo-header whose destination is the multicast
	// group although the packet is unicast: keepalived up to 1.3.6.
	checksumOverOldPseudo
)

var checksumKindNames = [...]string{
	checksumWrong:         "wrong",
	checksumOverPseudo:    "over pseudo-header and message (RFC 5798)",
	checksumOverMessage:   "over the message alone (RFC 9568)",
	checksumOverOldPseudo: "over a multicast pseudo-header (keepalived up to 1.3.6)",
}

func (k checksumKind) String() string { return checksumKindNames[k] }

// classify finds out what the checksum of a message covers.
func classify(message []byte, version uint8, src, dst netip.Addr) checksumKind {
	own := onesSum(0, message)
	if version == 2 {
		if fold(own) == rightSum {
			return checksumOverMessage
		}
		return checksumWrong
	}
	switch {
	case fold(own+pseudoSum(src, dst, len(message))) == rightSum:
		return checksumOverPseudo
	case fold(own) == rightSum:
		return checksumOverMessage
	case dst.Is4() && !dst.IsMulticast() && fold(own+pseudoSum(src, GroupIPv4, len(message))) == rightSum:
		return checksumOverOldPseudo
	default:
		return checksumWrong
	}
}

// accepted reports whether a receiver of that version, family and mode takes a
// checksum of kind k.
func (k checksumKind) accepted(version uint8, family Family, mode ChecksumMode) bool {
	switch k {
	case checksumOverPseudo, checksumOverOldPseudo:
		return version == 3 && (family == IPv6 || mode != ChecksumMessageOnly)
	case checksumOverMessage:
		return version == 2 || family == IPv4 && mode != ChecksumPseudoHeader
	default:
		return false
	}
}
