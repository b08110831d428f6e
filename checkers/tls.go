package checkers

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"time"
)

// secure asks for one URL over TLS. What a server may send before it is known
// is bounded by crypto/tls: 64 KiB for a message, 256 KiB for the certificates,
// RSA keys of 8192 bits.
type secure struct {
	spec   *TLS
	url    *URL
	config *tls.Config
	// name is what the certificate is verified for.
	name string
}

func newSecure(s *Spec, u *URL) secure {
	c := &tls.Config{
		ServerName: u.ServerName,
		MinVersion: tls.VersionTLS12,
		// Whether a certificate is good is judged after the handshake, and only
		// with ca_file: a server under a name of its own is in order.
		InsecureSkipVerify: true,
	}
	if s.TLS.Client != nil {
		pair := &s.TLS.Client.pair
		// Also where it is not of an issuer that the server names, as OpenSSL
		// does: the server then says what it does not like.
		c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return pair, nil }
	}
	if s.TLS.Legacy {
		c.MinVersion = tls.VersionTLS10
		for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
			c.CipherSuites = append(c.CipherSuites, suite.ID)
		}
		// Old servers stumble over a hello that fills more than one packet.
		c.CurvePreferences = []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384, tls.CurveP521}
	}
	return secure{spec: s.TLS, url: u, config: c, name: nameToVerify(s, u)}
}

// nameToVerify is the name that the certificate must have.
func nameToVerify(s *Spec, u *URL) string {
	if u.ServerName != "" {
		return u.ServerName
	}
	if name := HostName(u.Host); name != "" {
		return name
	}
	return s.Target.Addr().WithZone("").String()
}

// HostName returns the name or address of a Host header, without its port and
// without brackets.
func HostName(host string) string {
	if a, err := netip.ParseAddrPort(host); err == nil {
		return a.Addr().String()
	}
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		host = host[:i]
	}
	return strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
}

// ask makes the handshake and the exchange, and says until when the server's
// certificate is valid.
func (s *secure) ask(x *exchange, request []byte) (expires time.Time, err error) {
	if err := limit(x.ctx, x.conn, x.timeout); err != nil {
		return expires, err
	}
	conn := tls.Client(transport{x.conn}, s.config)
	if err := conn.Handshake(); err != nil {
		return expires, x.explainTLS(err)
	}
	state := conn.ConnectionState()
	leaf := state.PeerCertificates[0] // a server without one has failed by now
	expires = leaf.NotAfter
	if err := s.judge(state.PeerCertificates, time.Now()); err != nil {
		return expires, err
	}
	x.through(conn)
	err = x.ask(request, s.url)
	if s.url.CloseNotify {
		// Whether the server still listens does not matter.
		_ = conn.CloseWrite()
	}
	return expires, err
}

// judge tests the server's certificate.
func (s *secure) judge(chain []*x509.Certificate, now time.Time) error {
	if s.spec.CA != nil {
		o := x509.VerifyOptions{Roots: s.spec.CA.pool, Intermediates: x509.NewCertPool(), DNSName: s.name, CurrentTime: now}
		for _, c := range chain[1:] {
			o.Intermediates.AddCert(c)
		}
		if _, err := chain[0].Verify(o); err != nil {
			return fmt.Errorf("certificate: %s", strings.TrimPrefix(err.Error(), "x509: "))
		}
	}
	if s.spec.MinDays > 0 && daysLeft(chain[0].NotAfter, now) < s.spec.MinDays {
		return fmt.Errorf("%s, want %d days", validity(chain[0].NotAfter, now), s.spec.MinDays)
	}
	return nil
}

// daysLeft is the number of whole days until a certificate ends, below 0 after.
func daysLeft(expires, now time.Time) int {
	left := expires.Sub(now)
	if left < 0 {
		left -= 24*time.Hour - 1
	}
	return int(left / (24 * time.Hour))
}

// validity says how long a certificate is valid.
func validity(expires, now time.Time) string {
	switch days := daysLeft(expires, now); {
	case days < 0:
		return "certificate expired on " + expires.UTC().Format(time.DateOnly)
	case days == 1:
		return "certificate valid for 1 day"
	default:
		return fmt.Sprintf("certificate valid for %d days", days)
	}
}

// explainTLS puts an error of the handshake into words.
func (x *exchange) explainTLS(err error) error {
	if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("connection closed in the TLS handshake")
	}
	text := x.explain(err, "TLS handshake", "TLS handshake not complete").Error()
	return errors.New(strings.Replace(text, "tls: ", "", 1))
}

// transport is a Conn as crypto/tls needs it.
type transport struct{ Conn }

// LocalAddr and RemoteAddr are asked for session caches only, which we have not.
func (transport) LocalAddr() net.Addr  { return nil }
func (transport) RemoteAddr() net.Addr { return nil }

func (t transport) SetReadDeadline(d time.Time) error { return t.SetDeadline(d) }

// SetWriteDeadline leaves the deadline of the phase in force: crypto/tls sets
// five seconds of its own for its last word.
func (transport) SetWriteDeadline(time.Time) error { return nil }
