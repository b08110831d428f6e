package config

import (
	"net/netip"

	"director/checkers"
)

// ssl builds the parts of SSL_GET.
func (b *builder) ssl(scope []*node, s *checkers.Spec) {
	k := scope[0]
	b.http(scope, s)
	s.TLS = &checkers.TLS{
		Client:  b.client,
		CA:      b.authority(k),
		Legacy:  or(k, "tls_legacy", false),
		MinDays: int(or(k, "min_certificate_days", int64(0))),
	}
	if k.has("sni_name") && !or(k, "enable_sni", true) {
		b.clash(k.at("enable_sni"), "enable_sni = false and sni_name exclude each other", "leave one of them out", k.at("sni_name"), "because of this")
		return
	}
	for i, u := range k.all("url") {
		url := &s.HTTP.URLs[i]
		url.CloseNotify = or(u, "tls_compliant", or(k, "tls_compliant", false))
		if k.has("sni_name") || or(k, "enable_sni", false) {
			url.ServerName = b.serverName(k, u, url.Host)
		}
	}
}

// serverName is the name for the handshake.
func (b *builder) serverName(k, u *node, host string) string {
	name, at := checkers.HostName(host), u.header
	if given, ok := get[string](k, "sni_name"); ok {
		name, at = given, k.at("sni_name")
	} else if k.has("sni_name") {
		return "" // it is wrong
	}
	if _, err := netip.ParseAddr(name); err == nil {
		b.fail(at, "An address is no name for the handshake", "write sni_name, or leave enable_sni out")
		return ""
	}
	if name == "" && !u.misspelt("virtualhost") && !k.misspelt("virtualhost") && !k.misspelt("sni_name") {
		b.fail(k.at("enable_sni"), "Nothing says which name to send", "write virtualhost or sni_name")
	}
	return name
}

// authority reads ca_file; each file once.
func (b *builder) authority(k *node) *checkers.CA {
	path, ok := get[string](k, "ca_file")
	if !ok {
		return nil
	}
	if ca, done := b.authorities[path]; done {
		return ca
	}
	data, err := b.src.readOnce(path)
	var ca *checkers.CA
	if err == nil {
		ca, err = checkers.NewCA(data)
	}
	if err != nil {
		b.fail(k.at("ca_file"), "The certificates cannot be read", "%s: %s", path, err)
		return nil
	}
	b.authorities[path] = ca
	return ca
}

// buildSSL reads the block SSL.
func (b *builder) buildSSL() {
	n := b.root.one("SSL")
	if n == nil {
		return
	}
	if v, ok := n.values["ca"]; ok {
		b.warn(v.name, "ca has no effect", "write ca_file in SSL_GET to have servers verified")
	}
	for _, pair := range [][2]string{{"certificate", "key"}, {"key", "certificate"}} {
		if n.has(pair[0]) && !n.has(pair[1]) && !n.misspelt(pair[1]) {
			b.fail(n.values[pair[0]].name, pair[0]+" does not fit here", "it needs %s", pair[1])
		}
	}
	var data [2][]byte
	for i, name := range []string{"certificate", "key"} {
		path, ok := get[string](n, name)
		if !ok {
			return
		}
		text, err := b.src.readOnce(path)
		if err != nil {
			b.fail(n.at(name), "The file of the "+name+" cannot be read", "%s: %s", path, err)
			return
		}
		data[i] = text
		if name == "key" && b.src.readable(path) {
			b.warn(n.at(name), "Others can read the file of the key", "%s: chmod go= takes that away", path)
		}
	}
	var err error
	if password, ok := get[string](n, "password"); ok {
		if data[1], err = checkers.DecryptKey(data[1], []byte(password)); err != nil {
			b.fail(n.at("key"), "The key cannot be used", "%s", err)
			return
		}
	}
	if b.client, err = checkers.NewClientCertificate(data[0], data[1]); err != nil {
		b.fail(n.at("certificate"), "The certificate cannot be used", "%s", err)
	}
}
