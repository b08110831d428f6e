package config

import (
	"fmt"
	"net/netip"
	"slices"

	"director/vrrp"
)

// share compares the instances with each other. Unicast ones may have the same
// interface, family and VRID as others when no peer is in two of them; then
// they are told apart by their peers.
func (b *builder) share(nodes []*node) {
	same := map[vrrp.Key][]int{}
	for i, n := range nodes {
		c := &b.cfg.Instances[i].VRRP
		key := c.Key()
		if key.VRID == 0 || key.Family == 0 || key.Interface == "" && n.has("interface") {
			continue
		}
		for _, other := range same[key] {
			first := &b.cfg.Instances[other].VRRP
			if apart(c, first) {
				continue
			}
			on := key.Interface
			if on == "" {
				on = "no interface"
			}
			b.clash(n.at("virtual_router_id"), "Virtual router defined twice",
				fmt.Sprintf("%s VRID %d on %s is already vrrp_instance %q", key.Family, key.VRID, on, first.Name),
				nodes[other].at("virtual_router_id"), "first here")
			break
		}
		same[key] = append(same[key], i)
	}
	for _, list := range same {
		if len(list) == 1 {
			continue
		}
		for _, i := range list {
			c := &b.cfg.Instances[i].VRRP
			if c.Unicast() {
				c.Share = slices.MinFunc(c.Peers, func(p, q vrrp.Peer) int { return p.Addr.Compare(q.Addr) }).Addr.String()
			}
		}
	}
}

// apart reports whether an advert can tell two instances of one VRID apart.
func apart(c, d *vrrp.Config) bool {
	if !c.Unicast() && !d.Unicast() || c.UnicastFaultNoPeer && !c.Unicast() || d.UnicastFaultNoPeer && !d.Unicast() {
		return false
	}
	peers := map[netip.Addr]bool{}
	for _, p := range c.Peers {
		peers[p.Addr] = true
	}
	return !slices.ContainsFunc(d.Peers, func(p vrrp.Peer) bool { return peers[p.Addr] })
}

// addressBytes is the length of an address in an advert.
func addressBytes(f vrrp.Family) int {
	if f == vrrp.IPv6 {
		return 16
	}
	return 4
}
