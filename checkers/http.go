package checkers

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Methods are the methods of requests. None of them has a body.
var Methods = []string{"GET", "HEAD", "OPTIONS", "POST"}

// httpGet asks for URLs over plain HTTP or TLS, a new connection each time.
//
// Redirects are not followed: their status is judged like any other. The body
// is read also when only the status is tested, so that a server that stalls in
// it fails.
//
// The connection is closed as soon as the answer is complete. Where the server
// has closed by then, as it should after our request, it is the one that keeps
// the TIME_WAIT (nginx on loopback: three times of four). What it sends
// after the end of its answer is not read.
type httpGet struct {
	spec     Spec
	env      Env
	requests [][]byte // one for each URL
	secure   []secure // of SSL_GET, one for each URL
}

func newHTTPGet(s Spec, env Env) (*httpGet, error) {
	if s.HTTP == nil || len(s.HTTP.URLs) == 0 {
		return nil, fmt.Errorf("%s of %v: no url", s.Kind, s.Target)
	}
	if (s.Kind == SSLGet) != (s.TLS != nil) {
		return nil, fmt.Errorf("%s of %v: TLS belongs to SSL_GET", s.Kind, s.Target)
	}
	h := &httpGet{spec: s, env: env}
	for i := range s.HTTP.URLs {
		request, err := request(&s, &s.HTTP.URLs[i])
		if err != nil {
			return nil, fmt.Errorf("%s of %v: %w", s.Kind, s.Target, err)
		}
		h.requests = append(h.requests, request)
		if s.TLS != nil {
			h.secure = append(h.secure, newSecure(&s, &s.HTTP.URLs[i]))
		}
	}
	return h, nil
}

func (h *httpGet) Probe(ctx context.Context, url int) Result {
	start := time.Now()
	conn, err := h.env.open(ctx, &h.spec)
	if err != nil {
		r := newResult(start, "", err)
		r.URL = url
		return r
	}
	defer conn.Close()
	defer interrupt(ctx, conn)()
	x := newExchange(ctx, conn, h.spec.ConnectTimeout)
	defer x.free()
	var expires time.Time
	if h.secure == nil {
		err = x.ask(h.requests[url], &h.spec.HTTP.URLs[url])
	} else {
		expires, err = h.secure[url].ask(x, h.requests[url])
	}
	if ctx.Err() != nil {
		err = &lackError{"probe", context.Cause(ctx)}
	}
	good := "status " + strconv.Itoa(x.head.status) + x.note
	if !expires.IsZero() {
		good += ", " + validity(expires, time.Now())
	}
	r := newResult(start, good, err)
	r.URL, r.Status, r.Bytes, r.Expires = url, x.head.status, x.read, expires
	return r
}

// judgeStatus tests the status code.
func judgeStatus(u *URL, status int) error {
	ranges := u.Status
	if len(ranges) == 0 {
		ranges = []StatusRange{{200, 299}}
	}
	want := make([]string, len(ranges))
	for i, r := range ranges {
		if r.First <= status && status <= r.Last {
			return nil
		}
		want[i] = r.String()
	}
	return fmt.Errorf("status %d, want %s", status, strings.Join(want, ", "))
}

// String returns "200-299", or "404" for a single code.
func (r StatusRange) String() string {
	if r.First == r.Last {
		return strconv.Itoa(r.First)
	}
	return strconv.Itoa(r.First) + "-" + strconv.Itoa(r.Last)
}

// judgeDigest tests the MD5 of the body.
func judgeDigest(u *URL, got [16]byte) error {
	if u.Digest == nil || got == *u.Digest {
		return nil
	}
	return fmt.Errorf("digest %x, want %x", got, *u.Digest)
}

// judgeContains searches the body for a text.
func judgeContains(u *URL, body []byte) error {
	if bytes.Contains(body, []byte(u.Contains)) {
		return nil
	}
	return fmt.Errorf("%s not found in %d bytes", quote([]byte(u.Contains)), len(body))
}

// judgeRegex searches the body from RegexMin on, as if it began there. The
// leftmost match decides: where it begins too late, all others do.
func judgeRegex(u *URL, body []byte) error {
	if u.Regex == nil {
		return nil
	}
	at := -1
	if u.RegexMin <= len(body) {
		if loc := u.Regex.FindIndex(body[u.RegexMin:]); loc != nil {
			at = u.RegexMin + loc[0]
		}
	}
	found := at >= 0 && (u.RegexMax == 0 || at < u.RegexMax)
	switch {
	case found && u.RegexNoMatch:
		return fmt.Errorf("regex %q found at byte %d", u.Regex, at)
	case !found && !u.RegexNoMatch && at >= 0:
		return fmt.Errorf("regex %q found at byte %d, want before %d", u.Regex, at, u.RegexMax)
	case !found && !u.RegexNoMatch:
		return fmt.Errorf("regex %q not found in %d bytes", u.Regex, len(body))
	}
	return nil
}
