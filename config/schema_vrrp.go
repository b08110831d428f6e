package config

import "slices"

// instanceAttrs are the arguments of vrrp_instance.
var instanceAttrs = slices.Concat(electionAttrs, linkAttrs, notifyAttrs)

// electionAttrs are those about the election and the announcements.
var electionAttrs = []attr{
	{name: "interface", kind: ifname, doc: "Interface that carries the adverts. Only an instance with unicast_peer and unicast_src_ip can do without."},
	{name: "vrf", kind: ifname, doc: "VRF that holds the sockets of an instance without interface.", def: "none"},
	{name: "virtual_router_id", kind: integer(1, 255), required: true, doc: "VRID, unique per interface and address family."},
	{name: "state", kind: oneOf("MASTER", "BACKUP"), doc: "MASTER lets an address owner (priority 255) start as master. Below 255 it has no effect, but excludes nopreempt and preempt_delay.", def: `"MASTER" with priority 255, else "BACKUP"`},
	{name: "priority", kind: integer(1, 255), doc: "Who wins: the highest. 255 is the owner of the address.", def: `100, or 255 with state = "MASTER"`},
	{name: "version", kind: integer(2, 3), doc: "VRRP version. IPv6 needs 3.", def: "3"},
	{name: "advert_int", kind: seconds(0.01, 255), doc: "Interval between adverts. Version 3: 10ms to 40.95s in steps of 10ms. Version 2: whole seconds, 1 to 255.", def: "1"},
	{name: "down_timer_adverts", kind: integer(1, 100), doc: "Missed adverts before a backup takes over.", def: "3"},
	{name: "nopreempt", kind: boolean, doc: "Leave a living master of lower priority alone.", def: "false"},
	{name: "preempt_delay", kind: seconds(0, 1000), doc: "Leave a living master of lower priority alone for this long after it was first heard.", def: "0"},
	{name: "skip_check_adv_addr", kind: boolean, doc: "Compare the address list of adverts only when the master changes.", def: "false"},
	{name: "lower_prio_no_advert", kind: boolean, doc: "Do not answer adverts of lower priority.", def: "false"},
	{name: "higher_prio_send_advert", kind: boolean, doc: "Send one more advert before giving way to a higher priority.", def: "false"},
	{name: "owner_ignore_adverts", kind: boolean, doc: "An address owner drops all adverts.", def: "false; true with strict_mode"},
	{name: "timer_expired_backup", kind: orTrue(integer(1, 254)), doc: "A master that was late by so much that a router of this priority may have taken over goes to BACKUP before it advertises; true: 254. Needs nopreempt.", def: "false"},
	{name: "strict_mode", kind: boolean, doc: "Refuse what RFC 9568 does not have. Packets to the addresses are not accepted then, unless the instance is their owner.", def: "false"},
	{name: "accept", kind: boolean, doc: "Packets to the addresses are accepted; always so for an owner (priority 255).", def: "true; false with strict_mode"},
	{name: "no_virtual_ipaddress", kind: boolean, doc: "Allow an instance without virtual_ipaddress.", def: "false"},
	{name: "kernel_rx_buf_size", kind: integer(256, unlimited), doc: "Receive buffer of the socket in bytes.", def: "by vrrp_rx_bufs_policy"},
	{name: "unicast_fault_no_peer", kind: boolean, doc: "FAULT while there is no unicast_peer but the node itself.", def: "false"},
	{name: "old_unicast_checksum", kind: oldChecksumKind, doc: `Checksum of keepalived up to 1.3.6, version 3 over IPv4 unicast: true sends it, "never" does not accept it.`, def: "sent to who is heard to use it"},
	{name: "v3_checksum_as_v2", kind: checksumKind, doc: `Checksum of version 3 over IPv4: false with pseudo-header, true without, "either" accepts both and sends with.`, def: "false"},
	{name: "mcast_src_ip", kind: ipaddr, doc: "Source address of multicast adverts.", def: "first usable address of the interface"},
	{name: "mcast_dst_ip", kind: ipaddr, doc: "Multicast group.", def: `"224.0.0.18" or "ff02::12"`},
	{name: "unicast_src_ip", kind: ipaddr, doc: "Source address of unicast adverts.", def: "first usable address of the interface"},
	{name: "track_src_ip", kind: boolean, doc: "FAULT while the configured source address is not on the machine.", def: "false"},
	{name: "unicast_ttl", kind: integer(1, 255), doc: "TTL or hop limit of unicast adverts.", def: "255"},
	{name: "check_unicast_src", kind: boolean, doc: "Drop unicast adverts from addresses that are no peer.", def: "false; true with min_ttl or max_ttl"},
	{name: "dont_track_primary", kind: boolean, doc: "The own interface being down is no fault.", def: "false"},
	{name: "garp_master_delay", kind: seconds(0, 4294), doc: "Time from becoming master to the second burst of gratuitous ARP; 0: no second burst.", def: "5"},
	{name: "garp_master_repeat", kind: integer(0, unlimited), doc: "Announcements of each address per burst; 0 counts as 1.", def: "5"},
	{name: "garp_master_refresh", kind: seconds(0, unlimited), doc: "Period of further announcements while master; 0: none.", def: "0"},
	{name: "garp_master_refresh_repeat", kind: integer(0, unlimited), doc: "Announcements of each address at each refresh; 0 counts as 1.", def: "1"},
	{name: "garp_lower_prio_delay", kind: seconds(0, 4294), doc: "Time to the second burst after an advert of lower priority.", def: "garp_master_delay"},
	{name: "garp_lower_prio_repeat", kind: integer(0, unlimited), doc: "Announcements of each address after an advert of lower priority; 0: none.", def: "garp_master_repeat"},
	{name: "garp_extra_if", kind: seconds(0, 86400), doc: "Period of further announcements of addresses on virtual links; 0: none.", def: "0"},
	{name: "garp_extra_if_all", kind: boolean, doc: "Those announcements are for addresses on all interfaces but the instance's own.", def: "false"},
}

