package checkers

import (
	"bufio"
	"context"
	"crypto/md5"
	"errors"
	"io"
	"net"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// ask probes url 0 of s once, served by serve on a connection in memory. It
// returns the request with the result. Call it from a synctest bubble.
func ask(t *testing.T, s Spec, serve func(net.Conn)) (Result, string) {
	t.Helper()
	request := make(chan string, 1)
	done := make(chan struct{})
	p, err := New(s, Env{Dial: func(context.Context, *Spec, netip.Addr) (Conn, error) {
		near, far := net.Pipe()
		go func() {
			defer close(done)
			defer far.Close()
			var lines strings.Builder
			in := bufio.NewReader(far)
			for line, err := in.ReadString('\n'); ; line, err = in.ReadString('\n') {
				lines.WriteString(line)
				if err != nil || line == "\r\n" {
					break
				}
			}
			request <- lines.String()
			serve(far)
		}()
		return near, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	r := p.Probe(t.Context(), 0)
	<-done
	return r, <-request
}

// say returns a server that answers with these bytes and closes.
func say(answer string) func(net.Conn) {
	return func(c net.Conn) { io.WriteString(c, answer) }
}

func TestRequest(t *testing.T) {
	v4, v6 := netip.MustParseAddrPort("10.0.0.1:80"), netip.MustParseAddrPort("[2001:db8::1]:8080")
	for _, tt := range []struct {
		name, protocol, host string
		target               netip.AddrPort
		want                 string
	}{
		{"1.0", "1.0", "", v4, "GET /a?b=1 HTTP/1.0\r\nHost: 10.0.0.1:80\r\nUser-Agent: director\r\n\r\n"},
		{"1.0C", "1.0C", "", v6, "GET /a?b=1 HTTP/1.0\r\nHost: [2001:db8::1]:8080\r\nUser-Agent: director\r\nConnection: close\r\n\r\n"},
		{"1.1", "1.1", "www.example.net", v4, "GET /a?b=1 HTTP/1.1\r\nHost: www.example.net\r\nUser-Agent: director\r\nConnection: close\r\n\r\n"},
		{"a zone is nothing to the server", "1.0", "", netip.MustParseAddrPort("[fe80::1%eth0]:80"),
			"GET /a?b=1 HTTP/1.0\r\nHost: [fe80::1]:80\r\nUser-Agent: director\r\n\r\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := httpSpec(tt.target, URL{Path: "/a?b=1", Host: tt.host})
				s.HTTP.Protocol = tt.protocol
				_, got := ask(t, s, say(""))
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("request (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestNewRefuses(t *testing.T) {
	url := URL{Path: "/"}
	for _, tt := range []struct {
		name   string
		change func(*Spec)
		want   string
	}{
		{"no target", func(s *Spec) { s.Target = netip.AddrPort{} }, "not an address and a port"},
		{"no port", func(s *Spec) { s.Target = netip.AddrPortFrom(s.Target.Addr(), 0) }, "not an address and a port"},
		{"no timeout", func(s *Spec) { s.ConnectTimeout = 0 }, "must be above 0"},
		{"no such checker", func(s *Spec) { s.Kind = "GOPHER_GET" }, `no such checker: "GOPHER_GET"`},
		{"a source of the other family", func(s *Spec) { s.Bind = netip.IPv6Loopback() }, "of the other family"},
		{"no url", func(s *Spec) { s.HTTP.URLs = nil }, "no url"},
		{"no HTTP", func(s *Spec) { s.HTTP = nil }, "no url"},
		{"a path that ends the line", func(s *Spec) { s.HTTP.URLs[0].Path = "/\r\nX: y" }, "must begin with / and have no blanks"},
		{"a relative path", func(s *Spec) { s.HTTP.URLs[0].Path = "index.html" }, "must begin with /"},
		{"a host with a blank", func(s *Spec) { s.HTTP.URLs[0].Host = "a b" }, "virtualhost"},
		{"no such protocol", func(s *Spec) { s.HTTP.Protocol = "2" }, `http_protocol "2"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := httpSpec(web1, url)
			tt.change(&s)
			if _, err := New(s, Env{}); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("err %v, want one with %q", err, tt.want)
			}
		})
	}
}

// answerTest is what a server says to url, and what the probe makes of it.
type answerTest struct {
	name   string
	url    URL
	answer string
	ok     bool
	reason string
}

func testAnswers(t *testing.T, tests []answerTest) {
	t.Helper()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tt.url.Path = "/"
				r, _ := ask(t, httpSpec(web1, tt.url), say(tt.answer))
				if r.OK != tt.ok || r.Reason != tt.reason || r.Unmade {
					t.Errorf("got %v %q\nwant %v %q", r.OK, r.Reason, tt.ok, tt.reason)
				}
			})
		})
	}
}

func TestAnswers(t *testing.T) {
	sum := md5.Sum([]byte("hello"))
	digest := URL{Digest: &sum}
	regex := func(re string, from, before int, no bool) URL {
		return URL{Regex: regexp.MustCompile(re), RegexMin: from, RegexMax: before, RegexNoMatch: no}
	}
	testAnswers(t, []answerTest{
		// Status.
		{"200 to 299 by default", URL{}, "HTTP/1.0 299 x\r\n\r\n", true, "status 299"},
		{"300 is not", URL{}, "HTTP/1.0 300 x\r\n\r\n", false, "status 300, want 200-299"},
		{"a redirect is not followed", URL{}, "HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n", false, "status 302, want 200-299"},
		{"listed codes", URL{Status: []StatusRange{{404, 404}, {500, 599}}}, "HTTP/1.0 404 x\r\n\r\n", true, "status 404"},
		{"200 when others are listed", URL{Status: []StatusRange{{404, 404}, {500, 599}}}, "HTTP/1.0 200 x\r\n\r\n", false,
			"status 200, want 404, 500-599"},
		{"204 has no body", URL{}, "HTTP/1.1 204 x\r\nContent-Length: 5\r\n\r\n", true, "status 204"},
		{"no phrase", URL{}, "HTTP/1.1 200\r\n\r\n", true, "status 200"},
		{"LF alone", URL{}, "HTTP/1.1 200 OK\nContent-Length: 0\n\n", true, "status 200"},
		{"interim answers are skipped", URL{}, "HTTP/1.1 100 x\r\n\r\nHTTP/1.1 103 x\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", true, "status 200"},
		{"101 is final", URL{}, "HTTP/1.1 101 x\r\n\r\n", false, "status 101, want 200-299"},
		// Body and its end.
		{"short body passes by itself", URL{}, "HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\nhello", true, "status 200, body ended after 5 of 9 bytes"},
		{"short body fails its digest", URL{Digest: &[16]byte{}}, "HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\nhello", false,
			"digest 5d41402abc4b2a76b9719d911017c592, want 00000000000000000000000000000000"},
		{"digest until the end of the stream", digest, "HTTP/1.0 200 OK\r\n\r\nhello", true, "status 200"},
		{"digest over Content-Length bytes only", digest, "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello world", true, "status 200"},
		{"chunked", digest, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n", true, "status 200"},
		{"chunked beats Content-Length", digest, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: gzip, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", true, "status 200"},
		{"HTTP/1.0 has no chunks", digest, "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nhello", true, "status 200"},
		{"end within a chunk", digest, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhello", true, "status 200, body ended within a chunk"},
		{"malformed chunk", digest, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nhello\r\n", false, "body: invalid byte in chunk length"},
		{"one Content-Length twice", digest, "HTTP/1.0 200 OK\r\nContent-Length: 5\r\ncontent-length:5\r\n\r\nhello", true, "status 200"},
		{"two Content-Lengths", URL{}, "HTTP/1.0 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", false, "two Content-Lengths: 5 and 6"},
		{"malformed Content-Length", URL{}, "HTTP/1.0 200 OK\r\nContent-Length: -5\r\n\r\n", false, `malformed Content-Length: "-5"`},
		{"a huge Content-Length with a digest", digest, "HTTP/1.0 200 OK\r\nContent-Length: 100000000\r\n\r\n", false, "body of 100000000 bytes, too long for a digest"},
		// Order of the tests.
		{"status before digest", URL{Digest: &[16]byte{}}, "HTTP/1.0 500 x\r\n\r\nhello", false, "status 500, want 200-299"},
		{"digest before regex", URL{Digest: &[16]byte{}, Regex: regexp.MustCompile("x")}, "HTTP/1.0 200 x\r\n\r\nhello", false,
			"digest 5d41402abc4b2a76b9719d911017c592, want 00000000000000000000000000000000"},
		{"regex after digest", URL{Digest: &sum, Regex: regexp.MustCompile("x")}, "HTTP/1.0 200 x\r\n\r\nhello", false, `regex "x" not found in 5 bytes`},
		// Regex.
		{"regex found", regex("l+o", 0, 0, false), "HTTP/1.0 200 x\r\n\r\nhello", true, "status 200"},
		{"regex of an empty body", regex("^$", 0, 0, false), "HTTP/1.0 200 x\r\n\r\n", true, "status 200"},
		{"regex must not be found", regex("l+o", 0, 0, true), "HTTP/1.0 200 x\r\n\r\nhello", false, `regex "l+o" found at byte 2`},
		{"regex is not found and must not be", regex("z", 0, 0, true), "HTTP/1.0 200 x\r\n\r\nhello", true, "status 200"},
		{"a match begins at regex_min_offset", regex("l", 2, 0, false), "HTTP/1.0 200 x\r\n\r\nhello", true, "status 200"},
		{"a match before regex_min_offset does not count", regex("e", 2, 0, false), "HTTP/1.0 200 x\r\n\r\nhello", false, `regex "e" not found in 5 bytes`},
		{"a match that reaches over regex_min_offset hides none", regex("h.*|o", 2, 0, false), "HTTP/1.0 200 x\r\n\r\nhello", true, "status 200"},
		{"regex_min_offset beyond the body", regex("l*", 9, 0, false), "HTTP/1.0 200 x\r\n\r\nhello", false, `regex "l*" not found in 5 bytes`},
		{"a match begins before regex_max_offset", regex("l", 0, 3, false), "HTTP/1.0 200 x\r\n\r\nhello", true, "status 200"},
		{"a match may end after regex_max_offset", regex("llo", 0, 3, false), "HTTP/1.0 200 x\r\n\r\nhello", true, "status 200"},
		{"a match at regex_max_offset is too late", regex("o", 0, 4, false), "HTTP/1.0 200 x\r\n\r\nhello", false, `regex "o" found at byte 4, want before 4`},
		{"too late is not found", regex("o", 0, 4, true), "HTTP/1.0 200 x\r\n\r\nhello", true, "status 200"},
	})
}

func TestNoAnswers(t *testing.T) {
	testAnswers(t, []answerTest{
		{"closed without a word", URL{}, "", false, "connection closed without an answer"},
		{"closed in the status line", URL{}, "HTTP/1.0 20", false, "connection closed within the headers"},
		{"closed in the headers", URL{}, "HTTP/1.0 200 OK\r\nServer: x\r\n", false, "connection closed within the headers"},
		{"HTTP/0.9", URL{}, "<html>hello</html>\n", false, `no HTTP/1 answer: "<html>hello</html>"`},
		{"another protocol", URL{}, "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", false, `no HTTP/1 answer: "SSH-2.0-OpenSSH_9.2p1 De"...`},
		{"HTTP/2", URL{}, "HTTP/2.0 200 OK\r\n\r\n", false, `no HTTP/1 answer: "HTTP/2.0 200 OK"`},
		{"garbage that would move the cursor", URL{}, "\x1b[2J\x07\xff\n", false, `no HTTP/1 answer: "\x1b[2J\a\xff"`},
		{"garbage without a line", URL{}, strings.Repeat("\x00", 100_000), false, `no HTTP/1 answer: "` + strings.Repeat(`\x00`, 24) + `"...`},
		{"status of two digits", URL{}, "HTTP/1.1 20 OK\r\n\r\n", false, `no HTTP/1 answer: "HTTP/1.1 20 OK"`},
		{"status below 100", URL{}, "HTTP/1.1 020 OK\r\n\r\n", false, `no HTTP/1 answer: "HTTP/1.1 020 OK"`},
		{"one long header", URL{}, "HTTP/1.1 200 OK\r\nSet-Cookie: " + strings.Repeat("x", 60_000) + "\r\nContent-Length: 0\r\n\r\n", true, "status 200"},
		{"too many headers", URL{}, "HTTP/1.1 200 OK\r\n" + strings.Repeat("X-Filler: y\r\n", 6000), false, "more than 64 KiB of headers"},
		{"interim answers for ever", URL{}, strings.Repeat("HTTP/1.1 102 x\r\n\r\n", 6000), false, "more than 64 KiB of headers"},
	})
}

// TestBadServers: what takes too long fails after its phase, not later.
func TestBadServers(t *testing.T) {
	ever := func(piece string, pause time.Duration) func(net.Conn) {
		return func(c net.Conn) {
			var err error
			for err == nil {
				time.Sleep(pause)
				_, err = io.WriteString(c, piece)
			}
		}
	}
	after := func(answer string, then func(net.Conn)) func(net.Conn) {
		return func(c net.Conn) { say(answer)(c); then(c) }
	}
	silent := func(c net.Conn) { io.Copy(io.Discard, c) }
	const s = time.Second // connect_timeout
	for _, tt := range []struct {
		name   string
		serve  func(net.Conn)
		regex  string // "digest" tests a digest instead
		took   time.Duration
		ok     bool
		reason string
	}{
		{"silence", silent, "", s, false, "no answer within 1s"},
		{"half a status line", after("HTTP/1.", silent), "", s, false, "headers not complete within 1s"},
		{"one byte of a header at a time", after("HTTP/1.0 200 OK\r\n", ever("x", 100*time.Millisecond)), "", s, false, "headers not complete within 1s"},
		{"headers for ever", after("HTTP/1.0 200 OK\r\n", ever("a: b\r\n", time.Millisecond)), "", s, false, "headers not complete within 1s"},
		{"headers for ever, fast", after("HTTP/1.0 200 OK\r\n", ever("a: b\r\n", 0)), "", 0, false, "more than 64 KiB of headers"},
		{"a body that stalls", after("HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\nhello", silent), "", s, false, "body not complete after 5 bytes within 1s"},
		{"a body of one byte a while", after("HTTP/1.0 200 OK\r\n\r\n", ever("x", 300*time.Millisecond)), "", s, false, "body not complete after 3 bytes within 1s"},
		{"late headers, late body", func(c net.Conn) {
			time.Sleep(s - 1)
			say("HTTP/1.0 200 OK\r\n\r\n")(c)
			time.Sleep(s - 1)
			say("hello")(c)
		}, "", 2*s - 2, true, "status 200"},
		{"a body for ever", after("HTTP/1.0 200 OK\r\n\r\n", ever(strings.Repeat("x", 4096), 0)), "", 0, true, "status 200"},
		{"a body for ever, searched", after("HTTP/1.0 200 OK\r\n\r\n", ever(strings.Repeat("x", 4096), 0)), "y", 0, false, `regex "y" not found in 1048576 bytes`},
		{"a body for ever with a digest", after("HTTP/1.0 200 OK\r\n\r\n", ever(strings.Repeat("x", 64<<10), 0)), "digest", 0, false, "body over 67108864 bytes, too long for a digest"},
		{"an answer that is complete need not end", after("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", silent), "", 0, true, "status 200"},
		{"more than was announced", after("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", ever("x", 0)), "", 0, true, "status 200"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				u := URL{Path: "/"}
				switch tt.regex {
				case "":
				case "digest":
					u.Digest = &[16]byte{}
				default:
					u.Regex = regexp.MustCompile(tt.regex)
				}
				r, _ := ask(t, httpSpec(web1, u), tt.serve)
				if r.OK != tt.ok || r.Reason != tt.reason || r.Latency != tt.took {
					t.Errorf("got %v %q after %v\nwant %v %q after %v", r.OK, r.Reason, r.Latency, tt.ok, tt.reason, tt.took)
				}
			})
		})
	}
}

func TestProbeEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		defer far.Close()
		go io.Copy(io.Discard, far)
		p, err := New(httpSpec(web1, URL{Path: "/"}), Env{Dial: func(context.Context, *Spec, netip.Addr) (Conn, error) {
			return near, nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(300*time.Millisecond, func() { cancel(errors.New("stopping")) })
		r := p.Probe(ctx, 0)
		if !r.Unmade || r.Latency != 300*time.Millisecond || r.Reason != "probe: stopping" {
			t.Errorf("%+v", r)
		}
	})
}
