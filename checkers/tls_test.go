package checkers

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// authority issues certificates.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte
}

func newAuthority(t *testing.T, name string) *authority {
	t.Helper()
	a := &authority{t: t, key: newKey(t)}
	der := a.sign(&x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}, a.key)
	var err error
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	a.pem = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return a
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (a *authority) sign(template *x509.Certificate, key *ecdsa.PrivateKey) []byte {
	a.t.Helper()
	parent := a.cert
	if parent == nil {
		parent = template
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	return der
}

// issue makes a certificate for a name that ends in some time.
func (a *authority) issue(name string, valid time.Duration) tls.Certificate {
	a.t.Helper()
	key := newKey(a.t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-1000 * time.Hour), NotAfter: time.Now().Add(valid),
		DNSNames: []string{name}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	if ip := net.ParseIP(name); ip != nil {
		template.DNSNames, template.IPAddresses = nil, []net.IP{ip}
	}
	return tls.Certificate{Certificate: [][]byte{a.sign(template, key)}, PrivateKey: key}
}

// pemPair writes a certificate and its key as files have them.
func pemPair(t *testing.T, c tls.Certificate) (cert, key []byte) {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range c.Certificate {
		cert = append(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: part})...)
	}
	return cert, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// seen is what a server has seen of a probe.
type seen struct {
	name    string
	version uint16
	clients int
	notify  bool // there came something before the end of the connection
}

// counted is a connection that counts what is read.
type counted struct {
	net.Conn
	n int
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.n += n
	return n, err
}

// serveTLS answers every request with 200, and tells what it has seen.
func serveTLS(t *testing.T, c *tls.Config) (netip.AddrPort, <-chan seen) {
	t.Helper()
	told := make(chan seen, 100)
	target := listen(t, "127.0.0.1:0", func(raw *net.TCPConn) {
		defer raw.Close()
		counted := &counted{Conn: raw}
		conn := tls.Server(counted, c)
		if conn.Handshake() != nil {
			return
		}
		var got bytes.Buffer
		buf := make([]byte, 4096)
		for !strings.HasSuffix(got.String(), "\r\n\r\n") {
			n, err := conn.Read(buf)
			if err != nil {
				return
			}
			got.Write(buf[:n])
		}
		io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
		before := counted.n
		conn.Read(buf)
		s := conn.ConnectionState()
		told <- seen{s.ServerName, s.Version, len(s.PeerCertificates), counted.n > before}
	})
	return target, told
}

func sslSpec(target netip.AddrPort, change func(*Spec)) Spec {
	s := httpSpec(target, URL{Path: "/", Contains: "hell"})
	s.Kind, s.TLS = SSLGet, &TLS{}
	change(&s)
	return s
}

// sslTest is one server and what a check finds of it.
type sslTest struct {
	name   string
	server *tls.Config // certificates are added
	cert   tls.Certificate
	change func(*Spec)
	ok     bool
	reason string
	want   seen // nothing: the exchange did not come to its end
}

func testSSL(t *testing.T, tests []sslTest) {
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := tt.server.Clone()
			c.Certificates = []tls.Certificate{tt.cert}
			target, told := serveTLS(t, c)
			r := probe(t, sslSpec(target, tt.change), Env{})
			if i := strings.Index(r.Reason, "valid: "); i > 0 {
				r.Reason = r.Reason[:i+len("valid: ")]
			}
			wantResult(t, r, tt.ok, false, tt.reason)
			if r.OK && r.Expires.IsZero() {
				t.Error("the result does not say when the certificate ends")
			}
			if tt.want == (seen{}) {
				return
			}
			if got := <-told; got != tt.want {
				t.Errorf("the server saw %+v, want %+v", got, tt.want)
			}
		})
	}
}

// clientAuthority is a server that wants certificates of a, and the text of a as
// ca_file.
func clientAuthority(t *testing.T, a *authority) (*tls.Config, *CA) {
	t.Helper()
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	ca, err := NewCA(a.pem)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool}, ca
}

const aDay = 24 * time.Hour

