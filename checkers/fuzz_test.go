package checkers

import (
	"bytes"
	"context"
	"crypto/md5"
	"net/netip"
	"regexp"
	"testing"
	"time"
	"unicode"
)

// canned is a connection whose server has said all it will.
type canned struct{ *bytes.Reader }

func (canned) Write(p []byte) (int, error) { return len(p), nil }
func (canned) Close() error                { return nil }
func (canned) SetDeadline(time.Time) error { return nil }

// FuzzHTTPResponse: whatever a server says, a probe has a result within the
// limits, and a reason that is fit for a terminal.
func FuzzHTTPResponse(f *testing.F) {
	for _, seed := range []string{
		"", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
		"HTTP/1.1 100 x\r\n\r\nHTTP/1.0 204\n\n", "<html>", "HTTP/1.0 200 \x1b[2J\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
	} {
		f.Add([]byte(seed))
	}
	sum := md5.Sum([]byte("hello"))
	s := httpSpec(web1, URL{Path: "/"}, URL{Path: "/", Digest: &sum}, URL{Path: "/", Regex: regexp.MustCompile("l+o")})
	f.Fuzz(func(t *testing.T, answer []byte) {
		p, err := New(s, Env{Dial: func(context.Context, *Spec, netip.Addr) (Conn, error) {
			return canned{bytes.NewReader(answer)}, nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		for i, u := range s.HTTP.URLs {
			r := p.Probe(t.Context(), i)
			if r.Unmade || r.Reason == "" || len(r.Reason) > maxReason || r.Bytes > int64(len(answer)) {
				t.Fatalf("%+v", r)
			}
			for _, c := range r.Reason {
				if !unicode.IsPrint(c) {
					t.Fatalf("reason %q", r.Reason)
				}
			}
			if r.OK && (r.Status < 200 || r.Status > 299) {
				t.Fatalf("in order with status %d", r.Status)
			}
			if r.OK && u.Digest != nil && !bytes.Contains(answer, []byte("h")) {
				t.Fatalf("in order with a digest of what was not sent: %q", answer)
			}
		}
	})
}

func TestReasonIsPrintableAndShort(t *testing.T) {
	long := string(bytes.Repeat([]byte("ä"), 100))
	for _, tt := range []struct{ in, want string }{
		{"plain", "plain"},
		{"a\x1b[31mb\n\xff\u202ec", "a?[31mb???c"},
		{"größer", "größer"},
		{long, long[:116] + "..."},
	} {
		if got := printable(tt.in); got != tt.want || len(got) > maxReason {
			t.Errorf("%q: got %q, want %q", tt.in, got, tt.want)
		}
	}
}