// instanceBlock is vrrp_instance.
var instanceBlock = &block{
	name: "vrrp_instance", label: "name", doc: "One virtual router: who holds its addresses is elected by VRRP.",
	attrs: instanceAttrs,
	blocks: slices.Concat([]*block{
		{
			name: "unicast_peer", label: "address", doc: "Sends adverts to this address instead of a multicast group. The node's own address is skipped.",
			attrs: []attr{
				{name: "min_ttl", kind: integer(0, 255), doc: "Least TTL of an advert from this peer.", def: "0"},
				{name: "max_ttl", kind: integer(0, 255), doc: "Greatest TTL of an advert from this peer.", def: "255"},
			},
		},
		{
			name: "authentication", once: true, doc: "Authentication of version 2 (RFC 2338). It protects against mistakes, not against attackers.",
			attrs: []attr{
				{name: "auth_type", kind: oneOf("PASS", "AH"), required: true, doc: "PASS: a password in clear text; AH: IPsec AH."},
				{name: "auth_pass", kind: text_, required: true, secret: true, doc: "Password of at most 8 bytes."},
			},
		},
		hmacBlock,
		addressBlock("virtual_ipaddress", "An address that the master holds and its adverts carry.", addressVMACAttr),
		addressBlock("virtual_ipaddress_excluded", "An address that the master holds and its adverts do not carry.", addressVMACAttr),
		routeBlock("virtual_routes", "A route that the master holds."),
		ruleBlock("virtual_rules", "A routing rule that the master holds."),
	}, linkBlocks, trackBlocks),
	other: map[string]string{
		"preempt":                   `write "nopreempt = true" where it is not wanted; preempting is the default`,
		"no_accept":                 `write "accept = false"`,
		"native_ipv6":               "left out, without effect: the family is that of the addresses",
		"debug":                     "left out, without effect",
		"linkbeat_use_polling":      "left out: link state comes from netlink",
		"lvs_sync_daemon_interface": `left out: see the block "lvs_sync_daemon"`,
		"netlink_notify_msg":        "left out, without effect: the kernel always tells of the interface",
		"vmac_garp_intvl":           `did you mean "garp_extra_if"?`,
		"vrid":                      `did you mean "virtual_router_id"?`,
		"garp_interval":             `it stands in "global" as "vrrp_garp_interval"`,
		"gna_interval":              `it stands in "global" as "vrrp_gna_interval"`,
		"vrrp_version":              `did you mean "version"?`,
		"mcast_group":               `did you mean "mcast_dst_ip"?`,
		"auth_type":                 `it stands in the block "authentication"`,
		"auth_pass":                 `it stands in the block "authentication"`,
		"vrrp_unicast_peer":         `did you mean "unicast_peer"?`,
		"virtual_server":            "it stands at the root",
	},
	later: []string{"smtp_alert"},
}

// addressVMACAttr is use_vmac of a virtual address.
var addressVMACAttr = attr{name: "use_vmac", kind: boolean, doc: "The address has the virtual MAC, on a macvlan over its interface.", def: "false; use_vmac of the instance is for its own interface"}

// addressBlock is virtual_ipaddress, virtual_ipaddress_excluded and
// static_ipaddress.
func addressBlock(name, doc string, more ...attr) *block {
	b := &block{
		name: name, label: "address", doc: doc, attrs: append(slices.Clone(addressAttrs), more...),
		other: map[string]string{
			"nodad":     `keepalived's "-nodad" performs the detection: write "dad = true"`,
			"broadcast": `did you mean "brd"?`,
		},
	}
	for name, hint := range map[string]string{
		"track_group": "it stands in static_ipaddress only", "use_vmac": "it stands in virtual addresses only",
	} {
		if !slices.ContainsFunc(more, func(a attr) bool { return a.name == name }) {
			b.other[name] = hint
		}
	}
	return b
}

// addressAttrs are the arguments that all addresses have.
var addressAttrs = []attr{
	{name: "dev", kind: ifname, doc: "Interface that holds the address.", def: "interface of the instance, or its virtual link; in static_ipaddress default_interface"},
	{name: "brd", kind: broadcastKind, doc: `IPv4 broadcast address; "+" all ones, "-" all zeros.`, def: "none"},
	{name: "scope", kind: scopeKind, doc: `IPv4 scope: "global", "site", "link", "host", "nowhere" or its number.`, def: `"global"`},
	{name: "label", kind: labelKind, doc: "IPv4 label, at most 15 bytes.", def: "name of the interface"},
	{name: "peer", kind: prefixKind, doc: "Other end of a point-to-point address.", def: "none"},
	{name: "dad", kind: boolean, doc: "Perform duplicate address detection of an IPv6 address.", def: "false"},
	{name: "preferred_lft", kind: lifetimeKind, doc: `Preferred lifetime of an IPv6 address: a duration or "forever". With 0 it is never chosen as a source.`, def: `0 for a /128, else "forever"`},
	{name: "no_track", kind: boolean, doc: "Its interface being down is no fault, and its deletion is not repaired.", def: "false"},
	{name: "home", kind: boolean, doc: "IPv6 kernel flag: a mobile home address.", def: "false"},
	{name: "mngtmpaddr", kind: boolean, doc: "IPv6 kernel flag: manage temporary addresses.", def: "false"},
	{name: "noprefixroute", kind: boolean, doc: "Kernel flag: make no route for the prefix.", def: "false"},
	{name: "autojoin", kind: boolean, doc: "Kernel flag: join the multicast group.", def: "false"},
}
