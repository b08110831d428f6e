package integration

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"net/netip"
	"slices"
)

// A second encoder of the HMAC trailer, written from keepalived's documentation of
// the format alone: 28 bytes behind the advert, with type 1, key ID, two zeros,
// seconds, fraction, counter, and the first half of the HMAC-SHA-256 over a
// pseudo-header of 20 bytes, the advert without its checksum, and the trailer
// without the HMAC.

// trailerLen is its length, and where its fields are.
const (
	trailerLen    = 28
	atKey         = 1
	atSeconds     = 4
	atTrailerHMAC = 12
)

// A signedFrame is an Ethernet frame with an advert and, mostly, a trailer.
type signedFrame []byte

func (f signedFrame) ipv6() bool { return f[12] == 0x86 }

// atPDU is where the advert begins.
func (f signedFrame) atPDU() int {
	if f.ipv6() {
		return atIP + 40
	}
	return atIP + 20
}

// addresses are where source and destination stand, and how long they are.
func (f signedFrame) addresses() (source, destination, length int) {
	if f.ipv6() {
		return atIP + 8, atIP + 24, 16
	}
	return atIP + 12, atIP + 16, 4
}

func (f signedFrame) pdu() []byte {
	_, _, address := f.addresses()
	m := f[f.atPDU():]
	length := 8 + int(m[3])*address
	if m[0]>>4 == 2 {
		length += 8 // authentication data
	}
	return m[:length]
}

func (f signedFrame) trailer() []byte { return f[f.atPDU()+len(f.pdu()):] }

func (f signedFrame) stamp() uint64 { return binary.BigEndian.Uint64(f.trailer()[atSeconds:]) }

// valid reports whether there is a trailer, by a key.
func (f signedFrame) valid(id byte, key string) bool {
	t := f.trailer()
	return len(t) == trailerLen && bytes.Equal(t[:4], []byte{1, id, 0, 0}) && hmac.Equal(t[atTrailerHMAC:], f.hmac(key))
}

func (f signedFrame) hmac(key string) []byte {
	source, _, length := f.addresses()
	pdu := slices.Clone(f.pdu())
	pseudo := make([]byte, 20)
	pseudo[0], pseudo[1], pseudo[2] = 4, pdu[0]>>4, pdu[1]
	if f.ipv6() {
		pseudo[0] = 6
	}
	copy(pseudo[4:], f[source:source+length])
	pdu[6], pdu[7] = 0, 0
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write(pseudo)
	mac.Write(pdu)
	mac.Write(f.trailer()[:atTrailerHMAC])
	mac.Write(make([]byte, trailerLen-atTrailerHMAC))
	return mac.Sum(nil)[:trailerLen-atTrailerHMAC]
}

// forge makes another advert of it, with right checksums and lengths.
func (f signedFrame) forge(source, destination netip.Addr, priority byte) signedFrame {
	f = slices.Clone(f)
	from, to, _ := f.addresses()
	copy(f[from:], source.AsSlice())
	copy(f[to:], destination.AsSlice())
	f.pdu()[2] = priority
	return f.seal()
}

// sign replaces the trailer's key and HMAC.
func (f signedFrame) sign(id byte, key string) signedFrame {
	f = slices.Clone(f)
	f.trailer()[atKey] = id
	copy(f.trailer()[atTrailerHMAC:], f.hmac(key))
	return f
}

// at replaces the seconds of the trailer.
func (f signedFrame) at(seconds int64) signedFrame {
	f = slices.Clone(f)
	binary.BigEndian.PutUint32(f.trailer()[atSeconds:], uint32(seconds))
	return f
}

// unsigned takes the trailer away.
func (f signedFrame) unsigned() signedFrame {
	return slices.Clone(f[:len(f)-len(f.trailer())]).seal()
}

// seal sets lengths and checksums; those of the advert do not cover the trailer.
func (f signedFrame) seal() signedFrame {
	from, _, length := f.addresses()
	if f.ipv6() {
		binary.BigEndian.PutUint16(f[atIP+4:], uint16(len(f)-f.atPDU()))
	} else {
		binary.BigEndian.PutUint16(f[atIP+2:], uint16(len(f)-atIP))
		f[atIP+10], f[atIP+11] = 0, 0
		binary.BigEndian.PutUint16(f[atIP+10:], internetChecksum(f[atIP:f.atPDU()]))
	}
	pdu := f.pdu()
	pdu[6], pdu[7] = 0, 0
	covered := slices.Clone(pdu)
	if pdu[0]>>4 == 3 { // the order of its words does not matter
		covered = append(covered, f[from:from+2*length]...)
		covered = append(covered, 0, 112, 0, byte(len(pdu)))
	}
	binary.BigEndian.PutUint16(pdu[6:], internetChecksum(covered))
	return f
}
