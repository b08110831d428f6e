package checkers

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"
)

var dns1 = netip.MustParseAddrPort("10.0.0.1:53")

// askDNS probes s once. serve gets the query and the connection in memory,
// where each Write is a datagram; after it the server is silent. Call it from a
// synctest bubble.
func askDNS(t *testing.T, s Spec, serve func(query []byte, c net.Conn)) Result {
	t.Helper()
	done := make(chan struct{})
	r := probe(t, s, Env{Dial: func(context.Context, *Spec, netip.Addr) (Conn, error) {
		near, far := net.Pipe()
		go func() {
			defer close(done)
			query := make([]byte, 512)
			n, err := far.Read(query)
			if err != nil {
				t.Error(err)
			}
			serve(query[:n], far)
			io.Copy(io.Discard, far)
		}()
		return near, nil
	}})
	<-done
	return r
}

// reply makes the reply to a query, after change.
func reply(t *testing.T, query []byte, change func(*dns.Msg)) []byte {
	t.Helper()
	var q, m dns.Msg
	if err := q.Unpack(query); err != nil {
		t.Fatal(err)
	}
	m.SetReply(&q)
	change(&m)
	b, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestDNSQuery(t *testing.T) {
	for _, tt := range []struct{ name, kind, want string }{
		{".", "SOA", "0000" + "0100" + "0001" + "000000000000" + "00" + "0006" + "0001"},
		{"a.bc", "DNSKEY", "0000" + "0100" + "0001" + "000000000000" + "0161" + "026263" + "00" + "0030" + "0001"},
		{"a.bc.", "AAAA", "0000" + "0100" + "0001" + "000000000000" + "0161" + "026263" + "00" + "001c" + "0001"},
	} {
		s := dnsSpec(dns1)
		s.DNS = &DNS{Type: tt.kind, Name: tt.name}
		synctest.Test(t, func(t *testing.T) {
			askDNS(t, s, func(query []byte, _ net.Conn) {
				id := binary.BigEndian.Uint16(query)
				binary.BigEndian.PutUint16(query, 0)
				if got := hexOf(query); got != tt.want {
					t.Errorf("%s %s, id %d:\ngot  %s\nwant %s", tt.kind, tt.name, id, got, tt.want)
				}
			})
		})
	}
}

func hexOf(b []byte) string {
	const digits = "0123456789abcdef"
	var s strings.Builder
	for _, c := range b {
		s.WriteByte(digits[c>>4])
		s.WriteByte(digits[c&15])
	}
	return s.String()
}

// Every type can be asked for.
func TestDNSTypes(t *testing.T) {
	for _, kind := range DNSTypes {
		s := dnsSpec(dns1)
		s.DNS.Type = kind
		synctest.Test(t, func(t *testing.T) {
			r := askDNS(t, s, func(query []byte, c net.Conn) {
				c.Write(reply(t, query, func(m *dns.Msg) {
					if dns.TypeToString[m.Question[0].Qtype] != kind {
						t.Errorf("asked for %v, want %s", m.Question[0].Qtype, kind)
					}
				}))
			})
			wantResult(t, r, true, false, "NOERROR, 0 answers")
		})
	}
}

func TestDNSReplies(t *testing.T) {
	answer := func(n int) func(*dns.Msg) {
		return func(m *dns.Msg) {
			for range n {
				m.Answer = append(m.Answer, &dns.A{
					Hdr: dns.RR_Header{Name: ".", Rrtype: dns.TypeA, Class: dns.ClassINET}, A: net.IPv4(1, 2, 3, 4)})
			}
		}
	}
	rcode := func(n int) func(*dns.Msg) { return func(m *dns.Msg) { m.Rcode = n } }
	for _, tt := range []struct {
		name   string
		change func(*dns.Msg)
		ok     bool
		reason string
	}{
		{"no answers", answer(0), true, "NOERROR, 0 answers"},
		{"an answer", answer(1), true, "NOERROR, 1 answer"},
		{"answers", answer(3), true, "NOERROR, 3 answers"},
		{"not authoritative, no recursion", func(m *dns.Msg) { m.RecursionAvailable, m.Authoritative = false, false }, true, "NOERROR, 0 answers"},
		{"truncated", func(m *dns.Msg) { m.Truncated = true }, true, "NOERROR, 0 answers, truncated"},
		{"no question", func(m *dns.Msg) { m.Question = nil }, true, "NOERROR, 0 answers, question left out"},
		{"no question in an error", func(m *dns.Msg) { m.Question, m.Rcode = nil, dns.RcodeFormatError }, false, "rcode FORMERR"},
		{"another spelling", func(m *dns.Msg) { m.Question[0].Name = "wWw.ExAmPlE.nEt." }, true, "NOERROR, 0 answers"},
		{"SERVFAIL", rcode(dns.RcodeServerFailure), false, "rcode SERVFAIL"},
		{"SERVFAIL with answers", func(m *dns.Msg) { answer(2)(m); m.Rcode = dns.RcodeServerFailure }, false, "rcode SERVFAIL"},
		{"NXDOMAIN", rcode(dns.RcodeNameError), false, "rcode NXDOMAIN"},
		{"REFUSED", rcode(dns.RcodeRefused), false, "rcode REFUSED"},
		{"REFUSED, truncated", func(m *dns.Msg) { m.Rcode, m.Truncated = dns.RcodeRefused, true }, false, "rcode REFUSED"},
		{"an rcode without a name", rcode(12), false, "rcode 12"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := dnsSpec(dns1)
				s.DNS = &DNS{Type: "A", Name: "www.example.net."}
				r := askDNS(t, s, func(query []byte, c net.Conn) { c.Write(reply(t, query, tt.change)) })
				wantResult(t, r, tt.ok, false, tt.reason)
				if r.Latency != 0 {
					t.Errorf("took %v of virtual time", r.Latency)
				}
			})
		})
	}
}

