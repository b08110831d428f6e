package lab

import (
	"net"
	"slices"
	"sync"
	"time"

	"github.com/mdlayher/packet"
)

// Taped is a VRRP advert as it was on the wire, with its Ethernet header.
type Taped struct {
	At    time.Time
	Bytes []byte
}

// A Tape keeps every advert of a segment whole.
type Tape struct {
	done chan struct{}

	mu     sync.Mutex // guards frames
	frames []Taped
}

// Tape starts recording the segment.
func (s *Segment) Tape() *Tape {
	s.lab.t.Helper()
	t := &Tape{done: make(chan struct{})}
	var wire *tap
	err := s.ns.do(func() (err error) {
		wire, err = openTap(bridgeName)
		return err
	})
	if err != nil {
		s.lab.t.Fatalf("lab: tape on %s: %v", s.name, err)
	}
	go func() {
		defer close(t.done)
		wire.run(t.see)
	}()
	s.lab.t.Cleanup(func() {
		wire.close()
		<-t.done
	})
	return t
}

func (t *Tape) see(frame []byte, at time.Time) {
	const header4, header6 = ethernet + 20, ethernet + 40
	ipv4 := len(frame) > header4 && frame[12] == 0x08 && frame[13] == 0x00 && frame[ethernet+9] == protocolVRRP
	ipv6 := len(frame) > header6 && frame[12] == 0x86 && frame[13] == 0xdd && frame[ethernet+6] == protocolVRRP
	if !ipv4 && !ipv6 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.frames = append(t.frames, Taped{at, slices.Clone(frame)})
}

// From returns what a machine sent since a moment, in order.
func (t *Tape) From(mac net.HardwareAddr, since time.Time) []Taped {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(t.frames), func(f Taped) bool {
		return f.At.Before(since) || string(f.Bytes[6:12]) != string(mac)
	})
}

// A Player puts frames on the wire as they are, but for the hardware addresses.
type Player struct {
	host *Host
	mac  net.HardwareAddr
	conn *packet.Conn
}

// Player makes the host one that plays frames.
func (h *Host) Player() *Player {
	h.lab.t.Helper()
	p := &Player{host: h}
	h.must("player", h.Do(func() error {
		eth0, err := net.InterfaceByName("eth0")
		if err == nil {
			p.mac = eth0.HardwareAddr
			p.conn, err = packet.Listen(eth0, packet.Raw, 0, nil)
		}
		return err
	}))
	h.lab.t.Cleanup(func() { _ = p.conn.Close() })
	return p
}

// Play sends a frame to one machine. It takes any goroutine.
func (p *Player) Play(frame []byte, to net.HardwareAddr) error {
	frame = slices.Clone(frame)
	copy(frame, to)
	copy(frame[6:], p.mac)
	_, err := p.conn.WriteTo(frame, &packet.Addr{HardwareAddr: to})
	return err
}
