package vrrp

import (
	"encoding/binary"
	"net/netip"
	"time"
)

// Decode reads the VRRP message b, which arrived over family, into p. It
// returns [Accepted], [DropLength], [DropVersion] or [DropType]; p is undefined
// unless accepted. Nothing else is judged: not the checksum, nor whether the
// values make sense here, which is a [Receiver]'s task. Bytes after the message
// are ignored, as are the reserved bits of version 3. It allocates nothing when
// p.Addresses has the capacity.
func (p *Packet) Decode(b []byte, family Family) Drop {
	if _, drop := p.parse(b, family); drop != Accepted {
		return drop
	}
	if b[0]&0x0f != typeAdvert {
		return DropType
	}
	return Accepted
}

// parse is Decode for messages of any type. It returns the message without
// padding.
func (p *Packet) parse(b []byte, family Family) ([]byte, Drop) {
	if len(b) < headerLen {
		return nil, DropLength
	}
	p.Version, p.VRID, p.Priority = b[0]>>4, b[1], b[2]
	p.Auth, p.AuthData = AuthNone, [8]byte{}
	if p.Version != 3 && (p.Version != 2 || family != IPv4) {
		return nil, DropVersion
	}
	n := messageLen(p.Version, family, int(b[3]))
	if len(b) < n {
		return nil, DropLength
	}
	b = b[:n]
	rest := p.parseAddresses(b[headerLen:], family, int(b[3]))
	if p.Version == 2 {
		p.Auth = AuthType(b[4])
		p.Interval = time.Duration(b[5]) * time.Second
		p.AuthData = [authDataLen]byte(rest)
	} else {
		p.Interval = time.Duration(binary.BigEndian.Uint16(b[4:])&0x0fff) * centisecond
	}
	return b, Accepted
}

func (p *Packet) parseAddresses(b []byte, family Family, n int) (rest []byte) {
	p.Addresses = p.Addresses[:0]
	for range n {
		if family == IPv4 {
			p.Addresses, b = append(p.Addresses, netip.AddrFrom4([4]byte(b))), b[4:]
		} else {
			p.Addresses, b = append(p.Addresses, netip.AddrFrom16([16]byte(b))), b[16:]
		}
	}
	return b
}

// messageLen is the length of a message with n addresses.
func messageLen(version uint8, family Family, n int) int {
	switch {
	case version == 2:
		return headerLen + 4*n + authDataLen
	case family == IPv4:
		return headerLen + 4*n
	default:
		return headerLen + 16*n
	}
}
