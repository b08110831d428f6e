package config

import (
	"slices"

	"director/ipvs"
)

// serverDefaults are the arguments that virtual_server and real_server share:
// in the first they are defaults for the second.
var serverDefaults = append([]attr{
	{name: "weight", kind: integer(0, 65535), doc: "Share of the connections; 0 takes no new ones.", def: "1"},
	{name: "lb_kind", kind: oneOf("NAT", "DR", "TUN"), doc: "Forwarding method.", def: `"NAT"`},
	{name: "tun_type", kind: oneOf("ipip", "gue", "gre"), doc: "Encapsulation with TUN.", def: `"ipip"`},
	{name: "tun_port", kind: integer(1, 65535), doc: "UDP port of gue."},
	{name: "tun_csum", kind: oneOf("nocsum", "csum", "remcsum"), doc: "Checksums of gue and gre.", def: `"nocsum"`},
	{name: "uthreshold", kind: integer(0, 1<<32-1), doc: "Connections above which the server gets no new ones; 0: no limit.", def: "0"},
	{name: "lthreshold", kind: integer(0, 1<<32-1), doc: "Connections below which a full server gets new ones again; 0: three quarters of uthreshold.", def: "0"},
	{name: "inhibit_on_failure", kind: boolean, doc: "Keep a failed server with weight 0 instead of removing it.", def: "false"},
	{name: "virtualhost", kind: hostKind, doc: "Host header of HTTP checks.", def: "address and port of the target"},
	{name: "require", kind: oneOf("all", "any"), doc: "Whether all checks must pass, or one is enough.", def: `"all"`},
}, checkDefaults...)

// checkDefaults are the arguments of checkers that also stand in real_server
// and virtual_server.
var checkDefaults = []attr{
	{name: "delay_loop", kind: seconds(0.001, unlimited), doc: "Time from the end of a check (MISC_CHECK: from its start) to the next.", def: "60"},
	{name: "connect_timeout", kind: seconds(0.001, unlimited), doc: "Limit of the connect, and of each phase of the reply.", def: "5"},
	{name: "retry", kind: integer(0, unlimited), doc: "Further tries before a failure counts.", def: "1; DNS_CHECK 3; MISC_CHECK 0"},
	{name: "delay_before_retry", kind: seconds(0, unlimited), doc: "Time between those tries.", def: "1; HTTP_GET and SSL_GET 3; DNS_CHECK delay_loop"},
	{name: "warmup", kind: seconds(0, unlimited), doc: "Longest random delay before the first check.", def: "delay_loop"},
	{name: "alpha", kind: boolean, doc: "Out of service until the first check has succeeded.", def: "false"},
}

