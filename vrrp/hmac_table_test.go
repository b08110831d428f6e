package vrrp_test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"net/netip"
)

// A second encoder of the HMAC trailer, written from keepalived's documentation of
// the wire format alone and sharing no code with the package, not even crypto/hmac.
// No other program here speaks the trailer: what both read out of that page wrongly
// no test finds.

// tableAdvert is an advert with a trailer.
type tableAdvert struct {
	Version, VRID, Priority uint8
	Interval                uint16 // of the wire: seconds or centiseconds
	Source, Destination     netip.Addr
	Addresses               []netip.Addr
	KeyID                   uint8
	Key                     string // hexadecimal
	Seconds                 uint32
	Fraction, Counter       uint16
}

// pdu is the ordinary advert.
func (a *tableAdvert) pdu() []byte {
	b := []byte{a.Version<<4 | 1, a.VRID, a.Priority, byte(len(a.Addresses)), 0, byte(a.Interval), 0, 0}
	if a.Version == 3 {
		b[4] = byte(a.Interval >> 8)
	}
	for _, addr := range a.Addresses {
		b = append(b, addr.AsSlice()...)
	}
	if a.Version == 2 {
		b = append(b, make([]byte, 8)...)
	}
	var covered []byte
	if a.Version == 3 {
		covered = append(append(covered, a.Source.AsSlice()...), a.Destination.AsSlice()...)
		covered = append(covered, 0, 112, byte(len(b)>>8), byte(len(b)))
	}
	sum := uint64(0)
	for covered = append(covered, b...); len(covered) > 0; covered = covered[2:] {
		sum += uint64(covered[0])<<8 + uint64(covered[1])
	}
	for sum>>16 != 0 {
		sum = sum>>16 + sum&0xffff
	}
	binary.BigEndian.PutUint16(b[6:], ^uint16(sum))
	return b
}

// trailer is the trailer with its HMAC field zeroed.
func (a *tableAdvert) trailer() []byte {
	b := make([]byte, 28)
	b[0], b[1] = 1, a.KeyID
	binary.BigEndian.PutUint32(b[4:], a.Seconds)
	binary.BigEndian.PutUint16(b[8:], a.Fraction)
	binary.BigEndian.PutUint16(b[10:], a.Counter)
	return b
}

// wire is all that follows the IP header.
func (a *tableAdvert) wire() []byte {
	pdu, trailer := a.pdu(), a.trailer()
	input := make([]byte, 20)
	input[0], input[1], input[2] = 6, a.Version, a.VRID
	if a.Source.Is4() {
		input[0] = 4
	}
	copy(input[4:], a.Source.AsSlice())
	input = append(input, pdu...)
	input[20+6], input[20+7] = 0, 0
	input = append(input, trailer...)
	key, err := hex.DecodeString(a.Key)
	if err != nil {
		panic(err)
	}
	copy(trailer[12:], tableHMAC(key, input))
	return append(pdu, trailer...)
}

// tableHMAC is HMAC-SHA-256 by RFC 2104, for keys of at most one block, cut to 128
// bits.
func tableHMAC(key, input []byte) []byte {
	var inner, outer [64]byte
	copy(inner[:], key)
	copy(outer[:], key)
	for i := range inner {
		inner[i] ^= 0x36
		outer[i] ^= 0x5c
	}
	first := sha256.Sum256(append(inner[:], input...))
	second := sha256.Sum256(append(outer[:], first[:]...))
	return second[:16]
}
