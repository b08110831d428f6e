package config

import "slices"

// trackGroupAttr ties a static item to instances.
var trackGroupAttr = attr{name: "track_group", kind: nameKind, doc: "Group of instances that track the interface of this item."}

// routeBlock is virtual_routes and, with more, static_routes.
func routeBlock(name, doc string, more ...attr) *block {
	return &block{
		name: name, label: "destination", doc: doc,
		attrs:  slices.Concat(routeAttrs, metricAttrs, more),
		blocks: []*block{nexthopBlock, encapBlock},
		other: map[string]string{
			"gw": `did you mean "via"?`, "oif": `did you mean "dev"?`,
			"priority": `did you mean "metric"?`, "preference": `did you mean "metric"?`,
			"dsfield": `did you mean "tos"?`, "or": `write a block "nexthop" for each hop`,
			"inet6": `write the address alone: via = "fe80::1"`, "add": `write insert = "add"`,
			"prepend": `write insert = "prepend"`, "append": `write insert = "append"`,
			"ttl-propagate": `did you mean "ttl_propagate"?`, "weight": `it stands in a block "nexthop"`,
			"blackhole": `write type = "blackhole"`, "unreachable": `write type = "unreachable"`,
			"prohibit": `write type = "prohibit"`, "throw": `write type = "throw"`,
			"gateway": `did you mean "via"?`, "device": `did you mean "dev"?`,
		},
	}
}

// routeAttrs say where a route leads and where it stands.
var routeAttrs = []attr{
	{name: "type", kind: oneOf("unicast", "local", "broadcast", "multicast", "anycast", "blackhole", "unreachable", "prohibit", "throw"), doc: "Kind of route.", def: `"unicast"`},
	{name: "via", kind: ipaddr, doc: "Next hop; also one of IPv6 for a route of IPv4."},
	{name: "dev", kind: ifname, doc: "Interface.", def: "the one that reaches via; in static_routes without via default_interface"},
	{name: "src", kind: ipaddr, doc: "Preferred source address."},
	{name: "from", kind: networkKind, doc: "Only packets from this prefix; IPv6."},
	{name: "table", kind: tableKind, doc: "Routing table, by number or by iproute2's name.", def: "main"},
	{name: "vrf", kind: ifname, doc: "VRF whose table is used, in place of table."},
	{name: "metric", kind: integer(0, 1<<32-1), doc: "Preference among equal routes; the lowest wins.", def: "0, with IPv6 1024"},
	{name: "scope", kind: routeScopeKind, doc: "Scope, by number or by iproute2's name; IPv4.", def: "the kernel's choice"},
	{name: "protocol", kind: octetKind, doc: "Origin, by number or by iproute2's name. Only with no_track, as director knows its routes by it.", def: "76, director's mark"},
	{name: "tos", kind: octetKind, doc: "Type of service that the route is for.", def: "0"},
	{name: "realms", kind: realmsKind, doc: `Realms: "from/to" or "to", by number or by iproute2's name; IPv4.`},
	{name: "onlink", kind: boolean, doc: "The next hop is on the interface, whatever its addresses say.", def: "false"},
	{name: "pref", kind: oneOf("low", "medium", "high"), doc: "Preference of a router (RFC 4191); IPv6.", def: `"medium"`},
	{name: "ttl_propagate", kind: oneOf("enabled", "disabled"), doc: "MPLS: carry the TTL into the labels.", def: "the kernel's choice"},
	{name: "expires", kind: wholeSeconds(1, unlimited), doc: "Life of the route; IPv6."},
	{name: "insert", kind: oneOf("add", "prepend", "append"), doc: "Where it goes among routes that differ in their next hop only.", def: `"prepend"`},
	{name: "no_track", kind: boolean, doc: "Its interface being down is no fault, and its deletion is not repaired.", def: "false"},
}

