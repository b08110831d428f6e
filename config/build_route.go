package config

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"director/internal/netif"
)

// routeKey tells routes of one owner apart.
type routeKey struct {
	dest, from netip.Prefix
	table      uint32
	vrf        string
	metric     uint32
	tos        uint8
}

// routes builds virtual_routes or static_routes.
func (b *builder) routes(nodes []*node, static bool) []netif.Route {
	var out []netif.Route
	seen := map[routeKey]*node{}
	for _, n := range nodes {
		r, ok := b.route(n, static)
		if !ok {
			continue
		}
		key := routeKey{r.Dest, r.From, r.Table, r.VRF, r.Metric, r.TOS}
		if first := seen[key]; first != nil && r.Insert != "append" && r.Insert != "prepend" {
			b.fail(n.labelRange, fmt.Sprintf("%s listed twice", n.spec.name), `%s: give another table, metric or tos`, already(n, first))
			continue
		}
		seen[key] = n
		out = append(out, r)
	}
	return out
}

// route builds one route.
func (b *builder) route(n *node, static bool) (netif.Route, bool) {
	dest, ok := b.destination(n)
	if !ok {
		return netif.Route{}, false
	}
	r := netif.Route{
		Type: or(n, "type", ""), Dest: dest,
		From: or(n, "from", netip.Prefix{}), Via: or(n, "via", netip.Addr{}), Dev: or(n, "dev", ""),
		Src: or(n, "src", netip.Addr{}), VRF: or(n, "vrf", ""), Metric: uint32(or(n, "metric", int64(0))),
		OnLink: or(n, "onlink", false), Pref: or(n, "pref", ""), TTLPropagate: or(n, "ttl_propagate", ""),
		Expires: or(n, "expires", time.Duration(0)), Insert: or(n, "insert", ""), NoTrack: or(n, "no_track", false),
		Metrics: b.metrics(n), Encap: b.encap(n),
	}
	table, _ := b.number(n, "table", "rt_tables")
	scope, hasScope := b.number(n, "scope", "rt_scopes")
	tos, _ := b.number(n, "tos", "rt_dsfield")
	if table == builtinNames["rt_tables"]["main"] {
		table = 0
	}
	r.Table, r.Scope, r.HasScope, r.TOS = uint32(table), netif.Scope(scope), hasScope, uint8(tos)
	r.Protocol = b.origin(n)
	r.Realms = b.realms(n)
	for _, h := range n.all("nexthop") {
		r.NextHops = append(r.NextHops, b.nexthop(h, dest))
	}
	if static && r.Dev == "" && !r.Via.IsValid() && leads(r.Type) && len(r.NextHops) == 0 {
		r.Dev = or(b.global, "default_interface", defaultInterface)
	}
	b.checkRoute(n, r)
	return r, true
}

// defaultInterface is keepalived's default_interface.
const defaultInterface = "eth0"

// leads reports whether routes of a type lead to somewhere.
func leads(kind string) bool {
	return !slices.Contains([]string{"blackhole", "unreachable", "prohibit", "throw"}, kind)
}

// destination reads the label of a route.
func (b *builder) destination(n *node) (netip.Prefix, bool) {
	if n.label != "default" {
		p, f := readNetwork(n.label)
		if f != nil {
			b.fail(n.labelRange, fmt.Sprintf("Invalid destination of %s", n.spec.name), "%s", f.hint)
		}
		return p, f == nil
	}
	six := netip.PrefixFrom(netip.IPv6Unspecified(), 0)
	for _, k := range append([]*node{n}, n.all("nexthop")...) {
		for _, name := range []string{"src", "via"} {
			if a, ok := get[netip.Addr](k, name); ok && a.Is6() {
				return six, true
			} else if ok && name == "src" {
				return netip.PrefixFrom(netip.IPv4Unspecified(), 0), true
			}
		}
	}
	if p, ok := get[netip.Prefix](n, "from"); ok && p.Addr().Is6() {
		return six, true
	}
	return netip.PrefixFrom(netip.IPv4Unspecified(), 0), true
}

// origin reads protocol: only what is not tracked may have another than ours.
func (b *builder) origin(n *node) uint8 {
	p, ok := b.number(n, "protocol", "rt_protos")
	if ok && !or(n, "no_track", false) {
		b.fail(n.values["protocol"].name, "protocol does not fit here", "director knows its own by it: it needs no_track = true")
	}
	return uint8(p)
}

