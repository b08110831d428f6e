// Package checkers finds out whether a real server is in order.
//
// What one probe does is in one file per checker. What a run of results means
// is [Verdict], a pure function. [Pool] runs ten thousand of them, spread over
// their intervals.
//
// Package checkers knows nothing of IPVS, quorum or weights of services.
package checkers

import (
	"net/netip"
	"regexp"
	"time"
)

// Kind names a checker as the configuration does.
type Kind string

// The checkers.
const (
	TCPCheck Kind = "TCP_CHECK"
	HTTPGet  Kind = "HTTP_GET"
	DNSCheck Kind = "DNS_CHECK"
)

// Spec describes one check of one real server completely. All ranges are
// checked by package config, and every default has been filled in.
type Spec struct {
	Kind Kind
	// Target is where the probe goes: connect_ip and connect_port, else the
	// real server.
	Target netip.AddrPort
	// Bind is the source of the probe (bindto, bind_port); an invalid address
	// lets the pool choose one that is no virtual address.
	Bind     netip.Addr
	BindPort uint16
	// BindInterface is bind_if, or empty.
	BindInterface string
	// FWMark is set on the probe's packets; 0: none.
	FWMark uint32
	// ConnectTimeout bounds the connect, and again each phase of the reply.
	ConnectTimeout time.Duration
	// DelayLoop is the time from the end of one probe to the start of the next
	// while nothing is wrong, or while the server is out.
	DelayLoop time.Duration
	// Retry is the number of further tries before a failure counts; 0: none.
	Retry int
	// DelayBeforeRetry is the time between those tries.
	DelayBeforeRetry time.Duration
	// Warmup is the longest random delay before the first probe.
	Warmup time.Duration
	// Alpha: not in order until the first success.
	Alpha bool
	// LogAllFailures logs each failed try, not only the one that counts.
	LogAllFailures bool
	// HTTP holds what HTTP_GET needs; nil for other kinds.
	HTTP *HTTP
	// DNS holds what DNS_CHECK needs; nil for other kinds.
	DNS *DNS
}

// HTTP is the part of a Spec that HTTP_GET needs.
type HTTP struct {
	// Protocol is "1.0", "1.0C" or "1.1".
	Protocol string
	// FastRecovery skips DelayLoop between the URLs while the server is out.
	FastRecovery bool
	// URLs are asked in this order, at least one.
	URLs []URL
}

// URL is one request of an HTTP_GET and what its answer must be.
type URL struct {
	// Path is the request target, beginning with "/".
	Path string
	// Host is the Host header; empty: the target's address and port.
	Host string
	// Status holds the accepted codes; empty: 200 to 299.
	Status []StatusRange
	// Digest is the MD5 of the body; nil: not tested.
	Digest *[16]byte
	// Regex must be found in the body, or must not with RegexNoMatch; nil: not
	// tested. A match must begin at RegexMin or later, and, if RegexMax is not
	// 0, before RegexMax.
	Regex              *regexp.Regexp
	RegexNoMatch       bool
	RegexMin, RegexMax int
}

// DNS is the part of a Spec that DNS_CHECK needs.
type DNS struct {
	// Type is the type asked for, one of [DNSTypes].
	Type string
	// Name is the name asked for, as [DomainName] returns it.
	Name string
}

// StatusRange is a range of HTTP status codes, both ends included.
type StatusRange struct{ First, Last int }
