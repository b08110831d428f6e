package vrrp

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/subtle"
	"encoding/binary"
	"hash"
	"net/netip"
)

// The authentication header (RFC 2402) with HMAC-MD5-96 (RFC 2403).
const (
	// AHLen is the length of the authentication header.
	AHLen = 24

	ipv4HeaderLen = 20
	ahValueOffset = 12
	ahLenField    = AHLen/4 - 2
)

// AHSequencer is a Transport that sends authentication headers. keepalived has
// one sequence number per virtual router, not per sender: who becomes master
// goes on from the last number heard. So a Runner tells it
// [Receiver.Sequence] before it sends.
type AHSequencer interface {
	// HeardSequence: the numbers of our adverts are higher than n from now on.
	HeardSequence(n uint32)
}

// AHKey makes and verifies authentication headers the way keepalived does. It
// is for one goroutine.
type AHKey struct {
	mac hash.Hash
	// The memory that mac reads and writes is here, because what goes through
	// its interface would otherwise be allocated anew for each advert.
	ip  [ipv4HeaderLen]byte
	ah  [AHLen]byte
	sum [md5.Size]byte
}

// NewAHKey returns the key of a password.
func NewAHKey(password string) *AHKey {
	return &AHKey{mac: hmac.New(md5.New, []byte(password))}
}

// AHFields is what the header of one advert is made of, beyond the message.
// Src and Dst are IPv4. ID is the identification of the IP header, which is
// covered; the kernel must not change it, so it must not be 0.
type AHFields struct {
	Src, Dst netip.Addr
	ID       uint16
	Sequence uint32
}

// AppendAH appends an authentication header and the VRRP message to b. They are
// right behind an IP header of 20 bytes with protocol 51 and the values of f,
// and, for multicast, TTL 255.
func (k *AHKey) AppendAH(b, message []byte, f AHFields) []byte {
	src, dst := f.Src.As4(), f.Dst.As4()
	k.ip = [ipv4HeaderLen]byte{0: 0x45, 8: 255, 9: ProtocolAH}
	binary.BigEndian.PutUint16(k.ip[2:], uint16(ipv4HeaderLen+AHLen+len(message)))
	binary.BigEndian.PutUint16(k.ip[4:], f.ID)
	copy(k.ip[12:], src[:])
	copy(k.ip[16:], dst[:])

	k.ah = [AHLen]byte{0: ProtocolVRRP, 1: ahLenField}
	copy(k.ah[4:], src[:]) // the SPI
	binary.BigEndian.PutUint32(k.ah[8:], f.Sequence)
	copy(k.ah[ahValueOffset:], k.value(message))
	return append(append(b, k.ah[:]...), message...)
}

// verify reports whether the value in ah is that of header and message.
// header is the IP header, ah the authentication header.
func (k *AHKey) verify(header, ah, message []byte) bool {
	k.ip = [ipv4HeaderLen]byte(header)
	k.ah = [AHLen]byte(ah)
	clear(k.ah[ahValueOffset:])
	return subtle.ConstantTimeCompare(k.value(message), ah[ahValueOffset:]) == 1
}

// value computes the value for k.ip, k.ah with a value of zero, and message.
// What routers may change is taken as zero. The TTL of multicast is not,
// against RFC 2402: keepalived refuses the standard's value.
func (k *AHKey) value(message []byte) []byte {
	k.ip[1] = 0             // TOS
	clear(k.ip[6:8])        // fragment
	clear(k.ip[10:12])      // checksum
	if k.ip[16]>>4 != 0xe { // not multicast
		k.ip[8] = 0
	}
	k.mac.Reset()
	k.mac.Write(k.ip[:])
	k.mac.Write(k.ah[:])
	k.mac.Write(message)
	return k.mac.Sum(k.sum[:0])[:AHLen-ahValueOffset]
}
