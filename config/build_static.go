package config

import (
	"fmt"

	"director/internal/netif"
)

// buildStatic builds what is there whatever the roles are.
func (b *builder) buildStatic() {
	s := &b.cfg.Static
	seen := map[netif.Key]*node{}
	for _, n := range b.root.all("static_ipaddress") {
		dev := or(n, "dev", or(b.global, "default_interface", defaultInterface))
		a, ok := b.readAddress(n, dev)
		if !ok {
			continue
		}
		b.tie(n, dev)
		if first := seen[a.Key]; first != nil {
			b.fail(n.labelRange, "static_ipaddress listed twice", "%s", already(n, first))
			continue
		}
		seen[a.Key] = n
		for _, o := range b.vips[a.Prefix.Addr()] {
			if o.key.Interface == a.Interface {
				b.clash(n.labelRange, "A static address is also a virtual one", fmt.Sprintf("of vrrp_instance %q", o.instance.label),
					o.node.labelRange, "here")
			}
		}
		s.Addresses = append(s.Addresses, a)
	}
	routes := b.root.all("static_routes")
	s.Routes = b.routes(routes, true)
	for _, n := range routes {
		b.tie(n, or(n, "dev", ""))
	}
	rules := b.root.all("static_rules")
	s.Rules = b.rules(rules)
	for _, n := range rules {
		b.tie(n, or(n, "iif", ""))
	}
}

// tie lets the instances of a static item's track_group track its interface.
func (b *builder) tie(n *node, dev string) {
	name, ok := get[string](n, "track_group")
	if !ok {
		return
	}
	need := "dev"
	if n.spec == staticRuleBlock {
		need = "iif"
	}
	if b.trackGroup[name] == nil {
		b.unknownName(n.at("track_group"), "track_group", name, sortedKeys(b.trackGroup))
	}
	switch {
	case dev == "" && !n.has(need):
		b.fail(n.values["track_group"].name, "track_group needs an interface", "write %s", need)
	case or(n, "no_track", false):
		b.clash(n.values["track_group"].name, "track_group and no_track exclude each other", "leave one of them out",
			n.values["no_track"].name, "because of this")
	case dev != "":
		for _, member := range b.members[name] {
			b.member(member).tracksInterface(dev)
		}
	}
}
