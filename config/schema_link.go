package config

// linkAttrs are the arguments of vrrp_instance about virtual links.
var linkAttrs = []attr{
	{name: "use_vmac_addr", kind: boolean, doc: "Addresses on other interfaces get a virtual MAC there.", def: "false"},
	{name: "vmac_xmit_base", kind: boolean, doc: "Adverts go through the interface below the virtual link.", def: "false; true with unicast_peer"},
	{name: "promote_secondaries", kind: boolean, doc: "Set the sysctl of that name while director runs: the kernel keeps the secondary addresses of an address that goes.", def: "false"},
}

// linkBlocks are use_vmac and use_ipvlan.
var linkBlocks = []*block{
	{
		name: "use_vmac", once: true, doc: "The addresses and the adverts have the virtual MAC address of RFC 9568, on a macvlan of their own.",
		attrs: []attr{
			{name: "name", kind: ifname, doc: "Name of the macvlan.", def: "vmac_prefix, a point and the VRID; where that is taken, with 4, 6 or a number after the prefix"},
			{name: "mac", kind: macKind, doc: "MAC address: six octets, or five that the VRID completes.", def: "00:00:5e:00:01:VRID, with IPv6 00:00:5e:00:02:VRID"},
			{name: "group", kind: ifgroupKind, doc: "Interface group, by number or by iproute2's name.", def: "that of the interface below"},
		},
		other: map[string]string{"netlink_notify_msg": "left out, without effect: the kernel always tells of the interface"},
	},
	{
		name: "use_ipvlan", once: true, doc: "The addresses are on an ipvlan of their own, with the MAC address of the interface below.",
		attrs: []attr{
			{name: "name", kind: ifname, doc: "Name of the ipvlan.", def: "vmac_prefix, a point and the VRID"},
			{name: "address", kind: prefixKind, doc: "Address from which adverts go. IPv4 needs it, unless they go through the interface below."},
			{name: "mode", kind: oneOf("bridge", "private", "vepa"), doc: "Mode of the ipvlan.", def: `"bridge"`},
			{name: "group", kind: ifgroupKind, doc: "Interface group, by number or by iproute2's name.", def: "that of the interface below"},
		},
	},
}

// announceGroupBlock is garp_group.
var announceGroupBlock = &block{
	name: "garp_group", doc: "Interfaces that share one gap between announcements.",
	attrs: []attr{
		{name: "interfaces", kind: listOf(ifname), required: true, doc: "The interfaces, each in one group only; of a virtual link the one below."},
		{name: "garp_interval", kind: seconds(0, 4294), doc: "Least gap between two gratuitous ARPs.", def: "vrrp_garp_interval"},
		{name: "gna_interval", kind: seconds(0, 4294), doc: "Least gap between two unsolicited neighbour advertisements.", def: "vrrp_gna_interval"},
	},
	other: map[string]string{"interface": `did you mean "interfaces"?`},
}

// delayBlock is interface_up_down_delays.
var delayBlock = &block{
	name: "interface_up_down_delays", label: "interface", doc: "Changes of an interface count only after a time.",
	attrs: []attr{
		{name: "down", kind: seconds(0, 255), required: true, doc: "Time for which it must be down. The instances on it bound it: their peers must not take over first."},
		{name: "up", kind: seconds(0, 255), doc: "Time for which it must be up.", def: "down"},
	},
}
