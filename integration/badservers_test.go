package integration

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"director/integration/lab"
	"director/internal/api"
)

// A badServer answers every request in its bad way until it is mended.
type badServer struct {
	name string
	// reason is part of what status must say.
	reason string
	serve  func(conn net.Conn, request *http.Request)

	mended atomic.Bool
}

// untilGone writes something again and again, until the other side has had
// enough.
func untilGone(conn net.Conn, every time.Duration, text string) {
	for n := 0; ; n++ {
		if _, err := fmt.Fprintf(conn, text, n); err != nil {
			return
		}
		time.Sleep(every)
	}
}

// silence waits until the other side has gone.
func silence(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }

const okHead = "HTTP/1.1 200 OK\r\n"

func badServers() []*badServer {
	return []*badServer{
		{name: "sends headers for ever, fast", reason: "headers", serve: func(c net.Conn, _ *http.Request) {
			_, _ = io.WriteString(c, okHead)
			untilGone(c, 0, "X-Header-%d: "+strings.Repeat("x", 1000)+"\r\n")
		}},
		{name: "sends headers for ever, slowly", reason: "headers not complete within", serve: func(c net.Conn, _ *http.Request) {
			_, _ = io.WriteString(c, okHead)
			untilGone(c, 100*time.Millisecond, "X-Header-%d: x\r\n")
		}},
		{name: "sends one header for ever", reason: "headers", serve: func(c net.Conn, _ *http.Request) {
			_, _ = io.WriteString(c, okHead+"X-Header: ")
			untilGone(c, 0, strings.Repeat("x", 1000)+"%d")
		}},
		{name: "closes at once", reason: "connection closed without an answer", serve: func(net.Conn, *http.Request) {}},
		{name: "closes within the headers", reason: "connection closed within the headers", serve: func(c net.Conn, _ *http.Request) {
			_, _ = io.WriteString(c, okHead+"Content-Len")
		}},
		{name: "redirects to itself", reason: "status 302", serve: func(c net.Conn, r *http.Request) {
			_, _ = io.WriteString(c, "HTTP/1.1 302 Found\r\nLocation: "+r.URL.Path+"\r\nContent-Length: 0\r\n\r\n")
		}},
		{name: "is silent", reason: "no answer within", serve: func(c net.Conn, _ *http.Request) { silence(c) }},
		{name: "resets", reason: "connection reset", serve: func(c net.Conn, _ *http.Request) {
			_ = c.(*net.TCPConn).SetLinger(0)
		}},
		{name: "stalls in the body", reason: "body not complete", serve: func(c net.Conn, _ *http.Request) {
			_, _ = io.WriteString(c, okHead+"Content-Length: 100\r\n\r\nhalf")
			silence(c)
		}},
		{name: "drips a body for ever", reason: "body not complete", serve: func(c net.Conn, _ *http.Request) {
			_, _ = io.WriteString(c, okHead+"\r\n")
			untilGone(c, 100*time.Millisecond, "%d")
		}},
		{name: "speaks no HTTP", reason: "SSH-2.0", serve: func(c net.Conn, _ *http.Request) {
			_, _ = io.WriteString(c, "SSH-2.0-OpenSSH_9.2p1 \x1b[2J\r\n\r\n")
		}},
		{name: "answers 503", reason: "status 503", serve: func(c net.Conn, _ *http.Request) {
			_, _ = io.WriteString(c, "HTTP/1.1 503 Service Unavailable\r\n\r\nsorry")
		}},
		{name: "is in order", serve: nil},
	}
}

// answer serves one connection.
func (s *badServer) answer(conn net.Conn) {
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	request, err := http.ReadRequest(bufio.NewReader(conn))
	if err != nil {
		return
	}
	if s.serve != nil && !s.mended.Load() {
		s.serve(conn, request)
		return
	}
	_, _ = io.WriteString(conn, okHead+"Content-Length: 2\r\n\r\nok")
}

const badServerHead = `virtual_server "web" {
  address            = "10.99.0.100:80"
  lb_kind            = "NAT"
  delay_loop         = 0.2
  connect_timeout    = 1
  retry              = 1
  delay_before_retry = 0.1
  HTTP_GET {
    url {
      path = "/health"
    }
  }
`

// TestBadServers checks servers that do not answer as they should. It runs
// without IPVS: status shows what would be in the table.
func TestBadServers(t *testing.T) {
	lab.Need(t, lab.Netns)
	l := lab.New(t)
	lan := l.Segment("lan")
	lvs := l.Host("lvs1", lan.At("10.99.0.2/24"))
	web := l.Host("web1", lan.At("10.99.0.11/24"))
	servers := badServers()
	config := virtualRouter(`virtual_ipaddress "10.99.0.100/24" {}`) + badServerHead
	for n, s := range servers {
		at := badServerName(n)
		serveOn(t, web, at, s.answer)
		config += fmt.Sprintf("  real_server %q {}\n", at)
	}
	// Nobody listens there; no machine has the other address.
	config += "  real_server \"10.99.0.11:9000\" {}\n  real_server \"10.99.0.200:80\" {}\n}\n"
	b := newBalancer(l, lvs, config)

	wants := map[string]string{"10.99.0.11:9000": "connection refused", "10.99.0.200:80": ""}
	for n, s := range servers {
		if s.serve != nil {
			wants[badServerName(n)] = s.reason
		}
	}
	l.Eventually(10*time.Second, "the bad servers are out", func() bool { return len(b.out()) == len(wants) })
	for name, reason := range b.out() {
		want, bad := wants[name]
		if !bad || !strings.Contains(reason, want) {
			t.Errorf("%s is out for %q, want %q", name, reason, want)
		}
		if strings.ContainsFunc(reason, func(r rune) bool { return r < ' ' }) {
			t.Errorf("%s: %q is not printable", name, reason)
		}
	}
	for n, s := range servers {
		lab.Claim(t, "a server that %s: %q", s.name, reasonOf(b.service("web"), badServerName(n)))
	}

	// They stay so, and the others are not disturbed.
	good := badServerName(len(servers) - 1)
	l.Always(2*time.Second, "only the bad ones are out", func() bool {
		time.Sleep(50 * time.Millisecond)
		out := b.out()
		_, goodIsOut := out[good]
		return len(out) == len(wants) && !goodIsOut
	})
	if s := b.status(); s.Control.Checks.Unmade > 0 || s.Dataplane.ControlRestarts > 0 || s.Dataplane.IPVS {
		t.Errorf("checks %+v, dataplane %+v", s.Control.Checks, s.Dataplane)
	}
	lab.Claim(t, "the server in order stays in, and director says that there is no IPVS: %q", b.status().Dataplane.IPVSReason)

	for _, s := range servers {
		s.mended.Store(true)
	}
	l.Eventually(10*time.Second, "the mended servers are in again", func() bool { return len(b.out()) == 2 })
	lab.Claim(t, "servers that answer again are in again")
}

func badServerName(n int) string { return fmt.Sprintf("10.99.0.11:%d", 8000+n) }

// out lists the servers that are not in order, with the reason.
func (b *balancer) out() map[string]string {
	out := map[string]string{}
	for _, s := range b.service("web").Servers {
		if !s.Healthy && !s.InService {
			out[s.Name] = s.Reason
		}
	}
	return out
}

func reasonOf(v api.Service, server string) string {
	for _, s := range v.Servers {
		if s.Name == server {
			return s.Reason
		}
	}
	return ""
}
