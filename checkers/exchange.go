package checkers

import (
	"bufio"
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http/httputil"
	"os"
	"sync"
	"time"
)

// Limits of an answer. Each phase has its time limit besides.
const (
	// maxHead is the most bytes of status line and headers.
	maxHead = 64 << 10
	// maxBody is how much of a body is read for status and regex: the rest is
	// not looked at.
	maxBody = 1 << 20
	// maxDigest is the longest body with a digest, which needs all of it.
	maxDigest = 64 << 20
)

// exchange is one request and its answer. It is used again and again.
type exchange struct {
	ctx     context.Context
	conn    Conn
	timeout time.Duration
	in      *bufio.Reader
	head    head
	body    []byte // what regex needs
	read    int64  // bytes of the body so far
	note    string // what is odd about an answer that passes
	chunk   [4 << 10]byte
}

var exchanges = sync.Pool{New: func() any { return &exchange{in: bufio.NewReader(nil)} }}

func newExchange(ctx context.Context, conn Conn, timeout time.Duration) *exchange {
	x := exchanges.Get().(*exchange)
	x.ctx, x.conn, x.timeout = ctx, conn, timeout
	x.in.Reset(conn)
	x.head, x.body, x.read, x.note = head{}, x.body[:0], 0, ""
	return x
}

// free gives the buffers back. One that a long body has grown is not kept.
func (x *exchange) free() {
	const keep = 64 << 10
	if cap(x.body) > keep {
		x.body = nil
	}
	x.ctx, x.conn = nil, nil
	x.in.Reset(nil)
	exchanges.Put(x)
}

// through makes the exchange go on over conn, which wraps the connection so far.
func (x *exchange) through(conn Conn) {
	x.conn = conn
	x.in.Reset(conn)
}

// ask sends the request and judges the answer: status, digest, body_contains,
// regex.
func (x *exchange) ask(request []byte, u *URL) error {
	if err := limit(x.ctx, x.conn, x.timeout); err != nil {
		return err
	}
	if _, err := x.conn.Write(request); err != nil {
		return x.explain(err, "send", "request not taken")
	}
	if err := x.readHead(); err != nil {
		return err
	}
	x.head.noBody = u.Method == "HEAD"
	if err := judgeStatus(u, x.head.status); err != nil {
		return err
	}
	if err := limit(x.ctx, x.conn, x.timeout); err != nil {
		return err
	}
	var sum hash.Hash
	if u.Digest != nil {
		sum = md5.New()
	}
	if err := x.readBody(sum, u.Regex != nil || u.Contains != ""); err != nil {
		return err
	}
	if sum != nil {
		if err := judgeDigest(u, [16]byte(sum.Sum(nil))); err != nil {
			return err
		}
	}
	if err := judgeContains(u, x.body); err != nil {
		return err
	}
	return judgeRegex(u, x.body)
}

// readHead reads up to the empty line of the final answer.
func (x *exchange) readHead() error {
	if _, err := x.in.Peek(1); err != nil {
		if err == io.EOF {
			return errors.New("connection closed without an answer")
		}
		return x.explain(err, "answer", "no answer")
	}
	var err error
	var bad answerError
	x.head, err = readHead(x.in)
	switch {
	case errors.As(err, &bad):
		return bad
	case err == io.ErrUnexpectedEOF:
		return errors.New("connection closed within the headers")
	case err != nil:
		return x.explain(err, "headers", "headers not complete")
	}
	return nil
}

// readBody reads the body to its end, or as much of it as is looked at.
func (x *exchange) readBody(sum hash.Hash, keep bool) error {
	most := int64(maxBody)
	if sum != nil {
		most = maxDigest + 1
	}
	if sum != nil && x.head.length > maxDigest && !x.head.bodyless() {
		return fmt.Errorf("body of %d bytes, too long for a digest", x.head.length)
	}
	body := x.head.body(x.in)
	for x.read < most {
		n, err := body.Read(x.chunk[:min(int64(len(x.chunk)), most-x.read)])
		x.read += int64(n)
		if sum != nil {
			sum.Write(x.chunk[:n])
		}
		if keep && len(x.body) < maxBody {
			x.body = append(x.body, x.chunk[:min(n, maxBody-len(x.body))]...)
		}
		switch {
		case err == io.EOF:
			x.noteEnd()
			return nil
		case err == io.ErrUnexpectedEOF:
			x.note = ", body ended within a chunk"
			return nil
		case err != nil:
			return x.explain(err, "body", fmt.Sprintf("body not complete after %d bytes", x.read))
		}
	}
	if sum != nil {
		return fmt.Errorf("body over %d bytes, too long for a digest", maxDigest)
	}
	return nil
}

// noteEnd notes a body shorter than announced. keepalived only logs it, and so
// it is no failure by itself; digest and regex judge what came.
func (x *exchange) noteEnd() {
	if x.head.length > x.read && !x.head.noBody {
		x.note = fmt.Sprintf(", body ended after %d of %d bytes", x.read, x.head.length)
	}
}

// explain puts an error of the connection into words: late for a timeout.
func (x *exchange) explain(err error, doing, late string) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("%s within %v", late, x.timeout)
	}
	return fmt.Errorf("%s: %s", doing, brief(err))
}

// body returns the body that follows the head. It ends with io.EOF, also where
// the connection was closed too early, save within a chunk.
func (h *head) body(in *bufio.Reader) io.Reader {
	switch {
	case h.bodyless():
		return io.LimitReader(in, 0)
	case h.chunked:
		return httputil.NewChunkedReader(in)
	case h.length >= 0:
		return io.LimitReader(in, h.length)
	}
	return in
}
