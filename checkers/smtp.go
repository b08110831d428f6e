package checkers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// smtpCheck says hello to a mail server and goodbye (RFC 5321): greeting 220,
// HELO 250, QUIT with any reply. Replies may have several lines.
type smtpCheck struct {
	spec  Spec
	env   Env
	hello []byte
}

func newSMTPCheck(s Spec, env Env) (*smtpCheck, error) {
	if s.SMTP == nil || s.SMTP.Hello == "" || !visible(s.SMTP.Hello) {
		return nil, fmt.Errorf("SMTP_CHECK of %v: helo_name must be a word", s.Target)
	}
	return &smtpCheck{spec: s, env: env, hello: []byte("HELO " + s.SMTP.Hello + "\r\n")}, nil
}

func (c *smtpCheck) Probe(ctx context.Context, _ int) Result {
	start := time.Now()
	conn, err := c.env.open(ctx, &c.spec)
	if err != nil {
		return newResult(start, "", err)
	}
	defer conn.Close()
	defer interrupt(ctx, conn)()
	x := newExchange(ctx, conn, c.spec.ConnectTimeout)
	defer x.free()
	err = c.talk(x)
	if ctx.Err() != nil {
		err = &lackError{"probe", context.Cause(ctx)}
	}
	return newResult(start, "greeted", err)
}

func (c *smtpCheck) talk(x *exchange) error {
	for _, step := range []struct {
		name string
		say  []byte
		want string
	}{{"greeting", nil, "220"}, {"HELO", c.hello, "250"}, {"QUIT", []byte("QUIT\r\n"), ""}} {
		if err := limit(x.ctx, x.conn, x.timeout); err != nil {
			return err
		}
		if len(step.say) > 0 {
			if _, err := x.conn.Write(step.say); err != nil {
				return x.explain(err, step.name, step.name+" not taken")
			}
		}
		if err := x.reply(step.name, step.want); err != nil {
			return err
		}
	}
	return nil
}

// maxReply is the longest reply of a mail server in bytes.
const maxReply = 16 << 10

// reply reads one reply, "250-first" and so on to "250 last".
func (x *exchange) reply(name, want string) error {
	lines := lineReader{in: x.in, left: maxReply}
	for {
		line, err := lines.next()
		switch {
		case err == io.ErrUnexpectedEOF:
			return fmt.Errorf("%s: connection closed", name)
		case errors.Is(err, errHeadTooLong):
			return fmt.Errorf("%s: reply of more than 16 KiB", name)
		case err != nil:
			return x.explain(err, name, name+": no reply")
		case !smtpLine(line):
			return fmt.Errorf("%s: no reply of SMTP: %s", name, quote(line))
		case want != "" && string(line[:3]) != want:
			return fmt.Errorf("%s: %s, want %s", name, quote(line), want)
		case len(line) == 3 || line[3] == ' ':
			return nil
		}
	}
}

// smtpLine reports whether a line is one of a reply: "250 text", "250-text", "250".
func smtpLine(line []byte) bool {
	for i := range 3 {
		if i >= len(line) || line[i] < '0' || line[i] > '9' {
			return false
		}
	}
	return len(line) == 3 || line[3] == ' ' || line[3] == '-'
}
