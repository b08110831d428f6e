package lab

import (
	"fmt"
	"net"
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink"
)

const bridgeName = "br0"

// Segment is an Ethernet: a bridge in a namespace of its own. It floods
// multicast and learns addresses as a switch does.
type Segment struct {
	lab    *Lab
	name   string
	ns     *namespace
	bridge netlink.Link
	ports  int
}

// Segment makes a network segment.
func (l *Lab) Segment(name string) *Segment {
	l.t.Helper()
	s, err := l.newSegment(name)
	if err != nil {
		l.t.Fatalf("lab: segment %s: %v", name, err)
	}
	return s
}

func (l *Lab) newSegment(name string) (*Segment, error) {
	ns, err := newNamespace("lab-" + l.id + "-" + name)
	if err != nil {
		return nil, err
	}
	l.t.Cleanup(ns.remove)
	// With snooping VRRP multicast may not pass: nobody asks for it by IGMP.
	snooping := false
	bridge := &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: bridgeName}, MulticastSnooping: &snooping}
	if err := ns.sysctl("net.ipv6.conf.default.disable_ipv6", "1"); err != nil {
		return nil, err
	}
	if err := ns.links.LinkAdd(bridge); err != nil {
		return nil, fmt.Errorf("bridge: %w", err)
	}
	if err := ns.up(bridgeName); err != nil {
		return nil, fmt.Errorf("bridge: %w", err)
	}
	return &Segment{lab: l, name: name, ns: ns, bridge: bridge}, nil
}

// Socket is a place on a segment for a host, with the host's addresses there.
type Socket struct {
	segment   *Segment
	addresses []string
}

// At returns a place on the segment with addresses as "10.99.0.2/24".
func (s *Segment) At(addresses ...string) Socket { return Socket{s, addresses} }

// A nic is an interface of a host and the other end of its cable.
type nic struct {
	name    string
	segment *Segment
	port    netlink.Link // in the segment's namespace
	// addresses are those the host was made with.
	addresses []netip.Prefix
}

// plug makes the cable between the segment and a new interface of the host.
func (s *Segment) plug(h *namespace, name string) (*nic, error) {
	s.ports++
	s.lab.macs++
	mac := func(last byte) net.HardwareAddr { return net.HardwareAddr{2, 0, 0, 0, last, s.lab.macs} }
	veth := &netlink.Veth{
		LinkAttrs:     netlink.LinkAttrs{Name: fmt.Sprintf("p%d", s.ports), HardwareAddr: mac(1), MasterIndex: s.bridge.Attrs().Index},
		PeerName:      name,
		PeerNamespace: netlink.NsFd(h.file),
		// Known in advance: the order of hosts is the order of their
		// link-local addresses.
		PeerHardwareAddr: mac(0),
	}
	if err := s.ns.links.LinkAdd(veth); err != nil {
		return nil, fmt.Errorf("veth: %w", err)
	}
	if err := s.ns.up(veth.Name); err != nil {
		return nil, fmt.Errorf("port: %w", err)
	}
	port, err := s.ns.links.LinkByName(veth.Name)
	if err != nil {
		return nil, fmt.Errorf("port: %w", err)
	}
	return &nic{name: name, segment: s, port: port}, nil
}

// Cut takes the host off every segment. It notices nothing: its carrier stays.
func (h *Host) Cut() {
	h.lab.t.Helper()
	for _, n := range h.nics {
		h.must("cut", n.segment.ns.links.LinkSetNoMaster(n.port))
	}
}

// Connect undoes Cut.
func (h *Host) Connect() {
	h.lab.t.Helper()
	for _, n := range h.nics {
		h.must("connect", n.segment.ns.links.LinkSetMaster(n.port, n.segment.bridge))
	}
}

// Carrier pulls the host's cables out (false) or in, all or those of the named
// interfaces: the host does notice.
func (h *Host) Carrier(on bool, ifnames ...string) {
	h.lab.t.Helper()
	for _, n := range h.nics {
		if len(ifnames) > 0 && !slices.Contains(ifnames, n.name) {
			continue
		}
		set := n.segment.ns.links.LinkSetDown
		if on {
			set = n.segment.ns.links.LinkSetUp
		}
		h.must("carrier", set(n.port))
	}
}
