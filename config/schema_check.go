package config

import (
	"slices"

	"director/checkers"
)

// checkerBlocks are the checkers of this version.
var checkerBlocks = []*block{tcpCheckBlock, httpGetBlock, dnsCheckBlock}

// checkCommon are the arguments of every checker that opens a connection.
var checkCommon = slices.Concat([]attr{
	{name: "connect_ip", kind: ipaddr, doc: "Address to check.", def: "the real server's"},
	{name: "connect_port", kind: integer(1, 65535), doc: "Port to check.", def: "the real server's"},
	{name: "bindto", kind: ipaddr, doc: "Source address.", def: "any that is no virtual address"},
	{name: "bind_if", kind: ifname, doc: "Interface of the check; link-local targets need it."},
	{name: "bind_port", kind: integer(1, 65535), doc: "Source port.", def: "any"},
	{name: "fwmark", kind: integer(0, 1<<32-1), doc: "Firewall mark on the packets of the check.", def: "0"},
	{name: "log_all_failures", kind: boolean, doc: "Log each failed try, not only the one that counts.", def: "checker_log_all_failures"},
}, checkDefaults)

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

// httpGetBlock is HTTP_GET.
var httpGetBlock = &block{
	name: "HTTP_GET", doc: "The server is in order when every url answers as it should.",
	attrs: append([]attr{
		{name: "http_protocol", kind: oneOf("1.0", "1.0C", "1.1"), doc: `HTTP version of the request; "1.0C" is 1.0 with Connection: close.`, def: `"1.0"`},
		{name: "virtualhost", kind: text_, doc: "Host header.", def: "that of the real server"},
		{name: "fast_recovery", kind: boolean, doc: "No delay_loop between urls while the server is out.", def: "false"},
	}, checkCommon...),
	blocks: []*block{urlBlock},
	other: map[string]string{
		"nb_get_retry": `did you mean "retry"?`,
		"path":         `it stands in a block "url"`, "status_code": `it stands in a block "url"`,
		"digest": `it stands in a block "url"`, "regex": `it stands in a block "url"`,
		"enable_sni": "it stands in SSL_GET only", "sni_name": "it stands in SSL_GET only", "tls_compliant": "it stands in SSL_GET only",
	},
}

// urlBlock is url in HTTP_GET.
var urlBlock = &block{
	name: "url", doc: "One request and what its answer must be. Asked in the order of the file.",
	attrs: []attr{
		{name: "path", kind: pathKind, required: true, doc: `Request target, beginning with "/".`},
		{name: "virtualhost", kind: text_, doc: "Host header.", def: "that of the checker"},
		{name: "status_code", kind: listOf(statusKind), doc: `Accepted codes: 200, or ["200-299", 404].`, def: `"200-299"`},
		{name: "digest", kind: digestKind, doc: "MD5 of the body, 32 hexadecimal digits."},
		{name: "regex", kind: text_, doc: "Regular expression (RE2) that the body must contain."},
		{name: "regex_no_match", kind: boolean, doc: "The body must not contain regex.", def: "false"},
		{name: "regex_options", kind: listOf(oneOf("caseless", "multiline", "dotall", "ungreedy")), doc: "Options of regex."},
		{name: "regex_min_offset", kind: integer(0, unlimited), doc: "Least byte at which a match may begin.", def: "0"},
		{name: "regex_max_offset", kind: integer(1, unlimited), doc: "Byte before which a match must begin.", def: "none"},
	},
	other: map[string]string{
		"regex_stack": "left out, without effect", "tls_compliant": "it stands in SSL_GET only",
	},
	later: []string{"method", "headers", "body_contains"},
}
