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

	"director/internal/script"
)

// Kind names a checker as the configuration does.
type Kind string

// The checkers.
const (
	TCPCheck  Kind = "TCP_CHECK"
	HTTPGet   Kind = "HTTP_GET"
	SSLGet    Kind = "SSL_GET"
	SMTPCheck Kind = "SMTP_CHECK"
	DNSCheck  Kind = "DNS_CHECK"
	UDPCheck  Kind = "UDP_CHECK"
	PingCheck Kind = "PING_CHECK"
	MiscCheck Kind = "MISC_CHECK"
	FileCheck Kind = "FILE_CHECK"
	BFDCheck  Kind = "BFD_CHECK"
)

// Follows reports whether checks of the kind make no probes, but follow what
// is watched already: a file, a session of BFD.
func (k Kind) Follows() bool { return k == FileCheck || k == BFDCheck }

// Spec describes one check of one real server completely. All ranges are
// checked by package config, and every default has been filled in.
type Spec struct {
	Kind Kind
	// Target is where the probe goes: connect_ip and connect_port, else the
	// real server. The port of PING_CHECK is 0; MISC_CHECK and kinds that
	// follow have no target.
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
	// DelayLoop is the time from the end of one probe (of MISC_CHECK: from its
	// start) to the start of the next while nothing is wrong, or while the
	// server is out.
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
	// What one kind needs; nil for others. HTTP is of HTTP_GET and SSL_GET,
	// TLS of SSL_GET, Follow of FILE_CHECK and BFD_CHECK.
	HTTP   *HTTP
	TLS    *TLS
	SMTP   *SMTP
	DNS    *DNS
	UDP    *UDP
	Misc   *Misc
	Follow *Follow
}

// HTTP is the part of a Spec that HTTP_GET and SSL_GET need.
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
	// Method is one of [Methods]; empty: GET.
	Method string
	// Path is the request target, beginning with "/".
	Path string
	// Host is the Host header; empty: the target's address and port.
	Host string
	// Headers are sent besides, in this order; see [CheckHeader].
	Headers []Header
	// ServerName is sent in the TLS handshake (SNI); empty: nothing is. The
	// address of the target is never sent.
	ServerName string
	// CloseNotify ends TLS as RFC 8446, section 6.1 has it, not by the end of
	// the connection alone.
	CloseNotify bool
	// Status holds the accepted codes; empty: 200 to 299.
	Status []StatusRange
	// Digest is the MD5 of the body; nil: not tested.
	Digest *[16]byte
	// Contains must stand in the body; empty: not tested.
	Contains string
	// Regex must be found in the body, or must not with RegexNoMatch; nil: not
	// tested. A match must begin at RegexMin or later, and, if RegexMax is not
	// 0, before RegexMax.
	Regex              *regexp.Regexp
	RegexNoMatch       bool
	RegexMin, RegexMax int
}

// Header is one header of a request.
type Header struct{ Name, Value string }

// TLS is the part of a Spec that SSL_GET needs.
type TLS struct {
	// Client is what the server gets when it asks for a certificate; nil: none.
	Client *ClientCertificate
	// CA verifies the server's certificate; nil: it is not verified. The name
	// in it must be ServerName of the URL, else its Host, else the address of
	// the target.
	CA *CA
	// Legacy allows TLS 1.0 and 1.1 and what is insecure otherwise.
	Legacy bool
	// MinDays is how many days the certificate must be valid still; 0: not
	// tested.
	MinDays int
}

// SMTP is the part of a Spec that SMTP_CHECK needs.
type SMTP struct {
	// Hello is the name we give, without blanks.
	Hello string
}

// UDP is the part of a Spec that UDP_CHECK needs.
type UDP struct {
	// Payload is sent as one datagram.
	Payload []byte
	// RequireReply: silence is a failure. A reply must then have MinReply to
	// MaxReply bytes and begin with Reply.
	RequireReply       bool
	Reply              Pattern
	MinReply, MaxReply int
}

// Pattern is what a reply begins with: byte i is Bytes[i] where Mask[i] has a
// bit set. Both have the same length.
type Pattern struct{ Bytes, Mask []byte }

// Misc is the part of a Spec that MISC_CHECK needs.
type Misc struct {
	Command script.Command
	// Timeout bounds one run.
	Timeout time.Duration
	// Dynamic: exit status 2 to 255 is good, and sets the weight to status - 2.
	Dynamic bool
}

// Follow is the part of a Spec that FILE_CHECK and BFD_CHECK need.
type Follow struct {
	// Name is that of the track_file or bfd_instance.
	Name string
	// Weight and Reverse are of FILE_CHECK: see [Follow.File].
	Weight  int
	Reverse bool
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
