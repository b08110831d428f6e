package config

import (
	"fmt"
	"net/netip"

	"director/internal/netif"
	"director/vrrp"
)

// firstPreference is the first place of rules that name none.
const firstPreference = 16384

// rules builds virtual_rules or static_rules.
func (b *builder) rules(nodes []*node) []netif.Rule {
	var out []netif.Rule
	for _, n := range nodes {
		out = append(out, b.rule(n))
	}
	return out
}

// rule builds one rule.
func (b *builder) rule(n *node) netif.Rule {
	r := netif.Rule{
		Family: b.ruleFamily(n), Not: or(n, "not", false), From: or(n, "from", netip.Prefix{}), To: or(n, "to", netip.Prefix{}),
		IIF: or(n, "iif", ""), OIF: or(n, "oif", ""), L3MDev: or(n, "l3mdev", false),
		TunnelID: uint64(or(n, "tunnel_id", int64(0))), IPProto: uint8(or(n, "ipproto", uint64(0))),
		Type: or(n, "type", ""), Goto: uint32(or(n, "goto", int64(0))),
		SuppressPrefixLength: int(or(n, "suppress_prefixlength", int64(-1))), SuppressIfGroup: -1,
		NoTrack: or(n, "no_track", false), Realms: b.realms(n), Protocol: b.origin(n),
	}
	tos, _ := b.number(n, "tos", "rt_dsfield")
	r.TOS = uint8(tos)
	if m, ok := get[mark](n, "fwmark"); ok {
		r.FWMark, r.FWMask, r.HasMark = m.value, m.mask, true
	}
	if s, ok := get[span32](n, "uidrange"); ok {
		r.UIDLow, r.UIDHigh, r.HasUID = s.low, s.high, true
	}
	if s, ok := get[span32](n, "sport"); ok {
		r.SPortLow, r.SPortHigh = uint16(s.low), uint16(s.high)
	}
	if s, ok := get[span32](n, "dport"); ok {
		r.DPortLow, r.DPortHigh = uint16(s.low), uint16(s.high)
	}
	if g, ok := b.number(n, "suppress_ifgroup", "group"); ok {
		r.SuppressIfGroup = int(g)
	}
	b.action(n, &r)
	b.order(n, &r)
	b.checkRule(n, r)
	return r
}

// ruleFamily is the family of a rule's prefixes; without one IPv4.
func (b *builder) ruleFamily(n *node) uint8 {
	from, hasFrom := get[netip.Prefix](n, "from")
	to, hasTo := get[netip.Prefix](n, "to")
	if hasFrom && hasTo && from.Addr().Is4() != to.Addr().Is4() {
		b.fail(n.at("to"), "Families differ", "from is %s", familyOf(from.Addr()))
	}
	if hasFrom && from.Addr().Is6() || hasTo && to.Addr().Is6() {
		return uint8(vrrp.IPv6)
	}
	return uint8(vrrp.IPv4)
}

// action settles what a rule does: one of table, goto, type and l3mdev.
func (b *builder) action(n *node, r *netif.Rule) {
	first := ""
	for _, name := range []string{"table", "goto", "type", "l3mdev"} {
		if !n.has(name) || name == "l3mdev" && !r.L3MDev {
			continue
		}
		if first != "" {
			b.clash(n.values[name].name, fmt.Sprintf("%s and %s exclude each other", name, first), "a rule does one thing",
				n.values[first].name, "because of this")
		}
		first = name
	}
	table, ok := b.number(n, "table", "rt_tables")
	if !ok && first == "" {
		table = builtinNames["rt_tables"]["main"]
	}
	r.Table = uint32(table)
}

// order settles the place of a rule. Those that name none come from
// firstPreference downwards.
func (b *builder) order(n *node, r *netif.Rule) {
	p, ok := get[int64](n, "preference")
	r.Preference = uint32(p)
	if !ok && !n.has("preference") && !n.misspelt("preference") {
		r.Preference = firstPreference - b.ordered[r.Family]
		b.ordered[r.Family]++
		b.warn(n.header, "The rule has no preference", "it gets %d, which changes with the number of such rules", r.Preference)
	}
	if r.Goto != 0 && r.Goto <= r.Preference {
		b.fail(n.at("goto"), "goto leads backwards", "must be above the preference, %d", r.Preference)
	}
}

// checkRule reports what a rule cannot have together.
func (b *builder) checkRule(n *node, r netif.Rule) {
	for _, name := range []string{"sport", "dport"} {
		if n.has(name) && !n.has("ipproto") && !n.misspelt("ipproto") {
			b.fail(n.values[name].name, fmt.Sprintf("%s needs a protocol", name), `write ipproto = "tcp"`)
		}
	}
	if r.Family == uint8(vrrp.IPv6) && n.has("realms") {
		b.fail(n.values["realms"].name, "realms is for IPv4 only", "the rule is IPv6")
	}
	looks := r.Table != 0 || r.L3MDev
	for _, name := range []string{"suppress_prefixlength", "suppress_ifgroup"} {
		if n.has(name) && !looks && (n.has("goto") || n.has("type")) {
			b.fail(n.values[name].name, fmt.Sprintf("%s does not fit here", name), "the rule looks up no table")
		}
	}
	if r.Family == uint8(vrrp.IPv4) && r.SuppressPrefixLength > 32 {
		b.fail(n.at("suppress_prefixlength"), `Invalid value for "suppress_prefixlength"`, "must be 0 to 32 for IPv4")
	}
}
