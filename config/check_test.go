package config

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"director/checkers"
	"director/internal/script"

	"github.com/google/go-cmp/cmp"
)

// checksOf returns the checks of the only server of a service with a body.
func checksOf(t *testing.T, before, body string) []checkers.Spec {
	t.Helper()
	cfg := built(t, before+"\nvirtual_server \"web\" {\n address = \"10.0.0.1:80\"\n real_server \"10.0.0.11:8080\" {\n"+body+"\n}\n}\n")
	return cfg.Services[0].Servers[0].Checks
}

// rhythm are the defaults of a check.
func rhythm(kind checkers.Kind, retry int, delay time.Duration) checkers.Spec {
	s := checkers.Spec{Kind: kind, DelayLoop: time.Minute, Warmup: time.Minute, Retry: retry, DelayBeforeRetry: delay}
	if kind != checkers.MiscCheck {
		s.Target, s.ConnectTimeout = netip.MustParseAddrPort("10.0.0.11:8080"), 5*time.Second
	}
	return s
}

// checkTest is the body of a server and the check that it means.
type checkTest struct {
	name, body string
	want       checkers.Spec
}

// with returns a spec with a change.
func with(s checkers.Spec, change func(*checkers.Spec)) checkers.Spec {
	change(&s)
	return s
}

func testChecks(t *testing.T, before string, tests []checkTest) {
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := checksOf(t, before, tt.body)
			if diff := cmp.Diff([]checkers.Spec{tt.want}, got, opts); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if _, err := checkers.New(got[0], checkers.Env{}); err != nil && !got[0].Kind.Follows() {
				t.Error(err)
			}
		})
	}
}

func TestHTTPChecks(t *testing.T) {
	testChecks(t, "", []checkTest{
		{"SSL_GET", "SSL_GET {\n url { path = \"/\" }\n}", with(rhythm(checkers.SSLGet, 1, 3*time.Second), func(s *checkers.Spec) {
			s.HTTP, s.TLS = &checkers.HTTP{Protocol: "1.0", URLs: []checkers.URL{{Path: "/"}}}, &checkers.TLS{}
		})},
		{"SSL_GET in full", `virtualhost = "server.example"
			SSL_GET {
			  http_protocol        = "1.1"
			  enable_sni           = true
			  tls_compliant        = true
			  tls_legacy           = true
			  min_certificate_days = 14
			  url { path = "/a" }
			  url {
			    path          = "/b"
			    virtualhost   = "www.example.net:8443"
			    tls_compliant = false
			  }
			}`, with(rhythm(checkers.SSLGet, 1, 3*time.Second), func(s *checkers.Spec) {
			s.HTTP = &checkers.HTTP{Protocol: "1.1", URLs: []checkers.URL{
				{Path: "/a", Host: "server.example", ServerName: "server.example", CloseNotify: true},
				{Path: "/b", Host: "www.example.net:8443", ServerName: "www.example.net"},
			}}
			s.TLS = &checkers.TLS{Legacy: true, MinDays: 14}
		})},
		{"sni_name", "SSL_GET {\n sni_name = \"a.example\"\n url { path = \"/\" }\n}", with(rhythm(checkers.SSLGet, 1, 3*time.Second), func(s *checkers.Spec) {
			s.HTTP = &checkers.HTTP{Protocol: "1.0", URLs: []checkers.URL{{Path: "/", ServerName: "a.example"}}}
			s.TLS = &checkers.TLS{}
		})},
		{"HTTP_GET", `HTTP_GET {
			  url {
			    path          = "/"
			    method        = "POST"
			    headers       = { B = "2", A = "1" }
			    body_contains = "two\nlines"
			    virtualhost   = "[2001:db8::1]:80"
			  }
			}`, with(rhythm(checkers.HTTPGet, 1, 3*time.Second), func(s *checkers.Spec) {
			s.HTTP = &checkers.HTTP{Protocol: "1.0", URLs: []checkers.URL{{Path: "/", Method: "POST", Host: "[2001:db8::1]:80",
				Headers: []checkers.Header{{Name: "A", Value: "1"}, {Name: "B", Value: "2"}}, Contains: "two\nlines"}}}
		})},
	})
}

