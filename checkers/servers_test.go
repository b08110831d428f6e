package checkers

import (
	"crypto/md5"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// page is what the real servers serve: long enough for several reads.
var page = strings.Repeat("all 12 backends in order\n", 2000)

// pageURLs must all pass on a server that has page at /page and nothing at
// /none.
func pageURLs() []URL {
	sum := md5.Sum([]byte(page))
	return []URL{
		{Path: "/page"},
		{Path: "/page", Digest: &sum},
		{Path: "/page", Regex: regexp.MustCompile(`(?m)^all \d+ backends`), Host: "www.example.net"},
		{Path: "/page", Digest: &sum, Regex: regexp.MustCompile("broken"), RegexNoMatch: true},
		{Path: "/none", Status: []StatusRange{{404, 404}}},
	}
}

// wantPages probes a server with every protocol and URL.
func wantPages(t *testing.T, target netip.AddrPort) {
	t.Helper()
	for _, protocol := range []string{"1.0", "1.0C", "1.1"} {
		s := httpSpec(target, pageURLs()...)
		s.HTTP.Protocol = protocol
		p, err := New(s, Env{})
		if err != nil {
			t.Fatal(err)
		}
		for i, u := range s.HTTP.URLs {
			r := p.Probe(t.Context(), i)
			if !r.OK || r.URL != i || (u.Path == "/page" && (r.Bytes != int64(len(page)) || r.Status != 200)) {
				t.Errorf("%s url %d: %+v", protocol, i, r)
			}
		}
		s.HTTP.URLs = []URL{{Path: "/none"}, {Path: "/page", Digest: new([16]byte)}}
		if p, err = New(s, Env{}); err != nil {
			t.Fatal(err)
		}
		wantResult(t, p.Probe(t.Context(), 0), false, false, "status 404, want 200-299")
		want := fmt.Sprintf("digest %x, want 00000000000000000000000000000000", md5.Sum([]byte(page)))
		wantResult(t, p.Probe(t.Context(), 1), false, false, want)
	}
}

func TestGoServer(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/page", func(w http.ResponseWriter, _ *http.Request) { // chunked in 1.1
		for piece := range strings.Lines(page) {
			io.WriteString(w, piece)
		}
	})
	for _, addr := range []string{"127.0.0.1:0", "[::1]:0"} {
		t.Run(addr, func(t *testing.T) {
			l, err := net.Listen("tcp", addr)
			if err != nil {
				t.Skip(err)
			}
			server := httptest.Server{Listener: l, Config: &http.Server{Handler: mux}}
			server.Start()
			defer server.Close()
			wantPages(t, l.Addr().(*net.TCPAddr).AddrPort())
		})
	}
}

// runServer starts a real server and waits until it accepts. It skips the test
// where the program is missing.
func runServer(t *testing.T, target netip.AddrPort, name string, args ...string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skip(err)
	}
	cmd := exec.Command(name, args...)
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		if t.Failed() {
			t.Log(said.String())
		}
	})
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		c, err := net.Dial("tcp", target.String())
		if err == nil {
			c.Close()
			return
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

func pageDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "page"), []byte(page), 0o644); err != nil {
		t.Fatal(err)
	}
	// nginx as root serves as another user.
	for d := dir; d != os.TempDir() && d != "/"; d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestBusyboxServer(t *testing.T) {
	target := closedPort(t)
	runServer(t, target, "busybox", "httpd", "-f", "-p", target.String(), "-h", pageDir(t))
	wantPages(t, target)
}

func TestNginxServer(t *testing.T) {
	target, dir := closedPort(t), pageDir(t)
	config := fmt.Sprintf(`daemon off; master_process off; pid %[1]s/pid; error_log stderr;
events {}
http {
  access_log off;
  client_body_temp_path %[1]s/b; proxy_temp_path %[1]s/p; fastcgi_temp_path %[1]s/f;
  uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;
  gzip on; gzip_types *;
  server { listen %[2]s; root %[1]s; }
}`, dir, target)
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	runServer(t, target, "nginx", "-c", file, "-e", "stderr", "-p", dir)
	wantPages(t, target)
}

