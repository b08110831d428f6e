package config

import (
	"fmt"
	"net/netip"

	"director/vrrp"
)

// addressing settles from where and to where adverts go.
func (b *builder) addressing(n *node, c *vrrp.Config) {
	c.Checksum = or(n, "v3_checksum_as_v2", or(b.global, "v3_checksum_as_v2", vrrp.ChecksumPseudoHeader))
	peers := n.all("unicast_peer")
	c.UnicastFaultNoPeer = or(n, "unicast_fault_no_peer", false)
	unicast := len(peers) > 0 || c.UnicastFaultNoPeer
	b.source(n, c, unicast)
	b.group(n, c, unicast)
	b.oldChecksum(n, c, unicast)
	c.CheckUnicastSource = b.inherited(n, "check_unicast_src")
	c.UnicastTTL = uint8(or(n, "unicast_ttl", int64(255)))
	if _, ok := get[int64](n, "unicast_ttl"); ok && len(peers) == 0 {
		b.warn(n.values["unicast_ttl"].name, "unicast_ttl has no effect here", "there is no unicast_peer")
	}
	b.peers(n, peers, c)
}

// oldChecksum settles the checksum of old keepalived versions.
func (b *builder) oldChecksum(n *node, c *vrrp.Config, unicast bool) {
	c.OldChecksum = or(n, "old_unicast_checksum", vrrp.OldChecksumLearn)
	if _, ok := get[vrrp.OldChecksum](n, "old_unicast_checksum"); ok && (!unicast || c.Version == 2 || c.Family == vrrp.IPv6) {
		b.warn(n.values["old_unicast_checksum"].name, "old_unicast_checksum has no effect here", "it is for version 3 over IPv4 with unicast_peer")
	}
}

// source settles the source address.
func (b *builder) source(n *node, c *vrrp.Config, unicast bool) {
	use, avoid, hint := "mcast_src_ip", "unicast_src_ip", "there is no unicast_peer: write mcast_src_ip"
	if unicast {
		use, avoid, hint = avoid, use, "with unicast_peer write unicast_src_ip"
	}
	if v, ok := n.values[avoid]; ok {
		b.fail(v.name, avoid+" does not fit here", "%s", hint)
	}
	c.Source = or(n, use, netip.Addr{})
	if c.Source.IsValid() && (c.Source.IsMulticast() || c.Source.IsUnspecified()) {
		b.fail(n.at(use), fmt.Sprintf("Invalid value for %q", use), "must be the address of a host")
	} else if c.Source.IsValid() && c.Family != 0 && familyOf(c.Source) != c.Family {
		b.fail(n.at(use), "Families differ", "the addresses of the instance are %s", c.Family)
	}
	c.TrackSource = or(n, "track_src_ip", false)
	if c.TrackSource && !n.has(use) {
		b.fail(n.values["track_src_ip"].name, "track_src_ip needs a source address", "write %s", use)
	}
}

// group settles the multicast group.
func (b *builder) group(n *node, c *vrrp.Config, unicast bool) {
	name := "vrrp_mcast_group4"
	if c.Family == vrrp.IPv6 {
		name = "vrrp_mcast_group6"
	}
	c.Group = or(n, "mcast_dst_ip", or(b.global, name, netip.Addr{}))
	if !n.has("mcast_dst_ip") || !c.Group.IsValid() {
		return
	}
	at := n.at("mcast_dst_ip")
	switch {
	case n.one("unicast_peer") != nil:
		b.clash(n.values["mcast_dst_ip"].name, "mcast_dst_ip and unicast_peer exclude each other", "",
			n.one("unicast_peer").header, "because of this")
	case unicast:
		b.clash(n.values["mcast_dst_ip"].name, "mcast_dst_ip and unicast_fault_no_peer exclude each other", "",
			n.values["unicast_fault_no_peer"].name, "because of this")
	case !c.Group.IsMulticast():
		b.fail(at, `Invalid value for "mcast_dst_ip"`, "needs a multicast address")
	case c.Family != 0 && familyOf(c.Group) != c.Family:
		b.fail(at, "Families differ", "the addresses of the instance are %s", c.Family)
	case c.Group.Is6() && !c.Group.IsLinkLocalMulticast():
		b.fail(at, `Invalid value for "mcast_dst_ip"`, "needs link-local scope: ff02::...")
	}
}

// peers settles the unicast peers without the node's own address.
func (b *builder) peers(n *node, nodes []*node, c *vrrp.Config) {
	seen := map[netip.Addr]*node{}
	for _, p := range nodes {
		a, f := readAddr(p.label)
		switch {
		case f != nil:
			b.fail(p.labelRange, "Invalid address of a unicast_peer", "%s", f.hint)
			continue
		case a.IsMulticast() || a.IsUnspecified():
			b.fail(p.labelRange, "Invalid address of a unicast_peer", "must be the address of a host")
			continue
		case c.Family != 0 && familyOf(a) != c.Family:
			b.fail(p.labelRange, "Families differ", "the addresses of the instance are %s", c.Family)
			continue
		case seen[a] != nil:
			b.clash(p.labelRange, "unicast_peer listed twice", "", seen[a].labelRange, "first here")
			continue
		}
		seen[a] = p
		low, high := or(p, "min_ttl", int64(0)), or(p, "max_ttl", int64(255))
		if low > high {
			b.fail(p.at("min_ttl"), "min_ttl is above max_ttl", "this drops every advert")
		}
		limited := p.has("min_ttl") || p.has("max_ttl")
		c.CheckUnicastSource = c.CheckUnicastSource || limited
		if a != c.Source {
			c.Peers = append(c.Peers, vrrp.Peer{Addr: a, MinTTL: uint8(low), MaxTTL: uint8(high), CheckTTL: limited})
		}
	}
	if len(seen) > 0 && len(c.Peers) == 0 && !c.UnicastFaultNoPeer {
		b.fail(nodes[0].labelRange, "No other unicast_peer", "this is the node's own address: name another, or write unicast_fault_no_peer = true")
	}
}