// metricAttrs are the kernel's metrics of a route.
var metricAttrs = []attr{
	{name: "mtu", kind: integer(1, 1<<32-1), doc: "MTU in bytes."},
	{name: "advmss", kind: integer(1, 1<<32-1), doc: "MSS announced to TCP peers, in bytes."},
	{name: "rtt", kind: textSeconds(0.001, 268435), doc: "Estimate of the round trip time."},
	{name: "rttvar", kind: textSeconds(0.001, 536870), doc: "Estimate of its variation."},
	{name: "rto_min", kind: textSeconds(0.001, 4294967), doc: "Least time to the first retransmission of TCP."},
	{name: "reordering", kind: integer(1, 1<<32-1), doc: "Reordering that TCP takes for no loss, in packets."},
	{name: "window", kind: integer(1, 1<<32-1), doc: "Greatest window of TCP, in bytes."},
	{name: "cwnd", kind: integer(1, 1<<32-1), doc: "Bound of the congestion window; needs its lock."},
	{name: "ssthresh", kind: integer(1, 1<<32-1), doc: "First slow start threshold."},
	{name: "initcwnd", kind: integer(1, 1<<32-1), doc: "First congestion window, in packets."},
	{name: "initrwnd", kind: integer(1, 1<<32-1), doc: "First receive window, in packets."},
	{name: "hoplimit", kind: integer(1, 255), doc: "TTL or hop limit of packets on this route."},
	{name: "quickack", kind: boolean, doc: "TCP acknowledges at once.", def: "false"},
	{name: "fastopen_no_cookie", kind: boolean, doc: "TCP Fast Open without cookie.", def: "false"},
	{name: "features", kind: listOf(oneOf("ecn")), doc: "TCP features."},
	{name: "congctl", kind: word("the name of a congestion control, at most 15 bytes", 15, "/"), doc: "Congestion control of TCP."},
	{name: "lock", kind: listOf(oneOf("mtu", "advmss", "rtt", "rttvar", "rto_min", "reordering", "window", "cwnd", "ssthresh", "hoplimit", "congctl")), doc: "Metrics that the kernel must not change; each must be given."},
}

// nexthopBlock is one hop of a multipath route.
var nexthopBlock = &block{
	name: "nexthop", doc: "One hop of a route over several. It counts as lost when the interfaces of all are down.",
	attrs: []attr{
		{name: "via", kind: ipaddr, doc: "Next hop."},
		{name: "dev", kind: ifname, doc: "Interface.", def: "the one that reaches via"},
		{name: "weight", kind: integer(1, 256), doc: "Share of the traffic.", def: "1"},
		{name: "onlink", kind: boolean, doc: "The next hop is on the interface, whatever its addresses say.", def: "false"},
		{name: "realms", kind: realmsKind, doc: "Realms of this hop; IPv4."},
	},
	blocks: []*block{encapBlock},
	other:  map[string]string{"gw": `did you mean "via"?`, "oif": `did you mean "dev"?`},
}

// encapBlock is a lightweight tunnel.
var encapBlock = &block{
	name: "encap", label: "kind", once: true, doc: `Packets on this route go through a tunnel: "ip", "ip6", "mpls" or "ila".`,
	attrs: []attr{
		{name: "id", kind: integer(0, 1<<62), doc: "ip and ip6: tunnel ID.", def: "0"},
		{name: "src", kind: ipaddr, doc: "ip and ip6: outer source address.", def: "that of the tunnel"},
		{name: "dst", kind: ipaddr, doc: "ip and ip6: outer destination address."},
		{name: "tos", kind: octetKind, doc: "ip: outer type of service.", def: "0"},
		{name: "ttl", kind: integer(0, 255), doc: "ip: outer TTL.", def: "0"},
		{name: "tc", kind: octetKind, doc: "ip6: outer traffic class.", def: "0"},
		{name: "hoplimit", kind: integer(0, 255), doc: "ip6: outer hop limit.", def: "0"},
		{name: "labels", kind: listOf(integer(0, 1<<20-1)), doc: "mpls: labels, the outermost first."},
		{name: "locator", kind: locatorKind, doc: `ila: locator, such as "1:2:3:4".`},
	},
}

