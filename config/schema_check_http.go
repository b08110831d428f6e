package config

import (
	"slices"

	"director/checkers"
)

// httpAttrs are the arguments of HTTP_GET and SSL_GET.
var httpAttrs = append([]attr{
	{name: "http_protocol", kind: oneOf("1.0", "1.0C", "1.1"), doc: `HTTP version of the request; "1.0C" is 1.0 with Connection: close.`, def: `"1.0"`},
	{name: "virtualhost", kind: hostKind, doc: "Host header.", def: "that of the real server"},
	{name: "fast_recovery", kind: boolean, doc: "No delay_loop between urls while the server is out.", def: "false"},
}, checkCommon...)

// inURL are names that stand one block further in.
func inURL(more map[string]string) map[string]string {
	m := map[string]string{"nb_get_retry": `did you mean "retry"?`}
	for _, name := range []string{"path", "status_code", "digest", "regex", "method", "headers", "body_contains"} {
		m[name] = `it stands in a block "url"`
	}
	for name, hint := range more {
		m[name] = hint
	}
	return m
}

// onlySSL are names that HTTP_GET does not have.
var onlySSL = func() map[string]string {
	m := map[string]string{}
	for _, name := range []string{"enable_sni", "sni_name", "tls_compliant", "tls_legacy", "ca_file", "min_certificate_days"} {
		m[name] = "it stands in SSL_GET only"
	}
	return m
}()

// httpGetBlock is HTTP_GET.
var httpGetBlock = &block{
	name: "HTTP_GET", doc: "The server is in order when every url answers as it should.",
	attrs: httpAttrs, blocks: []*block{urlBlock}, other: inURL(onlySSL),
}

// sslGetBlock is SSL_GET.
var sslGetBlock = &block{
	name: "SSL_GET", doc: "HTTP_GET over TLS. The server's certificate is verified with ca_file only.",
	attrs: append([]attr{
		{name: "enable_sni", kind: boolean, doc: "Send the server's name in the handshake: sni_name, else virtualhost.", def: "false; true with sni_name"},
		{name: "sni_name", kind: hostKind, doc: "The server's name in the handshake.", def: "virtualhost"},
		{name: "tls_compliant", kind: boolean, doc: "End the connection with close_notify.", def: "false"},
		{name: "tls_legacy", kind: boolean, doc: "Allow TLS 1.0 and 1.1 and old ciphers.", def: "false"},
		{name: "ca_file", kind: text_, doc: "Certificates in PEM that the server's is verified with. Its name must be the one in the handshake, else virtualhost, else the address."},
		{name: "min_certificate_days", kind: integer(1, 36500), doc: "Days that the server's certificate must be valid still; it may be one that is not verified."},
	}, httpAttrs...),
	blocks: []*block{sslURLBlock}, other: inURL(nil),
}

var urlAttrs = []attr{
	{name: "path", kind: pathKind, required: true, doc: `Request target, beginning with "/".`},
	{name: "method", kind: oneOf(checkers.Methods...), doc: "Method of the request, which has no body.", def: `"GET"`},
	{name: "virtualhost", kind: hostKind, doc: "Host header.", def: "that of the checker"},
	{name: "headers", kind: headersKind, secret: true, doc: `More headers: { Accept = "text/html" }. They are not shown in messages.`},
	{name: "status_code", kind: listOf(statusKind), doc: `Accepted codes: 200, or ["200-299", 404].`, def: `"200-299"`},
	{name: "digest", kind: digestKind, doc: "MD5 of the body, 32 hexadecimal digits."},
	{name: "body_contains", kind: plainText, doc: "Text that must stand in the first MiB of the body."},
	{name: "regex", kind: text_, doc: "Regular expression (RE2) that the first MiB of the body must contain."},
	{name: "regex_no_match", kind: boolean, doc: "The body must not contain regex.", def: "false"},
	{name: "regex_options", kind: listOf(regexOptionKind), doc: "Options of regex."},
	{name: "regex_min_offset", kind: integer(0, unlimited), doc: "Least byte at which a match may begin.", def: "0"},
	{name: "regex_max_offset", kind: integer(1, unlimited), doc: "Byte before which a match must begin.", def: "none"},
}

const urlDoc = "One request and what its answer must be. Asked in the order of the file."

// urlBlock is url in HTTP_GET.
var urlBlock = &block{
	name: "url", doc: urlDoc, attrs: urlAttrs,
	other: map[string]string{"regex_stack": "left out, without effect", "tls_compliant": "it stands in SSL_GET only"},
}

// sslURLBlock is url in SSL_GET.
var sslURLBlock = &block{
	name: "url", doc: urlDoc,
	attrs: slices.Concat(urlAttrs, []attr{
		{name: "tls_compliant", kind: boolean, doc: "End the connection with close_notify.", def: "that of the checker"},
	}),
	other: map[string]string{"regex_stack": "left out, without effect"},
}

// sslBlock is SSL.
var sslBlock = &block{
	name: "SSL", once: true, doc: "What SSL_GET shows to servers that ask for a certificate.",
	attrs: []attr{
		{name: "certificate", kind: text_, doc: "File of the certificate, and of others that lead to its root, in PEM."},
		{name: "key", kind: text_, doc: "File of its key in PEM."},
		{name: "password", kind: text_, secret: true, doc: "Password of the key, where it is encrypted."},
		{name: "ca", kind: text_, doc: "Has no effect: ca_file in SSL_GET is what servers are verified with."},
	},
}
