package checkers

import (
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

func TestRequestsWithMethodsAndHeaders(t *testing.T) {
	for _, tt := range []struct {
		name   string
		url    URL
		answer string
		want   string
		ok     bool
		reason string
	}{
		{"headers", URL{Path: "/", Headers: []Header{{"Accept", "text/html"}, {"X-Check", "a b\tc"}}}, "HTTP/1.0 200 OK\r\n\r\n",
			"GET / HTTP/1.0\r\nHost: 10.0.0.1:80\r\nAccept: text/html\r\nX-Check: a b\tc\r\nUser-Agent: director\r\n\r\n", true, "status 200"},
		{"our name can be another", URL{Path: "/", Headers: []Header{{"user-agent", "curl"}}}, "HTTP/1.0 200 OK\r\n\r\n",
			"GET / HTTP/1.0\r\nHost: 10.0.0.1:80\r\nuser-agent: curl\r\n\r\n", true, "status 200"},
		{"POST", URL{Method: "POST", Path: "/"}, "HTTP/1.0 200 OK\r\n\r\n",
			"POST / HTTP/1.0\r\nHost: 10.0.0.1:80\r\nUser-Agent: director\r\nContent-Length: 0\r\n\r\n", true, "status 200"},
		{"HEAD has no body, whatever the headers say", URL{Method: "HEAD", Path: "/"}, "HTTP/1.0 200 OK\r\nContent-Length: 99\r\n\r\n",
			"HEAD / HTTP/1.0\r\nHost: 10.0.0.1:80\r\nUser-Agent: director\r\n\r\n", true, "status 200"},
		{"HEAD and chunks", URL{Method: "HEAD", Path: "/"}, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
			"HEAD / HTTP/1.0\r\nHost: 10.0.0.1:80\r\nUser-Agent: director\r\n\r\n", true, "status 200"},
		{"body_contains", URL{Path: "/", Contains: "in order"}, "HTTP/1.0 200 OK\r\n\r\nall in order",
			"GET / HTTP/1.0\r\nHost: 10.0.0.1:80\r\nUser-Agent: director\r\n\r\n", true, "status 200"},
		{"body_contains not", URL{Path: "/", Contains: "in order"}, "HTTP/1.0 200 OK\r\n\r\nbroken",
			"GET / HTTP/1.0\r\nHost: 10.0.0.1:80\r\nUser-Agent: director\r\n\r\n", false, `"in order" not found in 6 bytes`},
		{"the status comes first", URL{Path: "/", Contains: "in order"}, "HTTP/1.0 500 no\r\n\r\nbroken",
			"GET / HTTP/1.0\r\nHost: 10.0.0.1:80\r\nUser-Agent: director\r\n\r\n", false, "status 500, want 200-299"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, got := ask(t, httpSpec(web1, tt.url), say(tt.answer))
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("request (-want +got):\n%s", diff)
				}
				wantResult(t, r, tt.ok, false, tt.reason)
			})
		})
	}
}

func TestRequestRefuses(t *testing.T) {
	for _, u := range []URL{
		{Path: "/", Method: "DELETE"}, {Path: "/", Host: "2001:db8::1"}, {Path: "/", Host: "a b"},
		{Path: "/", Headers: []Header{{"Host", "x"}}}, {Path: "/", Headers: []Header{{"content-length", "1"}}},
		{Path: "/", Headers: []Header{{"A:", "x"}}}, {Path: "/", Headers: []Header{{"", "x"}}},
		{Path: "/", Headers: []Header{{"A", "x\r\nB: y"}}},
	} {
		if _, err := New(httpSpec(web1, u), Env{}); err == nil {
			t.Errorf("taken: %+v", u)
		}
	}
}