// ruleBlock is virtual_rules and, with more, static_rules.
func ruleBlock(name, doc string, more ...attr) *block {
	return &block{
		name: name, doc: doc,
		attrs: slices.Concat(ruleAttrs, more),
		other: map[string]string{
			"dev": `did you mean "iif"?`, "lookup": `did you mean "table"?`, "order": `did you mean "preference"?`,
			"priority": `did you mean "preference"?`, "dsfield": `did you mean "tos"?`, "ip_proto": `did you mean "ipproto"?`,
			"nop": `write type = "nop"`, "blackhole": `write type = "blackhole"`, "unreachable": `write type = "unreachable"`,
			"prohibit": `write type = "prohibit"`, "inet6": `write from = "::/0" where all of IPv6 is meant`,
			"fwmask": `write it in fwmark: "0x1/0xff"`, "pref": `did you mean "preference"?`,
		},
	}
}

// ruleAttrs are the selectors and actions of a rule.
var ruleAttrs = []attr{
	{name: "from", kind: networkKind, doc: `Source prefix; "0.0.0.0/0" or "::/0" for all of a family.`, def: "all; the family is IPv4 where no prefix tells"},
	{name: "to", kind: networkKind, doc: "Destination prefix.", def: "all"},
	{name: "not", kind: boolean, doc: "The rule is for all packets but these.", def: "false"},
	{name: "tos", kind: octetKind, doc: "Type of service.", def: "any"},
	{name: "fwmark", kind: markKind, doc: `Firewall mark: 1 or, with a mask, "0x1/0xff".`, def: "any"},
	{name: "iif", kind: ifname, doc: "Interface that packets come from.", def: "any"},
	{name: "oif", kind: ifname, doc: "Interface that a socket is bound to.", def: "any"},
	{name: "uidrange", kind: rangeKind("user IDs", 1<<32-2), doc: `User IDs of local sockets: 1000 or "1000-1999".`, def: "any"},
	{name: "l3mdev", kind: boolean, doc: "The table of the VRF that a packet belongs to.", def: "false"},
	{name: "tunnel_id", kind: integer(1, 1<<62), doc: "Tunnel ID.", def: "any"},
	{name: "ipproto", kind: protoKind, doc: `Protocol, by number or name: "tcp", "udp", "icmp" ...`, def: "any"},
	{name: "sport", kind: rangeKind("ports", 65535), doc: `Source port: 80 or "80-90".`, def: "any"},
	{name: "dport", kind: rangeKind("ports", 65535), doc: `Destination port: 80 or "80-90".`, def: "any"},
	{name: "table", kind: tableKind, doc: "Routing table that is looked up, by number or by iproute2's name. One of table, goto, type and l3mdev.", def: "main"},
	{name: "goto", kind: integer(1, 1<<32-1), doc: "Preference of the rule to go on with, higher than this one's."},
	{name: "type", kind: oneOf("nop", "blackhole", "unreachable", "prohibit"), doc: "What becomes of the packets."},
	{name: "preference", kind: integer(0, 1<<32-1), doc: "Place among the rules; the lowest is first.", def: "from 16384 downwards, with a warning"},
	{name: "realms", kind: realmsKind, doc: "Realms; IPv4."},
	{name: "suppress_prefixlength", kind: integer(0, 128), doc: "Ignore routes of this prefix length or a shorter one.", def: "none"},
	{name: "suppress_ifgroup", kind: ifgroupKind, doc: "Ignore routes over interfaces of this group.", def: "none"},
	{name: "protocol", kind: octetKind, doc: "Origin, by number or by iproute2's name. Only with no_track, as director knows its rules by it.", def: "76, director's mark"},
	{name: "no_track", kind: boolean, doc: "Its interface being down is no fault, and its deletion is not repaired.", def: "false"},
}

// staticAddressBlock, staticRouteBlock and staticRuleBlock are what is there
// whatever the roles are.
var (
	staticAddressBlock = addressBlock("static_ipaddress", "An address that is there whatever the roles are.", trackGroupAttr)
	staticRouteBlock   = routeBlock("static_routes", "A route that is there whatever the roles are.", trackGroupAttr)
	staticRuleBlock    = ruleBlock("static_rules", "A routing rule that is there whatever the roles are.", trackGroupAttr)
)
