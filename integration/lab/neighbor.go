package lab

import (
	"bytes"
	"net"
	"net/netip"
	"slices"
	"sync"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Neighbors watches what a host knows of an address: each hardware address that
// its kernel had for it, in order, without repetitions in a row.
type Neighbors struct {
	host   *Host
	target netip.Addr
	end    chan struct{}
	done   chan struct{}

	mu   sync.Mutex // guards seen
	seen []net.HardwareAddr
}

// Neighbors starts watching the host's entry for an address.
func (h *Host) Neighbors(target netip.Addr) *Neighbors {
	h.lab.t.Helper()
	n := &Neighbors{host: h, target: target, end: make(chan struct{}), done: make(chan struct{})}
	updates := make(chan netlink.NeighUpdate)
	h.must("neighbours", netlink.NeighSubscribeWithOptions(updates, n.end, netlink.NeighSubscribeOptions{
		Namespace: &h.ns.file, ListExisting: true,
	}))
	go func() {
		defer close(n.done)
		for u := range updates {
			n.see(u)
		}
	}()
	h.lab.t.Cleanup(func() {
		close(n.end)
		<-n.done
	})
	return n
}

func (n *Neighbors) see(u netlink.NeighUpdate) {
	if u.Type != unix.RTM_NEWNEIGH || !u.IP.Equal(n.target.AsSlice()) || len(u.HardwareAddr) == 0 {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if last := len(n.seen) - 1; last < 0 || !bytes.Equal(n.seen[last], u.HardwareAddr) {
		n.seen = append(n.seen, u.HardwareAddr)
	}
}

// Seen returns the hardware addresses so far.
func (n *Neighbors) Seen() []net.HardwareAddr {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.seen)
}

// Forget takes the host's entries for the address away: it has to ask anew. What
// was seen stays.
func (n *Neighbors) Forget() {
	n.host.lab.t.Helper()
	for _, c := range n.host.nics {
		link, err := n.host.ns.links.LinkByName(c.name)
		n.host.must("neighbours", err)
		// It may know nothing.
		_ = n.host.ns.links.NeighDel(&netlink.Neigh{LinkIndex: link.Attrs().Index, IP: n.target.AsSlice()})
	}
}
