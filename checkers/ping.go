package checkers

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"time"
)

// Types of ICMP messages (RFC 792, RFC 4443).
const (
	echoRequest4, echoReply4 = 8, 0
	echoRequest6, echoReply6 = 128, 129
)

const (
	// icmpHead is the length of the header of an echo message, pingLength that
	// of its data (keepalived's).
	icmpHead, pingLength = 8, 128
)

// pingCheck sends one ICMP echo request. The reply must bring its data back,
// random bytes, so that a reply to another probe is none.
type pingCheck struct {
	spec Spec
	env  Env
}

func (c *pingCheck) Probe(ctx context.Context, _ int) Result {
	start := time.Now()
	conn, err := c.env.open(ctx, &c.spec)
	if err != nil {
		return newResult(start, "", err)
	}
	defer conn.Close()
	defer interrupt(ctx, conn)()
	err = c.ask(ctx, conn)
	if ctx.Err() != nil {
		err = &lackError{"probe", context.Cause(ctx)}
	}
	return newResult(start, "replied", err)
}

func (c *pingCheck) ask(ctx context.Context, conn Conn) error {
	end := time.Now().Add(c.spec.ConnectTimeout)
	if err := limit(ctx, conn, c.spec.ConnectTimeout); err != nil {
		return err
	}
	four := c.spec.Target.Addr().Is4()
	request := echo(four)
	if _, err := conn.Write(request); err != nil {
		if ours(err) {
			return &lackError{"send", err}
		}
		return errors.New(brief(err))
	}
	reply := byte(echoReply6)
	if four {
		reply = echoReply4
	}
	var buf [icmpHead + pingLength + maxIPHeader]byte
	err := receive(ctx, conn, buf[:], end, func(b []byte) bool {
		return len(b) >= icmpHead && b[0] == reply && b[1] == 0 && bytes.Equal(b[icmpHead:], request[icmpHead:])
	})
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("no reply within %v", c.spec.ConnectTimeout)
	case err != nil:
		return errors.New(brief(err))
	}
	return nil
}

// echo returns a request. The kernel completes it: the identifier on a ping
// socket, the checksum of ICMPv6.
func echo(four bool) []byte {
	m := make([]byte, icmpHead+pingLength)
	// The reader never fails.
	_, _ = rand.Read(m[icmpHead:])
	_, _ = rand.Read(m[4:6]) // the identifier, on a raw socket
	m[7] = 1                 // sequence
	m[0] = echoRequest6
	if four {
		m[0] = echoRequest4
		binary.BigEndian.PutUint16(m[2:], checksum(m))
	}
	return m
}

// checksum is that of RFC 1071 over an even number of bytes.
func checksum(b []byte) uint16 {
	var sum uint32
	for ; len(b) > 1; b = b[2:] {
		sum += uint32(binary.BigEndian.Uint16(b))
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}
