package vrrp

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"hash"
	"net/netip"
)

// The HMAC extension of keepalived 2.4.2 and later
// (draft-cassen-vrrp-auth-hmac): a trailer behind the VRRP message, which
// neither its checksum nor the length in a pseudo-header counts. It was written
// from the documentation of that format; no other router was tried against it.
//
//	0   1  extension type: 1, HMAC-SHA-256 truncated to 128 bits
//	1   1  key ID
//	2   2  reserved, 0
//	4   4  seconds
//	8   2  fraction, 1/65536 s
//	10  2  counter
//	12 16  HMAC
const (
	// HMACLen is the length of the trailer.
	HMACLen = 28

	hmacType        = 1
	hmacStampOffset = 4
	hmacValueOffset = 12
	hmacPseudoLen   = 20
)

// trailer is an HMAC trailer as it stands on the wire.
type trailer []byte

// findTrailer looks behind a message. It returns nil and Accepted where there is
// nothing, or zeros, which are padding; what follows a trailer is padding too.
func findTrailer(rest []byte) (trailer, Drop) {
	switch {
	case len(rest) == 0 || rest[0] == 0:
		return nil, Accepted
	case len(rest) < HMACLen || rest[0] != hmacType || rest[2] != 0 || rest[3] != 0:
		return nil, DropHMACMalformed
	default:
		return rest[:HMACLen], Accepted
	}
}

func (t trailer) key() uint8    { return t[1] }
func (t trailer) stamp() stamp  { return stamp(binary.BigEndian.Uint64(t[hmacStampOffset:])) }
func (t trailer) value() []byte { return t[hmacValueOffset:] }

// hmacKey makes and verifies the values of one key. It is for one goroutine.
type hmacKey struct {
	id  uint8
	mac hash.Hash
	// The memory that mac reads and writes is here, because what goes through
	// its interface would otherwise be allocated anew for each advert.
	pseudo [hmacPseudoLen]byte
	head   [headerLen]byte
	tail   [HMACLen]byte
	sum    [sha256.Size]byte
}

func newHMACKey(k HMACKey) *hmacKey {
	return &hmacKey{id: k.ID, mac: hmac.New(sha256.New, k.Key)}
}

// append appends the trailer of message to b, which may be the message itself.
func (k *hmacKey) append(b, message []byte, src netip.Addr, s stamp) []byte {
	k.tail = [HMACLen]byte{0: hmacType, 1: k.id}
	binary.BigEndian.PutUint64(k.tail[hmacStampOffset:], uint64(s))
	copy(k.tail[hmacValueOffset:], k.value(message, src))
	return append(b, k.tail[:]...)
}

// verify reports whether the value in t is that of message and the rest of t.
func (k *hmacKey) verify(message []byte, src netip.Addr, t trailer) bool {
	copy(k.tail[:hmacValueOffset], t)
	return subtle.ConstantTimeCompare(k.value(message, src), t.value()) == 1
}

// value computes the value for a message, its source address and k.tail. The
// checksum is taken as zero: over IPv6 the kernel may fill it in later.
func (k *hmacKey) value(message []byte, src netip.Addr) []byte {
	k.pseudo = [hmacPseudoLen]byte{0: byte(familyOf(src)), 1: message[0] >> 4, 2: message[1]}
	if src.Is4() {
		a := src.As4()
		copy(k.pseudo[4:], a[:])
	} else {
		a := src.As16()
		copy(k.pseudo[4:], a[:])
	}
	k.head = [headerLen]byte(message)
	k.head[6], k.head[7] = 0, 0
	clear(k.tail[hmacValueOffset:])
	k.mac.Reset()
	k.mac.Write(k.pseudo[:])
	k.mac.Write(k.head[:])
	k.mac.Write(message[headerLen:])
	k.mac.Write(k.tail[:])
	return k.mac.Sum(k.sum[:0])[:HMACLen-hmacValueOffset]
}
