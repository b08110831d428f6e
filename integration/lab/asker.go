package lab

import (
	"bytes"
	"encoding/binary"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/vishvananda/netlink"
)

// Asker asks its segment who has an address, as one who does not know, and keeps
// who answered.
type Asker struct {
	host   *Host
	target netip.AddrPort
	tap    *tap
	done   chan struct{}

	mu      sync.Mutex // guards answers
	answers []Announcement
}

// Asker makes the host one that asks for a web server's address; nothing is
// asked yet.
func (h *Host) Asker(target netip.AddrPort) *Asker {
	h.lab.t.Helper()
	a := &Asker{host: h, target: target, done: make(chan struct{})}
	h.must("asker", h.Do(func() (err error) {
		a.tap, err = openTap("eth0")
		return err
	}))
	go func() {
		defer close(a.done)
		a.tap.run(a.see)
	}()
	h.lab.t.Cleanup(func() {
		a.tap.close()
		<-a.done
	})
	return a
}

// Ask forgets who had the address, asks by ARP or neighbour solicitation, and
// makes one attempt at the web server there.
func (a *Asker) Ask() Attempt {
	a.host.lab.t.Helper()
	link, err := a.host.ns.links.LinkByName("eth0")
	a.host.must("asker", err)
	// It may know nothing.
	_ = a.host.ns.links.NeighDel(&netlink.Neigh{LinkIndex: link.Attrs().Index, IP: a.target.Addr().AsSlice()})
	return a.host.Get(a.target)
}

// Answered returns the hardware addresses that said since a moment that they
// have the address, each once, in order of appearance.
func (a *Asker) Answered(since time.Time) []net.HardwareAddr {
	a.mu.Lock()
	defer a.mu.Unlock()
	var all []net.HardwareAddr
	for _, answer := range a.answers {
		known := slices.ContainsFunc(all, func(mac net.HardwareAddr) bool { return bytes.Equal(mac, answer.MAC) })
		if !known && !answer.At.Before(since) {
			all = append(all, answer.MAC)
		}
	}
	return all
}

// see keeps ARP replies and solicited neighbour advertisements; what is said
// unasked concerns a [Witness].
func (a *Asker) see(frame []byte, at time.Time) {
	if len(frame) < ethernet+28 {
		return
	}
	answer := Announcement{At: at, MAC: slices.Clone(frame[6:12])}
	p := frame[ethernet:]
	switch kind := binary.BigEndian.Uint16(frame[12:]); {
	case kind == 0x0806 && p[7] == 2 && !bytes.Equal(p[14:18], p[24:28]):
		answer.Address = netip.AddrFrom4([4]byte(p[14:18]))
	case kind == 0x86dd && len(p) >= 64 && p[6] == protocolICMPv6 && p[40] == 136 && p[44]&0x40 != 0:
		answer.Address = netip.AddrFrom16([16]byte(p[48:64]))
	default:
		return
	}
	if answer.Address == a.target.Addr() {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.answers = append(a.answers, answer)
	}
}
