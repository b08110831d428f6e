package checkers

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strconv"
)

// head is what matters of the status line and the headers of an answer
// (RFC 9112, sections 4 and 6).
type head struct {
	status int
	// minor is the version: HTTP/1.minor.
	minor byte
	// length is Content-Length; -1: not given, or not what ends the body.
	length int64
	// chunked: the body is in chunks. Not with HTTP/1.0, which has none.
	chunked bool
	// noBody: the request was HEAD.
	noBody bool
}

// bodyless says that no body follows, whatever the headers say.
func (h *head) bodyless() bool {
	return h.noBody || h.status < 200 || h.status == 204 || h.status == 304
}

// readHead reads an answer up to its body. Interim answers (1xx) before it are
// skipped, except 101, after which no other comes. Lines may end in LF alone.
// Headers that do not matter here may be malformed.
func readHead(in *bufio.Reader) (head, error) {
	lines := lineReader{in: in, left: maxHead}
	for {
		line, err := lines.next()
		if err != nil {
			return head{}, err
		}
		h, err := parseStatusLine(line)
		if err != nil {
			return head{}, err
		}
		if err := h.readHeaders(&lines); err != nil {
			return head{}, err
		}
		if h.status >= 200 || h.status == 101 {
			return h, nil
		}
	}
}

// parseStatusLine takes "HTTP/1.1 200 OK"; the phrase may be missing.
func parseStatusLine(line []byte) (head, error) {
	const form = "HTTP/1.x NNN"
	digit := func(i int) bool { return line[i] >= '0' && line[i] <= '9' }
	if len(line) < len(form) || !bytes.HasPrefix(line, []byte("HTTP/1.")) ||
		!digit(7) || line[8] != ' ' || !digit(9) || !digit(10) || !digit(11) ||
		len(line) > len(form) && line[12] != ' ' {
		return head{}, badAnswer("no HTTP/1 answer: %s", quote(line))
	}
	status := int(line[9]-'0')*100 + int(line[10]-'0')*10 + int(line[11]-'0')
	if status < 100 {
		return head{}, badAnswer("no HTTP/1 answer: %s", quote(line))
	}
	return head{status: status, minor: line[7] - '0', length: -1}, nil
}

// readHeaders reads the headers with their empty line.
func (h *head) readHeaders(lines *lineReader) error {
	for {
		line, err := lines.next()
		if err != nil {
			return err
		}
		if len(line) == 0 {
			if h.chunked || h.bodyless() {
				h.length = -1
			}
			return nil
		}
		name, value, found := bytes.Cut(line, []byte(":"))
		if !found {
			continue
		}
		value = bytes.Trim(value, " \t")
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			if err := h.setLength(value); err != nil {
				return err
			}
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			h.chunked = h.minor > 0 && bytes.EqualFold(lastCoding(value), []byte("chunked"))
		}
	}
}

// setLength takes a Content-Length. Two that differ leave the end of the body
// unknown (RFC 9112, section 6.3).
func (h *head) setLength(value []byte) error {
	n, err := strconv.ParseUint(string(value), 10, 63)
	if err != nil {
		return badAnswer("malformed Content-Length: %s", quote(value))
	}
	if h.length >= 0 && h.length != int64(n) {
		return badAnswer("two Content-Lengths: %d and %d", h.length, n)
	}
	h.length = int64(n)
	return nil
}

// lastCoding returns the last element of a Transfer-Encoding.
func lastCoding(value []byte) []byte {
	if i := bytes.LastIndexByte(value, ','); i >= 0 {
		value = value[i+1:]
	}
	return bytes.Trim(value, " \t")
}

// answerError is an answer that is none, as opposed to an error of the
// connection.
type answerError string

func (e answerError) Error() string { return string(e) }

func badAnswer(format string, a ...any) error { return answerError(fmt.Sprintf(format, a...)) }

const errHeadTooLong answerError = "more than 64 KiB of headers"

// lineReader reads lines out of a fixed buffer and a fixed number of bytes.
type lineReader struct {
	in   *bufio.Reader
	left int  // bytes that may still be read
	rest bool // the last line was longer than the buffer, its rest is to come
}

// next returns a line without its end, or its beginning when it is longer than
// the buffer. It is valid until the next call.
func (l *lineReader) next() ([]byte, error) {
	for {
		line, err := l.in.ReadSlice('\n')
		l.left -= len(line)
		skipped := l.rest
		l.rest = err == bufio.ErrBufferFull
		switch {
		case l.left < 0:
			return nil, errHeadTooLong
		case err == io.EOF:
			return nil, io.ErrUnexpectedEOF
		case err != nil && !l.rest:
			return nil, err
		case !skipped:
			return bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r")), nil
		}
	}
}
