package checkers

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// DNSTypes are the types that DNS_CHECK can ask for.
var DNSTypes = []string{"A", "NS", "CNAME", "SOA", "MX", "TXT", "AAAA", "RRSIG", "DNSKEY"}

// DomainName returns name fully qualified. An error completes "NAME ...".
func DomainName(name string) (string, error) {
	if name == "" {
		return "", errors.New("must not be empty")
	}
	if !visible(name) {
		return "", errors.New("must have no blanks")
	}
	if strings.ContainsFunc(name, func(r rune) bool { return r > '~' }) {
		return "", errors.New("must be ASCII: write the xn-- form")
	}
	full := dns.Fqdn(name)
	wire := make([]byte, 512)
	end, err := dns.PackDomainName(full, wire, 0, nil, false)
	if err == nil {
		_, _, err = dns.UnpackDomainName(wire[:end], 0)
	}
	if err != nil {
		return "", errors.New("is not a domain name: labels of 1 to 63 bytes, 255 in all")
	}
	return full, nil
}

// dnsCheck asks one question by UDP, recursion desired, without EDNS.
//
// A server is in order when it replies with rcode 0. What it answers is not
// looked at, so a reply that is truncated (TC) or has no answers counts too.
//
// What is no reply to this question (another id or question, no DNS at all) is
// late or forged, and is passed over until the time is up.
//
// The question is sent once: further tries make up for a lost datagram.
type dnsCheck struct {
	spec     Spec
	env      Env
	query    []byte // the id is set for each probe
	question dns.Question
}

func newDNSCheck(s Spec, env Env) (*dnsCheck, error) {
	if s.DNS == nil {
		return nil, fmt.Errorf("DNS_CHECK of %v: no question", s.Target)
	}
	if !slices.Contains(DNSTypes, s.DNS.Type) {
		return nil, fmt.Errorf("DNS_CHECK of %v: type %q: want one of %s", s.Target, s.DNS.Type, strings.Join(DNSTypes, " "))
	}
	name, err := DomainName(s.DNS.Name)
	if err != nil {
		return nil, fmt.Errorf("DNS_CHECK of %v: name %q: %w", s.Target, s.DNS.Name, err)
	}
	var m dns.Msg
	query, err := m.SetQuestion(name, dns.StringToType[s.DNS.Type]).Pack()
	if err == nil {
		// A name has several spellings; replies are compared with this one.
		err = m.Unpack(query)
	}
	if err != nil {
		return nil, fmt.Errorf("DNS_CHECK of %v: %w", s.Target, err)
	}
	return &dnsCheck{spec: s, env: env, query: query, question: m.Question[0]}, nil
}

func (c *dnsCheck) Probe(ctx context.Context, _ int) Result {
	start := time.Now()
	conn, err := c.env.open(ctx, &c.spec)
	if err != nil {
		return newResult(start, "", err)
	}
	defer conn.Close()
	defer interrupt(ctx, conn)()
	reply, err := c.ask(ctx, conn)
	if err == nil {
		err = reply.judge()
	}
	if ctx.Err() != nil {
		err = &lackError{"probe", context.Cause(ctx)}
	}
	return newResult(start, reply.String(), err)
}

// ask sends the question and waits for its reply.
func (c *dnsCheck) ask(ctx context.Context, conn Conn) (dnsReply, error) {
	end := time.Now().Add(c.spec.ConnectTimeout)
	if err := limit(ctx, conn, c.spec.ConnectTimeout); err != nil {
		return dnsReply{}, err
	}
	// The longest header and question are shorter; the rest of a datagram is
	// dropped by the kernel.
	var buf [512]byte
	id := dns.Id()
	query := append(buf[:0], c.query...)
	binary.BigEndian.PutUint16(query, id)
	_, err := conn.Write(query)
	switch {
	case ours(err):
		return dnsReply{}, &lackError{"send", err}
	case err != nil:
		return dnsReply{}, c.explain(err, 0, nil)
	}
	var reply dnsReply
	var foreign error
	ignored := 0
	err = receive(ctx, conn, buf[:], end, func(b []byte) bool {
		if reply, err = c.read(id, b); err != nil {
			foreign = err
			ignored++
		}
		return err == nil
	})
	if err != nil {
		return dnsReply{}, c.explain(err, ignored, foreign)
	}
	return reply, nil
}

// explain puts an error of the socket into words, after some datagrams were
// ignored, the last for the reason foreign.
func (c *dnsCheck) explain(err error, ignored int, foreign error) error {
	switch {
	case !errors.Is(err, os.ErrDeadlineExceeded):
		return errors.New(brief(err))
	case ignored == 0:
		return fmt.Errorf("no answer within %v", c.spec.ConnectTimeout)
	}
	return fmt.Errorf("no answer within %v, %s ignored, the last %w",
		c.spec.ConnectTimeout, count(ignored, "datagram"), foreign)
}

// dnsReply is what is looked at of a reply.
type dnsReply struct {
	rcode      int
	answers    int // as the header counts them
	truncated  bool
	noQuestion bool
}

// read takes a datagram apart, which it changes. An error says why it is no
// reply to the question of this id.
//
// A reply may leave the question out, as some servers do in errors: nothing in
// it contradicts.
func (c *dnsCheck) read(id uint16, b []byte) (dnsReply, error) {
	const (
		countsAt = 6 // of answers, authorities, additional records
		headEnd  = 12
	)
	if len(b) < headEnd {
		return dnsReply{}, fmt.Errorf("of %s", count(len(b), "byte"))
	}
	answers := int(binary.BigEndian.Uint16(b[countsAt:]))
	// What follows the question need not even be well-formed.
	clear(b[countsAt:headEnd])
	var m dns.Msg
	err := m.Unpack(b)
	switch {
	case m.Id != id:
		return dnsReply{}, errors.New("with another id")
	case err != nil:
		return dnsReply{}, errors.New("with a malformed question")
	case !m.Response || m.Opcode != dns.OpcodeQuery:
		return dnsReply{}, errors.New("not a reply to a query")
	case len(m.Question) > 1 || len(m.Question) == 1 && !c.isQuestion(m.Question[0]):
		return dnsReply{}, errors.New("with another question")
	}
	return dnsReply{m.Rcode, answers, m.Truncated, len(m.Question) == 0}, nil
}

func (c *dnsCheck) isQuestion(q dns.Question) bool {
	return q.Qtype == c.question.Qtype && q.Qclass == c.question.Qclass &&
		strings.EqualFold(q.Name, c.question.Name)
}

// judge tests the rcode.
func (r dnsReply) judge() error {
	if r.rcode == dns.RcodeSuccess {
		return nil
	}
	name, ok := dns.RcodeToString[r.rcode]
	if !ok {
		name = strconv.Itoa(r.rcode)
	}
	return errors.New("rcode " + name)
}

// String describes a reply that is in order: "NOERROR, 3 answers".
func (r dnsReply) String() string {
	s := "NOERROR, " + count(r.answers, "answer")
	if r.truncated {
		s += ", truncated"
	}
	if r.noQuestion {
		s += ", question left out"
	}
	return s
}

// count returns "1 thing" or "2 things".
func count(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return strconv.Itoa(n) + " " + thing
}
