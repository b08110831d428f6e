package checkers

import (
	"context"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

func pingSpec(target string) Spec {
	s := tcpSpec(netip.AddrPortFrom(netip.MustParseAddr(target), 0))
	s.Kind, s.ConnectTimeout = PingCheck, 300*time.Millisecond
	return s
}

// TestPing asks this machine's kernel.
func TestPing(t *testing.T) {
	for _, target := range []string{"127.0.0.1", "127.77.0.9", "::1"} {
		r := probe(t, pingSpec(target), Env{})
		if r.Unmade {
			t.Skip(r.Reason) // neither root nor in ping_group_range
		}
		wantResult(t, r, true, false, "replied")
	}
	s := pingSpec("127.0.0.1")
	s.Bind = netip.MustParseAddr("127.77.0.2")
	wantResult(t, probe(t, s, Env{}), true, false, "replied")
	for name, target := range map[string]string{"prohibited": "240.0.0.1"} {
		if r := probe(t, pingSpec(target), Env{}); r.OK {
			t.Errorf("%s answers: %+v", name, r)
		}
	}
}

// TestPingReplies: only our own data, brought back by an echo reply, counts.
func TestPingReplies(t *testing.T) {
	reply := func(request []byte, typ byte) []byte {
		b := append([]byte(nil), request...)
		b[0] = typ
		return b
	}
	for _, tt := range []struct {
		name, target string
		answer       func(request []byte) [][]byte
		ok           bool
	}{
		{"a reply", "10.0.0.1", func(q []byte) [][]byte { return [][]byte{reply(q, 0)} }, true},
		{"a reply of ICMPv6", "2001:db8::1", func(q []byte) [][]byte { return [][]byte{reply(q, 129)} }, true},
		{"silence", "10.0.0.1", func([]byte) [][]byte { return nil }, false},
		{"our own request", "10.0.0.1", func(q []byte) [][]byte { return [][]byte{q} }, false},
		{"too short", "10.0.0.1", func(q []byte) [][]byte { return [][]byte{{0}, {}, reply(q, 0)[:20]} }, false},
		{"somebody else's data", "10.0.0.1", func(q []byte) [][]byte {
			b := reply(q, 0)
			b[len(b)-1]++
			return [][]byte{b}
		}, false},
		{"others first", "10.0.0.1", func(q []byte) [][]byte { return [][]byte{q, {3, 1}, reply(q, 0)} }, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				done := make(chan struct{})
				r := probe(t, pingSpec(tt.target), Env{Dial: func(context.Context, *Spec, netip.Addr) (Conn, error) {
					near, far := net.Pipe()
					go func() {
						defer close(done)
						b := make([]byte, 256)
						n, err := far.Read(b)
						if err != nil {
							t.Error(err)
						}
						for _, m := range tt.answer(b[:n]) {
							far.Write(m)
						}
					}()
					return near, nil
				}})
				<-done
				reason := "no reply within 300ms"
				if tt.ok {
					reason = "replied"
				}
				wantResult(t, r, tt.ok, false, reason)
			})
		})
	}
}

func TestEcho(t *testing.T) {
	if m := echo(true); checksum(m) != 0 || m[0] != 8 || len(m) != 136 {
		t.Errorf("request % x, checksum %x", m[:8], checksum(m))
	}
	if m := echo(false); m[0] != 128 {
		t.Errorf("request % x", m[:8])
	}
}

func TestStripIPHeader(t *testing.T) {
	c := &socket{header: true}
	for _, tt := range []struct{ in, want string }{
		{"\x45" + string(make([]byte, 19)) + "icmp", "icmp"},
		{"\x46" + string(make([]byte, 23)) + "icmp", "icmp"},
		{"\x4f", ""}, {"\x45123", ""}, {"", ""},
	} {
		b := []byte(tt.in)
		if n := c.strip(b, len(b)); string(b[:n]) != tt.want {
			t.Errorf("%q: %q, want %q", tt.in, b[:n], tt.want)
		}
	}
}