func TestSSLGet(t *testing.T) {
	a, other := newAuthority(t, "CA"), newAuthority(t, "another CA")
	asks, ca := clientAuthority(t, a)
	client, err := NewClientCertificate(pemPair(t, a.issue("director", time.Hour)))
	if err != nil {
		t.Fatal(err)
	}
	testSSL(t, []sslTest{
		{"not verified", &tls.Config{}, other.issue("x", 89*aDay+time.Hour), func(*Spec) {}, true,
			"status 200, certificate valid for 89 days", seen{"", tls.VersionTLS13, 0, false}},
		{"expired, and not verified", &tls.Config{}, a.issue("x", -36*time.Hour), func(*Spec) {}, true,
			"status 200, certificate expired on " + time.Now().Add(-36*time.Hour).UTC().Format(time.DateOnly), seen{"", tls.VersionTLS13, 0, false}},
		{"SNI", &tls.Config{}, a.issue("x", aDay+time.Hour), func(s *Spec) { s.HTTP.URLs[0].ServerName = "www.example.net" }, true,
			"status 200, certificate valid for 1 day", seen{"www.example.net", tls.VersionTLS13, 0, false}},
		{"close_notify", &tls.Config{}, a.issue("x", 2*aDay+time.Hour), func(s *Spec) { s.HTTP.URLs[0].CloseNotify = true }, true,
			"status 200, certificate valid for 2 days", seen{"", tls.VersionTLS13, 0, true}},
		{"client certificate", asks, a.issue("x", 2*aDay+time.Hour), func(s *Spec) { s.TLS.Client = client }, true,
			"status 200, certificate valid for 2 days", seen{"", tls.VersionTLS13, 1, false}},
		{"verified by the name in the handshake", &tls.Config{}, a.issue("www.example.net", 2*aDay+time.Hour),
			func(s *Spec) { s.TLS.CA, s.HTTP.URLs[0].ServerName = ca, "www.example.net" }, true,
			"status 200, certificate valid for 2 days", seen{"www.example.net", tls.VersionTLS13, 0, false}},
		{"verified by the host", &tls.Config{}, a.issue("www.example.net", 2*aDay+time.Hour),
			func(s *Spec) { s.TLS.CA, s.HTTP.URLs[0].Host = ca, "www.example.net:443" }, true,
			"status 200, certificate valid for 2 days", seen{"", tls.VersionTLS13, 0, false}},
		{"verified by the address", &tls.Config{}, a.issue("127.0.0.1", 2*aDay+time.Hour), func(s *Spec) { s.TLS.CA = ca }, true,
			"status 200, certificate valid for 2 days", seen{"", tls.VersionTLS13, 0, false}},
		{"old TLS with tls_legacy", &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10}, a.issue("x", aDay+time.Hour),
			func(s *Spec) { s.TLS.Legacy = true }, true,
			"status 200, certificate valid for 1 day", seen{"", tls.VersionTLS10, 0, false}},
	})
}

func TestSSLGetFails(t *testing.T) {
	a := newAuthority(t, "CA")
	asks, ca := clientAuthority(t, a)
	_, foreign := clientAuthority(t, newAuthority(t, "another CA"))
	testSSL(t, []sslTest{
		{"no client certificate", asks, a.issue("x", aDay), func(*Spec) {}, false,
			"answer: remote error: tls: certificate required", seen{}},
		{"another name", &tls.Config{}, a.issue("www.example.org", aDay),
			func(s *Spec) { s.TLS.CA, s.HTTP.URLs[0].ServerName = ca, "www.example.net" }, false,
			"certificate: certificate is valid for www.example.org, not www.example.net", seen{}},
		{"another authority", &tls.Config{}, a.issue("127.0.0.1", aDay), func(s *Spec) { s.TLS.CA = foreign }, false,
			"certificate: certificate signed by unknown authority", seen{}},
		{"expired", &tls.Config{}, a.issue("127.0.0.1", -time.Hour), func(s *Spec) { s.TLS.CA = ca }, false,
			"certificate: certificate has expired or is not yet valid: ", seen{}},
		{"too few days", &tls.Config{}, a.issue("x", 13*aDay+time.Hour), func(s *Spec) { s.TLS.MinDays = 14 }, false,
			"certificate valid for 13 days, want 14 days", seen{}},
		{"old TLS", &tls.Config{MaxVersion: tls.VersionTLS11}, a.issue("x", aDay), func(*Spec) {}, false,
			"TLS handshake: remote error: protocol version not supported", seen{}},
		{"body judged", &tls.Config{}, a.issue("x", aDay), func(s *Spec) { s.HTTP.URLs[0].Contains = "bye" }, false,
			`"bye" not found in 5 bytes`, seen{"", tls.VersionTLS13, 0, false}},
	})
}

