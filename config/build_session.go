package config

import (
	"net/netip"
	"time"

	"director/bfd"
)

// Bounds of a bfd_instance: the length of its name, and the interval beyond
// which the unit is suspicious.
const (
	maxSessionName = 31
	slowSession    = 10 * time.Second
)

// session builds one bfd_instance.
func (b *builder) session(n *node) {
	s := bfd.Config{
		Name: n.label, Neighbor: or(n, "neighbor_ip", netip.Addr{}), Source: or(n, "source_ip", netip.Addr{}),
		MinRx: or(n, "min_rx", 10*time.Millisecond), MinTx: or(n, "min_tx", 10*time.Millisecond), IdleTx: or(n, "idle_tx", time.Second),
		Multiplier: uint8(or(n, "multiplier", int64(5))), Passive: or(n, "passive", false), Multihop: or(n, "multihop", false),
	}
	if len(n.label) > maxSessionName {
		b.fail(n.labelRange, "Invalid name of a bfd_instance", "must have at most %d bytes, not %d", maxSessionName, len(n.label))
	}
	for _, name := range []string{"min_rx", "min_tx"} {
		if or(n, name, time.Duration(0)) > slowSession {
			b.warn(n.at(name), "The interval is very long for BFD", "a neighbour is gone after %d of them", s.Multiplier)
		}
	}
	b.hops(n, &s)
	if !s.Neighbor.IsValid() {
		return
	}
	if s.Neighbor.IsMulticast() || s.Neighbor.IsUnspecified() {
		b.fail(n.at("neighbor_ip"), `Invalid value for "neighbor_ip"`, "must be the address of a host")
	}
	if s.Source.IsValid() && s.Source.Is4() != s.Neighbor.Is4() {
		b.fail(n.at("source_ip"), "Families differ", "neighbor_ip is %s", familyOf(s.Neighbor))
	}
	if first := b.neighbors[s.Neighbor]; first != nil {
		b.clash(n.at("neighbor_ip"), "Two bfd_instances have the same neighbour", "", first.at("neighbor_ip"), "first here")
	} else {
		b.neighbors[s.Neighbor] = n
	}
	b.cfg.Sessions = append(b.cfg.Sessions, s)
}

// hops settles the TTL of packets, sent and received.
func (b *builder) hops(n *node, s *bfd.Config) {
	ttl := int64(255)
	if s.Neighbor.Is6() {
		ttl = 64
	}
	ttl = or(n, "ttl", ttl)
	hops := or(n, "max_hops", int64(0))
	switch {
	case hops == -1:
		hops = 255
	case hops != 255 && hops > ttl:
		b.fail(n.at("max_hops"), "max_hops is above ttl", "ttl is %d; 255 accepts every TTL", ttl)
	}
	s.TTL, s.MaxHops = uint8(ttl), uint8(hops)
}