// TestDNSForeign: what is no reply to our question is passed over; alone it
// ends in a timeout, and a reply after it counts.
func TestDNSForeign(t *testing.T) {
	change := func(f func(*dns.Msg)) func(*testing.T, []byte) []byte {
		return func(t *testing.T, query []byte) []byte { return reply(t, query, f) }
	}
	raw := func(f func([]byte) []byte) func(*testing.T, []byte) []byte {
		return func(_ *testing.T, query []byte) []byte { return f(query) }
	}
	for _, tt := range []struct {
		name   string
		send   func(*testing.T, []byte) []byte
		reason string
	}{
		{"another id", change(func(m *dns.Msg) { m.Id++ }), "with another id"},
		{"an error with another id", change(func(m *dns.Msg) { m.Id++; m.Rcode = dns.RcodeRefused }), "with another id"},
		{"another name", change(func(m *dns.Msg) { m.Question[0].Name = "net." }), "with another question"},
		{"another type", change(func(m *dns.Msg) { m.Question[0].Qtype = dns.TypeA }), "with another question"},
		{"another class", change(func(m *dns.Msg) { m.Question[0].Qclass = dns.ClassCHAOS }), "with another question"},
		{"an error to another name", change(func(m *dns.Msg) { m.Question[0].Name = "net."; m.Rcode = 2 }), "with another question"},
		{"two questions", change(func(m *dns.Msg) { m.Question = append(m.Question, m.Question[0]) }), "with another question"},
		{"another opcode", change(func(m *dns.Msg) { m.Opcode = dns.OpcodeNotify }), "not a reply to a query"},
		{"an echo", raw(func(q []byte) []byte { return q }), "not a reply to a query"},
		{"a cut head", raw(func(q []byte) []byte { return q[:11] }), "of 11 bytes"},
		{"a single byte", raw(func([]byte) []byte { return []byte{0} }), "of 1 byte"},
		{"a cut question", raw(func(q []byte) []byte { q[2] |= 0x80; return q[:14] }), "with a malformed question"},
		{"a name that points to itself", raw(func(q []byte) []byte { q[2] |= 0x80; return append(q[:12], 0xc0, 12, 0, 6, 0, 1) }), "with a malformed question"},
		{"a web server", raw(func(q []byte) []byte {
			return append([]byte{^q[0], q[1]}, "TP/1.1 400 Bad Request\r\n\r\n"...)
		}), "with another id"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				serve := func(query []byte, c net.Conn) {
					for range 2 {
						c.Write(tt.send(t, append([]byte(nil), query...)))
						time.Sleep(time.Millisecond)
					}
				}
				r := askDNS(t, dnsSpec(dns1), serve)
				wantResult(t, r, false, false, "no answer within 1s, 2 datagrams ignored, the last "+tt.reason)
				if r.Latency != time.Second {
					t.Errorf("took %v, want 1s", r.Latency)
				}
				r = askDNS(t, dnsSpec(dns1), func(query []byte, c net.Conn) {
					serve(query, c)
					c.Write(reply(t, query, func(*dns.Msg) {}))
				})
				wantResult(t, r, true, false, "NOERROR, 0 answers")
			})
		})
	}
}