// realms reads realms as from<<16 | to.
func (b *builder) realms(n *node) uint32 {
	r, ok := get[realms](n, "realms")
	if !ok {
		return 0
	}
	from, _ := b.resolve(n, "realms", "rt_realms", r.from)
	to, _ := b.resolve(n, "realms", "rt_realms", r.to)
	return uint32(from)<<16 | uint32(to)
}

// nexthop builds one hop.
func (b *builder) nexthop(h *node, dest netip.Prefix) netif.NextHop {
	hop := netif.NextHop{
		Via: or(h, "via", netip.Addr{}), Dev: or(h, "dev", ""), Weight: int(or(h, "weight", int64(1))),
		OnLink: or(h, "onlink", false), Realms: b.realms(h), Encap: b.encap(h),
	}
	if !h.has("via") && !h.has("dev") && !h.misspelt("via") && !h.misspelt("dev") {
		b.fail(h.header, "A nexthop leads nowhere", "needs via or dev")
	}
	b.viaFamily(h, hop.Via, dest)
	if hop.OnLink && hop.Dev == "" {
		b.fail(h.values["onlink"].name, "onlink needs an interface", "write dev")
	}
	return hop
}

// viaFamily reports an IPv4 hop of an IPv6 route.
func (b *builder) viaFamily(n *node, via netip.Addr, dest netip.Prefix) {
	if via.IsValid() && via.Is4() && dest.Addr().Is6() {
		b.fail(n.at("via"), "Families differ", "a route of IPv6 has no next hop of IPv4")
	}
	if via.IsValid() && (via.IsMulticast() || via.IsUnspecified()) {
		b.fail(n.at("via"), `Invalid value for "via"`, "must be the address of a host")
	}
}

// checkRoute reports what a route cannot have together.
func (b *builder) checkRoute(n *node, r netif.Route) {
	given := func(name string) bool { return n.has(name) }
	hop := n.one("nexthop")
	for _, name := range []string{"via", "dev", "onlink"} {
		v := n.values[name]
		switch {
		case !given(name):
		case hop != nil:
			b.clash(v.name, fmt.Sprintf("%s and nexthop exclude each other", name), "write it in the nexthop", hop.header, "because of this")
		case !leads(r.Type) && name != "dev":
			b.fail(v.name, fmt.Sprintf("%s does not fit here", name), "a route of type %s leads nowhere", r.Type)
		}
	}
	if !leads(r.Type) && hop != nil {
		b.fail(hop.header, "nexthop does not fit here", "a route of type %s leads nowhere", r.Type)
	}
	if leads(r.Type) && r.Dev == "" && !r.Via.IsValid() && hop == nil && !given("via") && !given("dev") &&
		!n.misspelt("via") && !n.misspelt("dev") && !n.misspelt("nexthop") && !n.misspelt("type") && !given("type") && !n.partial {
		b.fail(n.header, "Nothing says where the route leads", `write via, dev, nexthop, or type = "blackhole"`)
	}
	if r.OnLink && hop == nil && r.Dev == "" {
		b.fail(n.values["onlink"].name, "onlink needs an interface", "write dev")
	}
	if given("table") && given("vrf") {
		b.clash(n.values["vrf"].name, "vrf and table exclude each other", "a VRF has its own table", n.values["table"].name, "because of this")
	}
	b.viaFamily(n, r.Via, r.Dest)
	if r.Src.IsValid() && r.Src.Is4() != r.Dest.Addr().Is4() {
		b.fail(n.at("src"), "Families differ", "the destination is %s", familyOf(r.Dest.Addr()))
	}
	names, only := []string{"from", "pref", "expires"}, "IPv6"
	if r.Dest.Addr().Is6() {
		names, only = []string{"scope", "realms", "tos"}, "IPv4"
	}
	for _, name := range names {
		if given(name) {
			b.fail(n.values[name].name, fmt.Sprintf("%s is for %s only", name, only), "%s is %s", r.Dest, familyOf(r.Dest.Addr()))
		}
	}
	if r.From.IsValid() && r.From.Addr().Is4() && r.Dest.Addr().Is6() {
		b.fail(n.at("from"), "Families differ", "the destination is IPv6")
	}
}
