package lab

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Kind is what a frame is for.
type Kind string

// The kinds of frames.
const (
	// Advertises is a VRRP advert.
	Advertises Kind = "advert"
	// Announces is a gratuitous ARP or an unsolicited neighbour advertisement.
	Announces Kind = "announcement"
	// Answers is an ARP reply or a solicited neighbour advertisement.
	Answers Kind = "answer"
	// Asks is an ARP request.
	Asks Kind = "question"
	// Carries is anything else.
	Carries Kind = "packet"
)

// Frame is one that a host sent.
type Frame struct {
	At   time.Time
	MAC  net.HardwareAddr // its source
	To   net.HardwareAddr // its destination
	Kind Kind
	// Address is whose owner an announcement or an answer tells, the sender of
	// an advert or a packet, and in whose name is asked.
	Address netip.Addr
	// Priority is that of an advert.
	Priority uint8
}

// Outbox keeps what a host sends on its first segment, whatever MAC it uses.
type Outbox struct {
	tap  *tap
	done chan struct{}

	mu     sync.Mutex // guards frames
	frames []Frame
}

// Outbox starts listening at the host's cable.
func (h *Host) Outbox() *Outbox {
	h.lab.t.Helper()
	o := &Outbox{done: make(chan struct{})}
	cable := h.nics[0]
	h.must("outbox", cable.segment.ns.do(func() (err error) {
		if o.tap, err = openTap(cable.port.Attrs().Name); err != nil {
			return err
		}
		return o.tap.ignoreOutgoing()
	}))
	go func() {
		defer close(o.done)
		o.tap.run(o.see)
	}()
	h.lab.t.Cleanup(func() {
		o.tap.close()
		<-o.done
	})
	return o
}

// ignoreOutgoing leaves only what comes in at the interface of the tap.
func (t *tap) ignoreOutgoing() error {
	raw, err := t.file.SyscallConn()
	if err != nil {
		return err
	}
	var set error
	err = raw.Control(func(fd uintptr) {
		set = unix.SetsockoptInt(int(fd), unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1)
	})
	if err == nil {
		err = set
	}
	if err != nil {
		return fmt.Errorf("packet socket: %w", err)
	}
	return nil
}

func (o *Outbox) see(frame []byte, at time.Time) {
	if len(frame) < ethernet {
		return
	}
	f := Frame{At: at, MAC: slices.Clone(frame[6:12]), To: slices.Clone(frame[:6]), Kind: Carries}
	f.read(binary.BigEndian.Uint16(frame[12:]), frame[ethernet:])
	o.mu.Lock()
	defer o.mu.Unlock()
	o.frames = append(o.frames, f)
}

// read finds out what the frame is for.
func (f *Frame) read(protocol uint16, p []byte) {
	switch {
	case protocol == 0x0806 && len(p) >= 28:
		f.Address = netip.AddrFrom4([4]byte(p[14:18]))
		switch {
		case string(p[14:18]) == string(p[24:28]):
			f.Kind = Announces
		case p[7] == 2:
			f.Kind = Answers
		default:
			f.Kind = Asks
		}
	case protocol == 0x0800 && len(p) >= 20:
		f.Address = netip.AddrFrom4([4]byte(p[12:16]))
		f.readVRRP(p[9], p[min(len(p), int(p[0]&0x0f)*4):])
	case protocol == 0x86dd && len(p) >= 40:
		f.Address = netip.AddrFrom16([16]byte(p[8:24]))
		f.readVRRP(p[6], p[40:])
		if p[6] == protocolICMPv6 && len(p) >= 64 && p[40] == 136 {
			f.Kind, f.Address = Announces, netip.AddrFrom16([16]byte(p[48:64]))
			if p[44]&0x40 != 0 {
				f.Kind = Answers
			}
		}
	}
}

func (f *Frame) readVRRP(protocol byte, message []byte) {
	if protocol == protocolVRRP && len(message) >= 8 {
		f.Kind, f.Priority = Advertises, message[2]
	}
}

// Frames returns those sent since a moment that suit, in order.
func (o *Outbox) Frames(since time.Time, suits func(Frame) bool) []Frame {
	o.mu.Lock()
	defer o.mu.Unlock()
	var frames []Frame
	for _, f := range o.frames {
		if !f.At.Before(since) && suits(f) {
			frames = append(frames, f)
		}
	}
	return frames
}