// TestDNSAnswerIsNotLookedAt: rubbish after the question is no failure.
func TestDNSAnswerIsNotLookedAt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := askDNS(t, dnsSpec(dns1), func(query []byte, c net.Conn) {
			b := reply(t, query, func(*dns.Msg) {})
			b[7], b[9], b[11] = 2, 9, 9
			c.Write(append(b, "\xc0\xff rubbish"...))
		})
		wantResult(t, r, true, false, "NOERROR, 2 answers")
	})
}

func TestDNSTimes(t *testing.T) {
	silent := func([]byte, net.Conn) {}
	synctest.Test(t, func(t *testing.T) {
		r := askDNS(t, dnsSpec(dns1), silent)
		wantResult(t, r, false, false, "no answer within 1s")
		if r.Latency != time.Second {
			t.Errorf("took %v, want 1s", r.Latency)
		}
		r = askDNS(t, dnsSpec(dns1), func(query []byte, c net.Conn) {
			time.Sleep(time.Second - time.Nanosecond)
			c.Write(reply(t, query, func(*dns.Msg) {}))
		})
		wantResult(t, r, true, false, "NOERROR, 0 answers")
		r = askDNS(t, dnsSpec(dns1), func(_ []byte, c net.Conn) { c.Close() })
		wantResult(t, r, false, false, "EOF")
	})
}

func TestDNSStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		near, far := net.Pipe()
		go func() {
			defer far.Close()
			far.Read(make([]byte, 512))
			cancel(errors.New("stopping"))
			for err := error(nil); err == nil; { // rubbish without end
				_, err = far.Write([]byte("x"))
			}
		}()
		p, err := New(dnsSpec(dns1), Env{Dial: func(context.Context, *Spec, netip.Addr) (Conn, error) { return near, nil }})
		if err != nil {
			t.Fatal(err)
		}
		wantResult(t, p.Probe(ctx, 0), false, true, "probe: stopping")
	})
}

// flood is a server that always has one more datagram, also past any deadline.
type flood struct{ net.Conn }

func (flood) Read(p []byte) (int, error) {
	time.Sleep(time.Millisecond)
	return copy(p, "rubbish"), nil
}

func TestDNSFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		go io.Copy(io.Discard, far)
		r := probe(t, dnsSpec(dns1), Env{Dial: func(context.Context, *Spec, netip.Addr) (Conn, error) { return flood{near}, nil }})
		if !strings.HasPrefix(r.Reason, "no answer within 1s, 1") || r.Unmade || r.OK || r.Latency > 2*time.Second {
			t.Errorf("%+v", r)
		}
	})
}

func TestNewDNSRefuses(t *testing.T) {
	for _, tt := range []struct {
		name string
		dns  *DNS
		want string
	}{
		{"no question", nil, "no question"},
		{"no type", &DNS{Name: "."}, `type ""`},
		{"another type", &DNS{Type: "ANY", Name: "."}, `type "ANY"`},
		{"no name", &DNS{Type: "A"}, `name "": must not be empty`},
		{"no labels", &DNS{Type: "A", Name: "a..b"}, `name "a..b": is not a domain name`},
	} {
		s := dnsSpec(dns1)
		s.DNS = tt.dns
		if _, err := New(s, Env{}); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: err %v, want one with %q", tt.name, err, tt.want)
		}
	}
}

func TestDomainName(t *testing.T) {
	label := strings.Repeat("a", 63)
	longest := label + "." + label + "." + label + "." + label[:61]
	for _, tt := range []struct{ in, want string }{
		{".", "."},
		{"example.net", "example.net."},
		{"example.net.", "example.net."},
		{"_dns.xn--grsse-mva.example", "_dns.xn--grsse-mva.example."},
		{label, label + "."},
		{longest, longest + "."},
		{longest + "a", "!255 in all"},
		{label + "a", "!labels of 1 to 63 bytes"},
		{"", "!must not be empty"},
		{"..", "!is not a domain name"},
		{".a", "!is not a domain name"},
		{"a..b", "!is not a domain name"},
		{`a\`, "!is not a domain name"},
		{"a b", "!must have no blanks"},
		{"a\nb", "!must have no blanks"},
		{"größe.example", "!must be ASCII"},
	} {
		got, err := DomainName(tt.in)
		want, bad := strings.CutPrefix(tt.want, "!")
		if bad != (err != nil) || !bad && got != want || bad && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %q, %v, want %q", tt.in, got, err, tt.want)
		}
	}
}
