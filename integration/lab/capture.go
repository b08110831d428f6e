package lab

import (
	"encoding/binary"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// Packet is an IP packet seen on a segment.
type Packet struct {
	At time.Time
	// MAC and ToMAC are those of its frame.
	MAC, ToMAC          net.HardwareAddr
	Source, Destination netip.Addr
	Protocol            uint8
	// TTL is the hop limit, Class the type of service or the traffic class.
	TTL, Class uint8
	// ID is the identification, of IPv4.
	ID uint16
	// Fragment holds flags and offset, of IPv4.
	Fragment uint16
	Payload  []byte
}

// The protocols of packets.
const (
	IGMP   = 2
	UDP    = protocolUDP
	ICMPv6 = protocolICMPv6
	VRRP   = protocolVRRP
)

// Capture keeps the IP packets of a segment that are of some protocols.
type Capture struct {
	tap       *tap
	protocols []uint8
	done      chan struct{}

	mu      sync.Mutex // guards packets
	packets []Packet
}

// Capture starts watching the segment for packets of some protocols.
func (s *Segment) Capture(protocols ...uint8) *Capture {
	s.lab.t.Helper()
	c := &Capture{protocols: protocols, done: make(chan struct{})}
	err := s.ns.do(func() (err error) {
		c.tap, err = openTap(bridgeName)
		return err
	})
	if err != nil {
		s.lab.t.Fatalf("lab: capture on %s: %v", s.name, err)
	}
	go func() {
		defer close(c.done)
		c.tap.run(c.see)
	}()
	s.lab.t.Cleanup(func() {
		c.tap.close()
		<-c.done
	})
	return c
}

func (c *Capture) see(frame []byte, at time.Time) {
	if len(frame) < ethernet+20 {
		return
	}
	p := Packet{At: at, MAC: slices.Clone(frame[6:12]), ToMAC: slices.Clone(frame[:6])}
	payload := slices.Clone(frame[ethernet:])
	switch binary.BigEndian.Uint16(frame[12:]) {
	case 0x0800:
		p.readIPv4(payload)
	case 0x86dd:
		p.readIPv6(payload)
	default:
		return
	}
	if !slices.Contains(c.protocols, p.Protocol) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.packets = append(c.packets, p)
}

func (p *Packet) readIPv4(b []byte) {
	p.Class, p.TTL, p.Protocol = b[1], b[8], b[9]
	p.ID, p.Fragment = binary.BigEndian.Uint16(b[4:]), binary.BigEndian.Uint16(b[6:])
	p.Source, p.Destination = netip.AddrFrom4([4]byte(b[12:16])), netip.AddrFrom4([4]byte(b[16:20]))
	end := min(len(b), int(binary.BigEndian.Uint16(b[2:])))
	p.Payload = b[min(end, int(b[0]&0x0f)*4):end]
}

func (p *Packet) readIPv6(b []byte) {
	if len(b) < 40 {
		return
	}
	p.Class, p.TTL, p.Protocol = b[0]<<4|b[1]>>4, b[7], b[6]
	p.Source, p.Destination = netip.AddrFrom16([16]byte(b[8:24])), netip.AddrFrom16([16]byte(b[24:40]))
	p.Payload = b[40:min(len(b), 40+int(binary.BigEndian.Uint16(b[4:])))]
	if p.Protocol == 0 && len(p.Payload) >= 8 { // hop-by-hop options: MLD has them
		p.Protocol = p.Payload[0]
		p.Payload = p.Payload[min(len(p.Payload), 8+8*int(p.Payload[1])):]
	}
}

// Packets returns those seen since a moment that suit, in order.
func (c *Capture) Packets(since time.Time, suits func(Packet) bool) []Packet {
	c.mu.Lock()
	defer c.mu.Unlock()
	var packets []Packet
	for _, p := range c.packets {
		if !p.At.Before(since) && suits(p) {
			packets = append(packets, p)
		}
	}
	return packets
}
