package vrrp

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"time"
)

// The layout of a message.
const (
	headerLen   = 8
	authDataLen = 8
	typeAdvert  = 1

	centisecond = 10 * time.Millisecond
	// MaxInterval is the longest interval of version 3: 12 bits.
	MaxInterval = 4095 * centisecond
)

// Append appends the advert p, with its checksum, to b. src and dst are the
// addresses of the IP header, which the checksum of version 3 covers; mode
// matters for version 3 over IPv4 only. It allocates nothing when b has the
// capacity. It fails, and returns b as it was, for what the format cannot
// carry: another version, VRID 0, an interval out of range or between two
// steps, more than 255 addresses, addresses of another family than dst.
func (p *Packet) Append(b []byte, src, dst netip.Addr, mode ChecksumMode) ([]byte, error) {
	family := familyOf(dst)
	if err := p.check(family, src); err != nil {
		return b, err
	}
	start := len(b)
	b = append(b, p.Version<<4|typeAdvert, p.VRID, p.Priority, uint8(len(p.Addresses)))
	if p.Version == 2 {
		b = append(b, uint8(p.Auth), uint8(p.Interval/time.Second))
	} else {
		b = binary.BigEndian.AppendUint16(b, uint16(p.Interval/centisecond))
	}
	b = append(b, 0, 0) // the checksum
	for _, a := range p.Addresses {
		if family == IPv4 {
			raw := a.As4()
			b = append(b, raw[:]...)
		} else {
			raw := a.As16()
			b = append(b, raw[:]...)
		}
	}
	if p.Version == 2 {
		b = append(b, p.AuthData[:]...)
	}
	message := b[start:]
	sum := onesSum(0, message)
	if withPseudoHeader(p.Version, family, mode) {
		sum += pseudoSum(src, dst, len(message))
	}
	binary.BigEndian.PutUint16(message[6:], ^fold(sum))
	return b, nil
}

// check finds what the format cannot carry.
func (p *Packet) check(family Family, src netip.Addr) error {
	switch {
	case p.Version == 2 && family != IPv4:
		return fmt.Errorf("version 2 has no %v", family)
	case p.Version != 2 && p.Version != 3:
		return fmt.Errorf("version %d: want 2 or 3", p.Version)
	case p.VRID == 0:
		return fmt.Errorf("VRID 0: want 1 to 255")
	case len(p.Addresses) > 255:
		return fmt.Errorf("%d addresses: an advert carries at most 255", len(p.Addresses))
	case familyOf(src) != family:
		return fmt.Errorf("source %v is not of %v", src, family)
	}
	if err := p.checkInterval(); err != nil {
		return err
	}
	for _, a := range p.Addresses {
		if !a.IsValid() || familyOf(a) != family {
			return fmt.Errorf("address %v is not of %v", a, family)
		}
	}
	return nil
}

func (p *Packet) checkInterval() error {
	step, longest := centisecond, MaxInterval
	if p.Version == 2 {
		step, longest = time.Second, 255*time.Second
	}
	if p.Interval < step || p.Interval > longest || p.Interval%step != 0 {
		return fmt.Errorf("interval %v: version %d has %v to %v in steps of %v", p.Interval, p.Version, step, longest, step)
	}
	return nil
}

func familyOf(a netip.Addr) Family {
	if a.Is4() {
		return IPv4
	}
	return IPv6
}