// TestBadTLSServers: what is no TLS, or never ends, is a failure with a reason
// in bounded time.
func TestBadTLSServers(t *testing.T) {
	a := newAuthority(t, "CA")
	huge := a.issue("x", time.Hour)
	for range 1000 {
		huge.Certificate = append(huge.Certificate, a.cert.Raw)
	}
	secure := func(c tls.Certificate) func(*net.TCPConn) {
		return func(raw *net.TCPConn) {
			tls.Server(raw, &tls.Config{Certificates: []tls.Certificate{c}}).Handshake()
			raw.Close()
		}
	}
	read := func(c *net.TCPConn) { c.Read(make([]byte, 16384)) }
	for _, tt := range []struct {
		name   string
		serve  func(*net.TCPConn)
		reason string
	}{
		{"plain HTTP", func(c *net.TCPConn) {
			read(c)
			io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n")
			c.Close()
		}, "TLS handshake: first record does not look like a TLS handshake"},
		{"closed", func(c *net.TCPConn) { read(c); c.Close() }, "connection closed in the TLS handshake"},
		{"closed after the handshake", secure(a.issue("x", time.Hour)), "connection closed without an answer"},
		{"reset", func(c *net.TCPConn) { read(c); c.SetLinger(0); c.Close() }, "TLS handshake: connection reset by peer"},
		{"silence", func(c *net.TCPConn) { io.Copy(io.Discard, c); c.Close() }, "TLS handshake not complete within 200ms"},
		{"one byte a while", func(c *net.TCPConn) {
			read(c)
			var err error
			for _, b := range append([]byte{22, 3, 3, 64, 0}, make([]byte, 16384)...) {
				if _, err = c.Write([]byte{b}); err != nil {
					break
				}
				time.Sleep(20 * time.Millisecond)
			}
			c.Close()
		}, "TLS handshake not complete within 200ms"},
		{"certificates without end", secure(huge), "TLS handshake: handshake message of length N bytes exceeds maximum of 262144 bytes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			target := listen(t, "127.0.0.1:0", tt.serve)
			r := probe(t, sslSpec(target, func(s *Spec) { s.ConnectTimeout = 200 * time.Millisecond }), Env{})
			if head, rest, ok := strings.Cut(r.Reason, "of length "); ok {
				_, rest, _ = strings.Cut(rest, " ")
				r.Reason = head + "of length N " + rest
			}
			if tt.name == "reset" && strings.HasPrefix(r.Reason, "TLS handshake: ") || strings.Contains(r.Reason, tt.reason) {
				r.Reason = tt.reason // a reset may be seen by the write, too
			}
			wantResult(t, r, false, false, tt.reason)
			if r.Latency > 2*time.Second {
				t.Errorf("took %v", r.Latency)
			}
		})
	}
}

func TestMaterialRefuses(t *testing.T) {
	a, b := newAuthority(t, "CA"), newAuthority(t, "CA")
	if _, err := NewCA([]byte("nothing")); err == nil || err.Error() != "has no certificate in PEM" {
		t.Errorf("text: %v", err)
	}
	if _, err := NewCA([]byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")); err == nil {
		t.Error("a broken certificate was taken")
	}
	cert, _ := pemPair(t, a.issue("a", time.Hour))
	_, key := pemPair(t, b.issue("b", time.Hour))
	if _, err := NewClientCertificate(cert, key); err == nil {
		t.Error("the key of another certificate was taken")
	}
}

func TestHostName(t *testing.T) {
	for host, want := range map[string]string{
		"www.example.net": "www.example.net", "www.example.net:443": "www.example.net", "10.0.0.1": "10.0.0.1",
		"10.0.0.1:443": "10.0.0.1", "[2001:db8::1]": "2001:db8::1", "[2001:db8::1]:443": "2001:db8::1", "": "",
	} {
		if got := HostName(host); got != want {
			t.Errorf("%q: %q, want %q", host, got, want)
		}
	}
}

func TestDaysLeft(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for left, want := range map[time.Duration]int{
		0: 0, time.Hour: 0, 24 * time.Hour: 1, 47 * time.Hour: 1, -time.Second: -1, -24 * time.Hour: -1, -25 * time.Hour: -2,
	} {
		if got := daysLeft(now.Add(left), now); got != want {
			t.Errorf("%v: %d, want %d", left, got, want)
		}
	}
}
