package checkers

import (
	"bytes"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// FuzzDNSReply: whatever a server sends, it is a reply to the question or it is
// not, by these few bytes of its head, and the words for it are in order.
func FuzzDNSReply(f *testing.F) {
	s := dnsSpec(dns1)
	s.DNS = &DNS{Type: "A", Name: "www.example.net."}
	c, err := newDNSCheck(s, Env{})
	if err != nil {
		f.Fatal(err)
	}
	good := bytes.Clone(c.query)
	good[2] |= 0x80
	refused := bytes.Clone(good)
	refused[3] |= dns.RcodeRefused
	for _, seed := range [][]byte{
		nil, c.query, good, refused, good[:12], good[:20], append(bytes.Clone(good), "rubbish"...),
		append(bytes.Clone(good[:12]), 0xc0, 12, 0, 1, 0, 1), []byte("HTTP/1.1 400 Bad Request\r\n\r\n"),
	} {
		f.Add(uint16(0), seed)
	}
	f.Fuzz(func(t *testing.T, id uint16, datagram []byte) {
		datagram = datagram[:min(len(datagram), 512)]
		b := bytes.Clone(datagram)
		reply, err := c.read(id, b)
		if err == nil {
			err = reply.judge()
		}
		if r := newResult(time.Now(), reply.String(), err); r.Reason == "" || len(r.Reason) >= maxReason {
			t.Fatalf("%+v", r)
		}
		if err != nil {
			return
		}
		isReply := datagram[2]&0xf8 == 0x80 && datagram[3]&0x0f == 0
		if uint16(datagram[0])<<8|uint16(datagram[1]) != id || !isReply {
			t.Fatalf("in order: id %d, % x", id, datagram)
		}
		asked := len(datagram) >= len(c.query) && bytes.EqualFold(datagram[12:len(c.query)], c.query[12:])
		if !asked && !reply.noQuestion && !bytes.ContainsFunc(datagram[12:], func(r rune) bool { return r >= 0x80 }) {
			t.Fatalf("in order without our question: % x", datagram)
		}
	})
}
