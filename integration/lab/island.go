package lab

import (
	"github.com/vishvananda/netlink"
)

// Beside makes another Ethernet in the same place: hosts can be moved from one
// to the other without noticing, as when a switch fails between others.
func (s *Segment) Beside(name string) *Segment {
	s.lab.t.Helper()
	snooping := false
	bridge := &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: name}, MulticastSnooping: &snooping}
	err := s.ns.links.LinkAdd(bridge)
	if err == nil {
		err = s.ns.up(name)
	}
	if err != nil {
		s.lab.t.Fatalf("lab: segment %s: %v", name, err)
	}
	return &Segment{lab: s.lab, name: name, ns: s.ns, bridge: bridge}
}

// Move puts the host's first cable into a segment beside the one it was made
// for. It notices nothing: its carrier stays.
func (h *Host) Move(to *Segment) {
	h.lab.t.Helper()
	cable := h.nics[0]
	h.lab.Expect(cable.segment.ns == to.ns, "%s is not beside %s", to.name, cable.segment.name)
	h.must("move", to.ns.links.LinkSetMaster(cable.port, to.bridge))
}
