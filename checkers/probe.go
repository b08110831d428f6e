package checkers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"time"

	"director/internal/script"
)

// Prober makes the probes of one check. Probes of one Prober may run at the
// same time.
type Prober interface {
	// Probe asks the server once; url is the position in HTTP.URLs (see
	// [Verdict]), 0 for other kinds. It returns soon after ctx is done, then
	// with a result that is Unmade, and in any case after four times
	// Spec.ConnectTimeout: that bounds the connect and each phase of the reply.
	// A script ends within its own timeout, and three seconds to be killed in.
	Probe(ctx context.Context, url int) Result
}

// Conn is what a probe needs of a connection. net.Conn has it. For DNS_CHECK
// and UDP_CHECK each Write and each Read is one datagram, for PING_CHECK one
// message of ICMP.
type Conn interface {
	io.ReadWriteCloser
	SetDeadline(time.Time) error
}

// Env is what probes need of the machine. The zero value is usable.
type Env struct {
	// SourceFor returns the address that probes of dst come from, which is
	// never a virtual address; the zero Addr leaves it to the kernel. An error
	// leaves the probe unmade. Not asked when Spec.Bind is set. nil: always
	// the kernel. It is called for each probe, from many goroutines at once.
	SourceFor func(dst netip.Addr) (netip.Addr, error)
	// Dial connects to s.Target, from src when that is valid, within
	// s.ConnectTimeout. nil: by TCP, UDP or ICMP, as the kind needs.
	Dial func(ctx context.Context, s *Spec, src netip.Addr) (Conn, error)
	// Run runs a script of MISC_CHECK; nil: script.Run. Policy says as whom, and
	// is asked for each run; nil: as the zero Policy says.
	Run    func(context.Context, script.Command, script.Options) script.Result
	Policy func() script.Policy
}

// New prepares the probes of a spec. Package config has checked it; an error
// here is about a spec that did not come from there.
func New(s Spec, env Env) (Prober, error) {
	if s.DelayLoop <= 0 {
		return nil, fmt.Errorf("%s: delay_loop must be above 0", s.Kind)
	}
	if s.Kind == MiscCheck {
		return newMiscCheck(s, env)
	}
	if !s.Target.IsValid() || s.Target.Port() == 0 && s.Kind != PingCheck {
		return nil, fmt.Errorf("target %v: not an address and a port", s.Target)
	}
	if s.ConnectTimeout <= 0 {
		return nil, fmt.Errorf("%s of %v: connect_timeout must be above 0", s.Kind, s.Target)
	}
	s.Target = netip.AddrPortFrom(s.Target.Addr().Unmap(), s.Target.Port())
	s.Bind = s.Bind.Unmap()
	if s.Bind.IsValid() && s.Bind.Is4() != s.Target.Addr().Is4() {
		return nil, fmt.Errorf("%s of %v: bindto %v is of the other family", s.Kind, s.Target, s.Bind)
	}
	if env.Dial == nil {
		env.Dial = dial
	}
	switch s.Kind {
	case TCPCheck:
		return &tcpCheck{spec: s, env: env}, nil
	case HTTPGet, SSLGet:
		return newHTTPGet(s, env)
	case SMTPCheck:
		return newSMTPCheck(s, env)
	case DNSCheck:
		return newDNSCheck(s, env)
	case UDPCheck:
		return newUDPCheck(s, env)
	case PingCheck:
		return &pingCheck{spec: s, env: env}, nil
	}
	return nil, fmt.Errorf("no such checker: %q", s.Kind)
}

// open connects a probe to its target.
func (e *Env) open(ctx context.Context, s *Spec) (Conn, error) {
	src := s.Bind
	if !src.IsValid() && e.SourceFor != nil {
		dst := s.Target.Addr()
		if dst.IsLinkLocalUnicast() && dst.Is6() && dst.Zone() == "" {
			dst = dst.WithZone(s.BindInterface)
		}
		var err error
		if src, err = e.SourceFor(dst); err != nil {
			return nil, &lackError{"source for " + dst.String(), err}
		}
	}
	conn, err := e.Dial(ctx, s, src)
	if err == nil {
		return conn, nil
	}
	var lack *lackError
	switch {
	case ctx.Err() != nil:
		return nil, &lackError{"connect", context.Cause(ctx)}
	case errors.As(err, &lack):
		return nil, err
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, fmt.Errorf("no connection within %v", s.ConnectTimeout)
	}
	return nil, fmt.Errorf("connect: %s", brief(err))
}

// longAgo is a deadline that ends whatever waits on a connection.
var longAgo = time.Unix(1, 0)

// limit gives the next phase on conn its time. The context is looked at after
// the deadline was set: [interrupt] may have come first.
func limit(ctx context.Context, conn Conn, d time.Duration) error {
	err := conn.SetDeadline(time.Now().Add(d))
	// A pipe whose other end is closed says so here; a read will tell.
	if err != nil && !errors.Is(err, io.ErrClosedPipe) {
		return &lackError{"poll", err}
	}
	return ctx.Err()
}

// interrupt ends the waiting on conn when ctx is done, until stop is called.
func interrupt(ctx context.Context, conn Conn) (stop func() bool) {
	return context.AfterFunc(ctx, func() {
		// An error means that conn is closed already: nothing waits on it.
		_ = conn.SetDeadline(longAgo)
	})
}
