package lab

import (
	"encoding/binary"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Roll asks a segment all the time who has an IPv4 address, by ARP probes that
// nobody learns from, and keeps who says so. Each question is one of its own: more
// than one machine may answer.
type Roll struct {
	target netip.Addr
	tap    *tap
	end    chan struct{}
	open   sync.WaitGroup

	mu      sync.Mutex // guards answers
	answers []Announcement
}

// Roll starts asking from the host, every so often, until the test ends.
func (h *Host) Roll(target netip.Addr, every time.Duration) *Roll {
	h.lab.t.Helper()
	r := &Roll{target: target, end: make(chan struct{})}
	var mac net.HardwareAddr
	h.must("roll", h.Do(func() error {
		link, err := net.InterfaceByName("eth0")
		if err != nil {
			return err
		}
		mac = link.HardwareAddr
		r.tap, err = openTap("eth0")
		return err
	}))
	r.open.Go(func() { r.tap.run(r.see) })
	r.open.Go(func() { r.ask(probeFrame(mac, target), every) })
	h.lab.t.Cleanup(func() {
		close(r.end)
		r.tap.close()
		r.open.Wait()
	})
	return r
}

// probeFrame is an ARP request without a sender's address (RFC 5227).
func probeFrame(mac net.HardwareAddr, target netip.Addr) []byte {
	frame := slices.Concat([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, mac, []byte{0x08, 0x06, 0, 1, 0x08, 0, 6, 4, 0, 1}, mac, make([]byte, 10))
	return append(frame, target.AsSlice()...)
}

func (r *Roll) ask(frame []byte, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-r.end:
			return
		case <-tick.C:
		}
		// A question that does not leave is one less.
		_ = r.tap.send(frame)
	}
}

func (r *Roll) see(frame []byte, at time.Time) {
	if len(frame) < ethernet+28 || binary.BigEndian.Uint16(frame[12:]) != unix.ETH_P_ARP || frame[ethernet+7] != 2 ||
		netip.AddrFrom4([4]byte(frame[ethernet+14:])) != r.target {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answers = append(r.answers, Announcement{at, slices.Clone(frame[6:12]), r.target})
}

// Since returns the answers since a moment, in order.
func (r *Roll) Since(moment time.Time) []Announcement {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(r.answers), func(a Announcement) bool { return a.At.Before(moment) })
}
