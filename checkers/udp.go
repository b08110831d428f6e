package checkers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// DefaultPayload is what UDP_CHECK sends where the configuration says nothing.
const DefaultPayload = "director check: is anyone there?"

// udpCheck sends one datagram. Without require_reply silence is good, and only
// an ICMP error is a failure; a reply ends the waiting.
//
// The first reply decides. It comes from the address and port that were asked:
// the kernel drops all others.
type udpCheck struct {
	spec Spec
	env  Env
}

func newUDPCheck(s Spec, env Env) (*udpCheck, error) {
	u := s.UDP
	if u == nil || len(u.Payload) > maxDatagram || len(u.Reply.Bytes) != len(u.Reply.Mask) ||
		u.RequireReply && (u.MinReply > u.MaxReply || u.MaxReply > maxDatagram) {
		return nil, fmt.Errorf("UDP_CHECK of %v: lengths do not fit", s.Target)
	}
	return &udpCheck{spec: s, env: env}, nil
}

// maxDatagram is the longest datagram in bytes, whatever the headers need.
const maxDatagram = 65535

func (c *udpCheck) Probe(ctx context.Context, _ int) Result {
	start := time.Now()
	conn, err := c.env.open(ctx, &c.spec)
	if err != nil {
		return newResult(start, "", err)
	}
	defer conn.Close()
	defer interrupt(ctx, conn)()
	good, err := c.ask(ctx, conn)
	if ctx.Err() != nil {
		err = &lackError{"probe", context.Cause(ctx)}
	}
	return newResult(start, good, err)
}

// ask sends the payload and waits for what comes of it.
func (c *udpCheck) ask(ctx context.Context, conn Conn) (good string, err error) {
	u := c.spec.UDP
	end := time.Now().Add(c.spec.ConnectTimeout)
	if err := limit(ctx, conn, c.spec.ConnectTimeout); err != nil {
		return "", err
	}
	if _, err := conn.Write(u.Payload); err != nil {
		if ours(err) {
			return "", &lackError{"send", err}
		}
		return "", errors.New(brief(err))
	}
	// One byte more shows what is too long.
	size := 1
	if u.RequireReply {
		size = max(u.MaxReply, len(u.Reply.Bytes)) + 1
	}
	buf := make([]byte, size)
	n := 0
	err = receive(ctx, conn, buf, end, func(b []byte) bool { n = len(b); return true })
	silent := errors.Is(err, os.ErrDeadlineExceeded)
	switch {
	case silent && u.RequireReply:
		return "", fmt.Errorf("no reply within %v", c.spec.ConnectTimeout)
	case silent:
		return "no error within " + c.spec.ConnectTimeout.String(), nil
	case err != nil:
		return "", errors.New(brief(err))
	case !u.RequireReply:
		return "replied", nil
	}
	return fmt.Sprintf("reply of %s", count(n, "byte")), u.judge(buf[:n])
}

// judge tests a reply.
func (u *UDP) judge(b []byte) error {
	switch {
	case len(b) > u.MaxReply:
		return fmt.Errorf("reply of more than %s", count(u.MaxReply, "byte"))
	case len(b) < u.MinReply:
		return fmt.Errorf("reply of %s, want %d", count(len(b), "byte"), u.MinReply)
	case !u.Reply.matches(b):
		return fmt.Errorf("reply begins %x, want %s", b[:min(len(b), 24)], u.Reply)
	}
	return nil
}

// matches reports whether b begins as the pattern says.
func (p Pattern) matches(b []byte) bool {
	if len(b) < len(p.Bytes) {
		return false
	}
	for i, m := range p.Mask {
		if (b[i]^p.Bytes[i])&m != 0 {
			return false
		}
	}
	return true
}

// String returns the pattern as it is written: "68x5xx".
func (p Pattern) String() string {
	const digits = "0123456789abcdef"
	text := make([]byte, 0, 2*len(p.Bytes))
	for i, b := range p.Bytes {
		high, low := digits[b>>4], digits[b&15]
		if p.Mask[i]&0xf0 == 0 {
			high = 'x'
		}
		if p.Mask[i]&0x0f == 0 {
			low = 'x'
		}
		text = append(text, high, low)
	}
	return string(text)
}
