package config

import (
	"slices"

	"director/checkers"
)

// checkerBlocks are the checkers.
var checkerBlocks = []*block{
	tcpCheckBlock, httpGetBlock, sslGetBlock, smtpCheckBlock, dnsCheckBlock, udpCheckBlock, pingCheckBlock,
	miscCheckBlock, fileCheckBlock, bfdCheckBlock,
}

// checkPorts, checkAddress, logFailures and checkDefaults together are the
// arguments of every checker that opens a connection.
var (
	checkAddress = []attr{
		{name: "connect_ip", kind: ipaddr, doc: "Address to check.", def: "the real server's"},
		{name: "bindto", kind: ipaddr, doc: "Source address.", def: "any that is no virtual address"},
		{name: "bind_if", kind: ifname, doc: "Interface of the check; link-local targets need it."},
		{name: "fwmark", kind: integer(0, 1<<32-1), doc: "Firewall mark on the packets of the check.", def: "0"},
	}
	checkPorts = []attr{
		{name: "connect_port", kind: integer(1, 65535), doc: "Port to check.", def: "the real server's"},
		{name: "bind_port", kind: integer(1, 65535), doc: "Source port.", def: "any"},
	}
	logFailures = []attr{
		{name: "log_all_failures", kind: boolean, doc: "Log each failed try, not only the one that counts.", def: "checker_log_all_failures"},
	}
	checkCommon = slices.Concat(checkAddress, checkPorts, logFailures, checkDefaults)
)

var checkOther = map[string]string{"nb_get_retry": `did you mean "retry"?`}

// tcpCheckBlock is TCP_CHECK.
var tcpCheckBlock = &block{
	name: "TCP_CHECK", doc: "The server is in order when a connection can be made.",
	attrs: checkCommon, other: checkOther,
}

// dnsCheckBlock is DNS_CHECK.
var dnsCheckBlock = &block{
	name: "DNS_CHECK", doc: "The server is in order when it replies to a question by UDP with NOERROR, with or without answers.",
	attrs: append([]attr{
		{name: "type", kind: oneOf(checkers.DNSTypes...), doc: "Type asked for.", def: `"SOA"`},
		{name: "name", kind: domainKind, doc: "Name asked for.", def: `"."`},
	}, checkCommon...),
	other: checkOther,
}

// smtpCheckBlock is SMTP_CHECK.
var smtpCheckBlock = &block{
	name: "SMTP_CHECK", doc: "The server is in order when it greets with 220, answers HELO with 250, and QUIT with anything.",
	attrs: append([]attr{
		{name: "helo_name", kind: word("a host name of at most 255 bytes", 255, ""), doc: "Our name in HELO.", def: `"director.invalid"`},
	}, checkCommon...),
	other: map[string]string{
		"nb_get_retry": `did you mean "retry"?`,
		"host":         "write one SMTP_CHECK for each target, with connect_ip and connect_port",
	},
}

// udpCheckBlock is UDP_CHECK.
var udpCheckBlock = &block{
	name: "UDP_CHECK", doc: "Sends a datagram. The server is in order when no ICMP error comes back; with require_reply when it replies.",
	attrs: append([]attr{
		{name: "payload", kind: payloadKind, doc: `What is sent, in hexadecimal: "68 65 78".`, def: `the text "director check: is anyone there?"`},
		{name: "require_reply", kind: orTrue(replyKind), doc: `Silence is a failure; with digits the reply must begin with them, where "x" is any digit.`, def: "false"},
		{name: "min_reply_length", kind: integer(0, 65535), doc: "Least length of a reply in bytes.", def: "0"},
		{name: "max_reply_length", kind: integer(0, 65535), doc: "Greatest length of a reply in bytes.", def: "255"},
	}, checkCommon...),
	other: checkOther,
}

// pingCheckBlock is PING_CHECK.
var pingCheckBlock = &block{
	name: "PING_CHECK", doc: "The server is in order when it answers an ICMP echo request.",
	attrs: slices.Concat(checkAddress, logFailures, checkDefaults),
	other: map[string]string{
		"nb_get_retry": `did you mean "retry"?`,
		"connect_port": "left out: ICMP has no ports", "bind_port": "left out: ICMP has no ports",
	},
}

// miscCheckBlock is MISC_CHECK.
var miscCheckBlock = &block{
	name: "MISC_CHECK", doc: "Runs a program; the server is in order when its exit status is 0. One that cannot be started decides nothing.",
	attrs: slices.Concat([]attr{
		{name: "misc_path", kind: scriptKind, required: true, doc: "What is run."},
		{name: "misc_timeout", kind: seconds(0.001, unlimited), doc: "Limit of one run; exceeding it is a failure.", def: "delay_loop"},
		{name: "misc_dynamic", kind: boolean, doc: "Exit status 2 to 255 is good, too, and sets the weight to 0 to 253; 0 leaves the configured weight.", def: "false"},
		{name: "user", kind: userKind, doc: "As whom it runs.", def: "script_user"},
	}, logFailures, withoutTimeout()),
	other: map[string]string{"connect_timeout": `did you mean "misc_timeout"?`, "nb_get_retry": `did you mean "retry"?`},
}

// withoutTimeout are checkDefaults for a checker that connects to nothing.
func withoutTimeout() []attr {
	return slices.DeleteFunc(slices.Clone(checkDefaults), func(a attr) bool { return a.name == "connect_timeout" })
}

// fileCheckBlock is FILE_CHECK.
var fileCheckBlock = &block{
	name: "FILE_CHECK", doc: "Follows the number in a track_file: it changes the weight of the server, or says whether it is in order.",
	attrs: []attr{
		{name: "track_file", kind: nameKind, required: true, doc: "The track_file."},
		{name: "weight", kind: integer(-2147483647, 2147483647), doc: "The number times this is added to the server's weight; -2147483648 and less is a failure. 0: the server is in order while the number is 0.", def: "that of the track_file"},
		{name: "reverse", kind: boolean, doc: "Take it away instead; with weight 0: in order while the number is not 0.", def: "that of the track_file"},
	},
	other: map[string]string{"noreverse": `write "reverse = false"`, "dynamic": "left out: write weight"},
}

// bfdCheckBlock is BFD_CHECK.
var bfdCheckBlock = &block{
	name: "BFD_CHECK", doc: "The server is in order while a session of BFD is up. Before it was up for the first time it decides nothing, unless with alpha.",
	attrs: []attr{
		{name: "name", kind: nameKind, required: true, doc: "The bfd_instance."},
		{name: "alpha", kind: boolean, doc: "Out of service until the session has been up.", def: "false"},
	},
}