func TestChecks(t *testing.T) {
	before := "track_file \"load\" {\n file = \"/run/load\"\n weight = 3\n reverse = true\n}\nbfd_instance \"core\" { neighbor_ip = \"10.0.0.9\" }\n"
	testChecks(t, before, []checkTest{
		{"SMTP_CHECK", `SMTP_CHECK {}`, with(rhythm(checkers.SMTPCheck, 1, time.Second), func(s *checkers.Spec) {
			s.SMTP = &checkers.SMTP{Hello: "director.invalid"}
		})},
		{"UDP_CHECK", `UDP_CHECK {}`, with(rhythm(checkers.UDPCheck, 1, time.Second), func(s *checkers.Spec) {
			s.UDP = &checkers.UDP{Payload: []byte(checkers.DefaultPayload)}
		})},
		{"UDP_CHECK in full", `UDP_CHECK {
			  payload          = "68 65 78"
			  require_reply    = "6x7X xx"
			  min_reply_length = 3
			  max_reply_length = 9
			}`, with(rhythm(checkers.UDPCheck, 1, time.Second), func(s *checkers.Spec) {
			s.UDP = &checkers.UDP{Payload: []byte("hex"), RequireReply: true, MinReply: 3, MaxReply: 9,
				Reply: checkers.Pattern{Bytes: []byte{0x60, 0x70, 0}, Mask: []byte{0xf0, 0xf0, 0}}}
		})},
		{"PING_CHECK", `PING_CHECK { connect_ip = "10.0.0.12" }`, with(rhythm(checkers.PingCheck, 1, time.Second), func(s *checkers.Spec) {
			s.Target = netip.MustParseAddrPort("10.0.0.12:0")
		})},
		{"MISC_CHECK", `MISC_CHECK { misc_path = "/bin/check 10.0.0.11" }`, with(rhythm(checkers.MiscCheck, 0, time.Second), func(s *checkers.Spec) {
			s.Misc = &checkers.Misc{Command: script.Command{Args: []string{"/bin/check", "10.0.0.11"}}, Timeout: time.Minute}
		})},
		{"MISC_CHECK in full", `MISC_CHECK {
			  misc_path    = ["/bin/check", "a b"]
			  misc_timeout = 3
			  misc_dynamic = true
			  user         = "nagios:adm"
			  retry        = 2
			  alpha        = true
			  log_all_failures = true
			}`, with(rhythm(checkers.MiscCheck, 2, time.Second), func(s *checkers.Spec) {
			s.Alpha, s.LogAllFailures = true, true
			s.Misc = &checkers.Misc{Command: script.Command{Args: []string{"/bin/check", "a b"}, User: "nagios", Group: "adm"},
				Timeout: 3 * time.Second, Dynamic: true}
		})},
		{"FILE_CHECK", `FILE_CHECK { track_file = "load" }`, checkers.Spec{Kind: checkers.FileCheck,
			Follow: &checkers.Follow{Name: "load", Weight: 3, Reverse: true}}},
		{"FILE_CHECK in full", "FILE_CHECK {\n track_file = \"load\"\n weight = -2147483647\n reverse = false\n}", checkers.Spec{Kind: checkers.FileCheck,
			Follow: &checkers.Follow{Name: "load", Weight: -2147483647}}},
		{"BFD_CHECK", "alpha = true\nBFD_CHECK { name = \"core\" }", checkers.Spec{Kind: checkers.BFDCheck, Alpha: true,
			Follow: &checkers.Follow{Name: "core"}}},
	})
}

func TestRequire(t *testing.T) {
	cfg := built(t, `
virtual_server "web" {
  address = "10.0.0.1:80"
  require = "any"
  TCP_CHECK {}
  PING_CHECK {}
  real_server "10.0.0.11:80" {}
  real_server "10.0.0.12:80" { require = "all" }
}`)
	for i, want := range []bool{true, false} {
		if rs := cfg.Services[0].Servers[i]; rs.RequireAny != want || len(rs.Checks) != 2 {
			t.Errorf("server %d: any %v, %d checks", i, rs.RequireAny, len(rs.Checks))
		}
	}
}

// pemFiles writes a certificate and its key into a directory.
func pemFiles(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, block := range map[string]*pem.Block{"cert.pem": {Type: "CERTIFICATE", Bytes: der}, "key.pem": {Type: "PRIVATE KEY", Bytes: pkcs8}} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(t, dir, "text", "nothing")
	return dir
}

const sslService = `
virtual_server "web" {
  address = "10.0.0.1:443"
  SSL_GET {
    CA
    url { path = "/" }
  }
  real_server "10.0.0.11:443" {}
  real_server "10.0.0.12:443" {}
}
`

func TestCertificates(t *testing.T) {
	dir := pemFiles(t)
	ssl := strings.Replace(sslService, "CA", `ca_file = "cert.pem"`, 1)
	cfg, diags := loaded(t, "SSL {\n certificate = \"cert.pem\"\n key = \"key.pem\"\n}\n"+ssl, dir)
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	a, b := cfg.Services[0].Servers[0].Checks[0].TLS, cfg.Services[0].Servers[1].Checks[0].TLS
	if a.CA == nil || a.Client == nil || a.CA != b.CA || a.Client != b.Client {
		t.Errorf("%+v and %+v: want the same certificates in both", a, b)
	}
	for _, tt := range []struct{ ssl, ca, want string }{
		{"", `ca_file = "absent"`, "The certificates cannot be read"},
		{"", `ca_file = "text"`, "has no certificate in PEM"},
		{`certificate = "cert.pem"`, "", "certificate does not fit here"},
		{`key = "key.pem"`, "", "key does not fit here"},
		{"certificate = \"cert.pem\"\nkey = \"absent\"", "", "The file of the key cannot be read"},
		{"certificate = \"absent\"\nkey = \"key.pem\"", "", "The file of the certificate cannot be read"},
		{"certificate = \"cert.pem\"\nkey = \"cert.pem\"", "", "The certificate cannot be used"},
		{`ca = "cert.pem"`, "", "ca has no effect"},
	} {
		text := strings.Replace(sslService, "CA", tt.ca, 1)
		if tt.ssl != "" {
			text += "SSL {\n" + tt.ssl + "\n}\n"
		}
		if _, diags := loaded(t, text, dir); !strings.Contains(diags.String(), tt.want) {
			t.Errorf("%s%s: %s, want %q", tt.ssl, tt.ca, diags, tt.want)
		}
	}
	if err := os.Chmod(filepath.Join(dir, "key.pem"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, diags = loaded(t, "SSL {\n certificate = \"cert.pem\"\n key = \"key.pem\"\n}\n"+ssl, dir)
	if !strings.Contains(diags.String(), "Others can read the file of the key") {
		t.Errorf("a key that all can read: %s", diags)
	}
}