// TestNginxOverTLS asks a real server with a certificate in a file, which asks for
// ours.
func TestNginxOverTLS(t *testing.T) {
	target, dir := closedPort(t), pageDir(t)
	a := newAuthority(t, "CA")
	cert, key := pemPair(t, a.issue("www.example.net", 100*time.Hour))
	for name, data := range map[string][]byte{"cert": cert, "key": key, "ca": a.pem} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	config := fmt.Sprintf(`daemon off; master_process off; pid %[1]s/pid; error_log stderr;
events {}
http {
  access_log off;
  client_body_temp_path %[1]s/b; proxy_temp_path %[1]s/p; fastcgi_temp_path %[1]s/f;
  uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;
  server {
    listen %[2]s ssl; root %[1]s; server_name www.example.net;
    ssl_certificate %[1]s/cert; ssl_certificate_key %[1]s/key; ssl_client_certificate %[1]s/ca; ssl_verify_client on;
  }
}`, dir, target)
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	runServer(t, target, "nginx", "-c", file, "-e", "stderr", "-p", dir)
	s := sslSpec(target, func(s *Spec) {
		s.HTTP.URLs = pageURLs()
		s.HTTP.URLs[2].ServerName = "www.example.net"
	})
	wantResult(t, probe(t, s, Env{}), false, false, "status 400, want 200-299") // without a certificate
	client, err := NewClientCertificate(pemPair(t, a.issue("director", time.Hour)))
	if err != nil {
		t.Fatal(err)
	}
	s.TLS.Client = client
	p, err := New(s, Env{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range s.HTTP.URLs {
		if r := p.Probe(t.Context(), i); !r.OK || !strings.HasSuffix(r.Reason, ", certificate valid for 4 days") {
			t.Errorf("url %d: %+v", i, r)
		}
	}
}

// TestBadRealServers has what a pipe cannot do; TestBadServers has the rest.
func TestBadRealServers(t *testing.T) {
	reset := func(c *net.TCPConn) { c.SetLinger(0); c.Close() }
	read := func(c *net.TCPConn) { c.Read(make([]byte, 4096)) }
	for _, tt := range []struct {
		name   string
		serve  func(*net.TCPConn)
		ok     bool
		reason string
	}{
		{"reset after the request", func(c *net.TCPConn) { read(c); reset(c) }, false, "PHASE: connection reset by peer"},
		{"reset in the body", func(c *net.TCPConn) {
			read(c)
			io.WriteString(c, "HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\nhello")
			reset(c)
		}, false, "PHASE: connection reset by peer"},
		{"closed in the body", func(c *net.TCPConn) {
			read(c)
			io.WriteString(c, "HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\nhello")
			c.Close()
		}, true, "status 200, body ended after 5 of 9 bytes"},
		{"a hundred megabytes", func(c *net.TCPConn) {
			read(c)
			io.WriteString(c, "HTTP/1.0 200 OK\r\nContent-Length: 100000000\r\n\r\n")
			var err error
			for buf := make([]byte, 64<<10); err == nil; {
				_, err = c.Write(buf)
			}
			c.Close()
		}, true, "status 200"},
		{"one byte a while", func(c *net.TCPConn) {
			read(c)
			io.WriteString(c, "HTTP/1.0 200 OK\r\n\r\n")
			var err error
			for err == nil {
				_, err = c.Write([]byte("x"))
				time.Sleep(80 * time.Millisecond)
			}
			c.Close()
		}, false, "body not complete after N bytes within 200ms"},
		{"silence", func(c *net.TCPConn) { io.Copy(io.Discard, c); c.Close() }, false, "no answer within 200ms"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := httpSpec(listen(t, "127.0.0.1:0", tt.serve), URL{Path: "/"})
			s.ConnectTimeout = 200 * time.Millisecond
			r := probe(t, s, Env{})
			r.Reason = regexp.MustCompile(`after \d+ bytes`).ReplaceAllString(r.Reason, "after N bytes")
			// A reset may overtake what was sent before it.
			r.Reason = regexp.MustCompile(`^(answer|headers|body): `).ReplaceAllString(r.Reason, "PHASE: ")
			wantResult(t, r, tt.ok, false, tt.reason)
			if r.Latency > 2*time.Second {
				t.Errorf("took %v", r.Latency)
			}
		})
	}
}