// virtualServerBlock is virtual_server.
var virtualServerBlock = &block{
	name: "virtual_server", label: "name", doc: "One IPVS service and the servers behind it.",
	attrs: slices.Concat([]attr{
		{name: "address", kind: addrPort, doc: `Address and port; without a port all ports, which needs persistence_timeout. One of address and fwmark is required.`},
		{name: "fwmark", kind: integer(1, 1<<32-1), doc: "Firewall mark of the packets, in place of an address."},
		{name: "ip_family", kind: oneOf("inet", "inet6"), doc: "Family of a fwmark service.", def: "that of the real servers"},
		{name: "protocol", kind: oneOf("TCP", "UDP", "SCTP"), doc: "Transport protocol; not with fwmark.", def: `"TCP"`},
		{name: "lb_algo", kind: oneOf(ipvs.Schedulers...), doc: "Scheduler of the kernel.", def: `"wlc"`},
		{name: "sh_port", kind: boolean, doc: "sh: the source port counts too.", def: "false"},
		{name: "sh_fallback", kind: boolean, doc: "sh: take another server where the chosen one has weight 0.", def: "false"},
		{name: "mh_port", kind: boolean, doc: "mh: the source port counts too.", def: "false"},
		{name: "mh_fallback", kind: boolean, doc: "mh: take another server where the chosen one has weight 0.", def: "false"},
		{name: "flag_1", kind: boolean, doc: "First scheduler flag of the kernel.", def: "false"},
		{name: "flag_2", kind: boolean, doc: "Second scheduler flag of the kernel.", def: "false"},
		{name: "flag_3", kind: boolean, doc: "Third scheduler flag of the kernel.", def: "false"},
		{name: "ops", kind: boolean, doc: "One-packet scheduling; UDP and fwmark only.", def: "false"},
		{name: "persistence_engine", kind: oneOf("sip"), doc: "Persistence engine; sip needs UDP and a port."},
		{name: "persistence_timeout", kind: orTrue(wholeSeconds(1, 2678400)), doc: "A client stays with its server this long; true: 360.", def: "none"},
		{name: "persistence_granularity", kind: granularityKind, doc: `Clients of one network count as one: "255.255.255.0", or a prefix length.`, def: "the single address"},
		{name: "sorry_server", kind: addrPort, doc: "Takes over while the quorum is lost. It is never checked."},
		{name: "sorry_server_inhibit", kind: boolean, doc: "Keep the sorry server installed with weight 0.", def: "false"},
		{name: "sorry_server_lb_kind", kind: oneOf("NAT", "DR", "TUN"), doc: "Forwarding method of the sorry server.", def: "lb_kind"},
		{name: "sorry_server_tun_type", kind: oneOf("ipip", "gue", "gre"), doc: "Encapsulation of the sorry server with TUN.", def: "tun_type"},
		{name: "sorry_server_tun_port", kind: integer(1, 65535), doc: "UDP port of gue of the sorry server.", def: "tun_port"},
		{name: "sorry_server_tun_csum", kind: oneOf("nocsum", "csum", "remcsum"), doc: "Checksums of gue and gre of the sorry server.", def: "tun_csum"},
		{name: "quorum", kind: integer(1, 1<<32-1), doc: "Least live weight at which the service counts as up.", def: "1"},
		{name: "hysteresis", kind: integer(0, 1<<32-1), doc: "Margin around quorum; below quorum.", def: "0"},
		{name: "vrrp_instance", kind: nameKind, doc: "Program the service only while this instance is MASTER.", def: "the instance that holds the address"},
		{name: "vrrp_sync_group", kind: nameKind, doc: "Program the service only while this sync group is MASTER."},
		{name: "program", kind: oneOf("master", "always"), doc: "always: programmed whatever the instances do.", def: `"master"`},
	}, serverDefaults),
	blocks: append([]*block{realServerBlock}, checkerBlocks...),
	other: map[string]string{
		"lvs_sched": `did you mean "lb_algo"?`, "lvs_method": `did you mean "lb_kind"?`,
		"sorry_server_lvs_method": `did you mean "sorry_server_lb_kind"?`,
		"nb_get_retry":            `did you mean "retry"?`,
		"scheduler":               `did you mean "lb_algo"?`, "scheduller": `did you mean "lb_algo"?`,
		"type":      `did you mean "tun_type"?`,
		"snmp_name": "left out: the block's name is in metrics and status",
		"hashed":    "left out, without effect", "nat_mask": "left out, without effect",
		"vrrp": `did you mean "vrrp_instance"?`, "port": `write it in address: "10.0.0.1:80"`,
		"url": "it stands in HTTP_GET and SSL_GET",
	},
	later: []string{
		"group", "omega", "quorum_up", "quorum_up_user", "quorum_down", "quorum_down_user",
		"ha_suspend", "smtp_alert", "drain_on_removal",
	},
}

// realServerBlock is real_server.
var realServerBlock = &block{
	name: "real_server", label: "address", doc: "One server. Without a port it has the service's; with DR and TUN, which change no port, it is the checkers'.",
	attrs:  serverDefaults,
	blocks: checkerBlocks,
	other: map[string]string{
		"lvs_method": `did you mean "lb_kind"?`, "nb_get_retry": `did you mean "retry"?`,
		"snmp_name": "left out: the address is in metrics and status",
		"nat_mask":  "left out, without effect", "lb_algo": "it stands in virtual_server",
		"url": "it stands in HTTP_GET and SSL_GET", "port": `write it in the name: real_server "10.0.0.1:80"`,
	},
	later: []string{
		"notify_up", "notify_up_user", "notify_down", "notify_down_user", "smtp_alert", "drain_on_removal",
	},
}
