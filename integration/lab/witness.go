package lab

import (
	"encoding/binary"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// Advert is a VRRP advert seen on a segment.
type Advert struct {
	At                      time.Time
	MAC                     net.HardwareAddr
	Source, Destination     netip.Addr
	Version, VRID, Priority uint8
}

// Announcement is a gratuitous ARP or an unsolicited neighbour advertisement.
type Announcement struct {
	At      time.Time
	MAC     net.HardwareAddr
	Address netip.Addr
}

// Witness sees every frame of a segment and keeps what concerns failover. It
// knows nothing of the code under test: it reads the bytes itself.
type Witness struct {
	tap  *tap
	done chan struct{}

	mu            sync.Mutex // guards what follows
	adverts       []Advert
	announcements []Announcement
	heartbeats    []Heartbeat
}

// Witness starts watching the segment.
func (s *Segment) Witness() *Witness {
	s.lab.t.Helper()
	w := &Witness{done: make(chan struct{})}
	err := s.ns.do(func() (err error) {
		w.tap, err = openTap(s.bridge.Attrs().Name)
		return err
	})
	if err != nil {
		s.lab.t.Fatalf("lab: witness on %s: %v", s.name, err)
	}
	go func() {
		defer close(w.done)
		w.tap.run(w.see)
	}()
	s.lab.t.Cleanup(func() {
		w.tap.close()
		<-w.done
	})
	return w
}

// ethernet is the length of the header.
const ethernet = 14

func (w *Witness) see(frame []byte, at time.Time) {
	if len(frame) < ethernet {
		return
	}
	mac := net.HardwareAddr(slices.Clone(frame[6:12]))
	payload := frame[ethernet:]
	switch binary.BigEndian.Uint16(frame[12:]) {
	case 0x0800:
		w.seeIPv4(payload, mac, at)
	case 0x86dd:
		w.seeIPv6(payload, mac, at)
	case 0x0806: // to everybody, sender and target address are the same
		// A kernel answers the announcement of an address that it has itself,
		// as it would any request: to the sender alone.
		if everybody := frame[0]&1 == 1; everybody && len(payload) >= 28 && string(payload[14:18]) == string(payload[24:28]) {
			w.announced(Announcement{at, mac, netip.AddrFrom4([4]byte(payload[14:18]))})
		}
	}
}

const protocolVRRP, protocolICMPv6, protocolUDP = 112, 58, 17

func (w *Witness) seeIPv4(p []byte, mac net.HardwareAddr, at time.Time) {
	if len(p) < 20 || p[9] != protocolVRRP && p[9] != protocolUDP {
		return
	}
	header := int(p[0]&0x0f) * 4
	if len(p) < header+8 {
		return
	}
	if p[9] == protocolUDP {
		w.seeBFD(p[header:], netip.AddrFrom4([4]byte(p[12:16])), at)
		return
	}
	w.advertised(p[header:], Advert{At: at, MAC: mac,
		Source: netip.AddrFrom4([4]byte(p[12:16])), Destination: netip.AddrFrom4([4]byte(p[16:20]))})
}

func (w *Witness) seeIPv6(p []byte, mac net.HardwareAddr, at time.Time) {
	if len(p) < 48 {
		return
	}
	switch p[6] {
	case protocolVRRP:
		w.advertised(p[40:], Advert{At: at, MAC: mac,
			Source: netip.AddrFrom16([16]byte(p[8:24])), Destination: netip.AddrFrom16([16]byte(p[24:40]))})
	case protocolICMPv6: // neighbour advertisement without the solicited flag
		if p[40] == 136 && p[44]&0x40 == 0 && len(p) >= 64 {
			w.announced(Announcement{at, mac, netip.AddrFrom16([16]byte(p[48:64]))})
		}
	}
}

func (w *Witness) advertised(message []byte, a Advert) {
	a.Version, a.VRID, a.Priority = message[0]>>4, message[1], message[2]
	w.mu.Lock()
	defer w.mu.Unlock()
	w.adverts = append(w.adverts, a)
}

func (w *Witness) announced(a Announcement) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.announcements = append(w.announcements, a)
}

// Adverts returns the adverts seen since a moment, in order.
func (w *Witness) Adverts(since time.Time) []Advert {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(w.adverts), func(a Advert) bool { return a.At.Before(since) })
}

// Announcements returns those seen since a moment, in order.
func (w *Witness) Announcements(since time.Time) []Announcement {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(w.announcements), func(a Announcement) bool { return a.At.Before(since) })
}

// Masters returns who has advertised, with another priority than 0, since a
// moment, each once, in order of appearance.
func (w *Witness) Masters(since time.Time) []netip.Addr {
	var masters []netip.Addr
	for _, a := range w.Adverts(since) {
		if a.Priority > 0 && !slices.Contains(masters, a.Source) {
			masters = append(masters, a.Source)
		}
	}
	return masters
}

// FirstFrom returns the first advert of a router since a moment.
func (w *Witness) FirstFrom(source netip.Addr, since time.Time) (Advert, bool) {
	for _, a := range w.Adverts(since) {
		if a.Source == source && a.Priority > 0 {
			return a, true
		}
	}
	return Advert{}, false
}
