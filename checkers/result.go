package checkers

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"time"
	"unicode"
)

// maxReason is the longest reason in bytes.
const maxReason = 120

// Result is what one probe found out.
type Result struct {
	// OK: the server answered as it should.
	OK bool
	// Unmade: this machine lacked something (a descriptor, a local port, a
	// source address, a privilege), so the probe says nothing of the server.
	// OK is false, and the failure does not count.
	Unmade bool
	// Reason is a short phrase for people, also when OK: "status 503, want
	// 200-299". It is printable text of at most 120 bytes, whatever the server
	// sent.
	Reason string
	// Latency is how long the probe took, and At when it ended.
	Latency time.Duration
	At      time.Time
	// URL is the position of the URL asked, from 0; Status the code answered,
	// 0: none; Bytes the length of the body as far as it was read. 0 for kinds
	// other than HTTP_GET and SSL_GET.
	URL    int
	Status int
	Bytes  int64
	// Expires is when the server's certificate ends, of SSL_GET; zero: it sent
	// none.
	Expires time.Time
	// SetsWeight: the server is to have this Weight, of MISC_CHECK.
	SetsWeight bool
	Weight     int
}

// newResult makes the result of a probe that began at start and ended now: in
// order when err is nil, with reason good.
func newResult(start time.Time, good string, err error) Result {
	now := time.Now()
	r := Result{OK: err == nil, Reason: good, Latency: now.Sub(start), At: now}
	if err != nil {
		var lack *lackError
		r.Unmade = errors.As(err, &lack)
		r.Reason = err.Error()
	}
	r.Reason = printable(r.Reason)
	return r
}

// lackError is something that this machine lacks for a probe.
type lackError struct {
	doing string
	err   error
}

func (e *lackError) Error() string { return e.doing + ": " + brief(e.err) }
func (e *lackError) Unwrap() error { return e.err }

// brief returns the innermost text of an error of a system call: "connection
// refused" says all that "read : connection refused" does.
func brief(err error) string {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno.Error()
	}
	return err.Error()
}

// quote returns the first bytes of what a server sent, in quotes.
func quote(b []byte) string {
	const most = 24
	if len(b) > most {
		return fmt.Sprintf("%q...", b[:most])
	}
	return fmt.Sprintf("%q", b)
}

// printable returns s without anything that could disturb a terminal or a log,
// cut to maxReason bytes.
func printable(s string) string {
	clean := true
	for i := 0; i < len(s) && clean; i++ {
		clean = s[i] >= ' ' && s[i] <= '~'
	}
	if !clean {
		s = strings.Map(func(r rune) rune {
			if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
				return '?'
			}
			return r
		}, s)
	}
	if len(s) <= maxReason {
		return s
	}
	// Cut at the beginning of a character.
	end := maxReason - len("...")
	for end > 0 && s[end]&0xc0 == 0x80 {
		end--
	}
	return s[:end] + "..."
}
