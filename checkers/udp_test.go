package checkers

import (
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func udpSpec(target netip.AddrPort, u UDP) Spec {
	s := tcpSpec(target)
	if u.Payload == nil {
		u.Payload = []byte(DefaultPayload)
	}
	s.Kind, s.UDP, s.ConnectTimeout = UDPCheck, &u, 200*time.Millisecond
	return s
}

// echoes answers each datagram with what answer makes of it; nil: nothing.
func echoes(t *testing.T, addr string, answer func([]byte) []byte) netip.AddrPort {
	t.Helper()
	conn := listenUDP(t, addr)
	done := make(chan struct{})
	t.Cleanup(func() { conn.Close(); <-done })
	go func() {
		defer close(done)
		buf := make([]byte, 65535)
		for {
			n, from, err := conn.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			if b := answer(buf[:n]); b != nil {
				conn.WriteToUDPAddrPort(b, from)
			}
		}
	}()
	return conn.LocalAddr().(*net.UDPAddr).AddrPort()
}

func TestUDPCheck(t *testing.T) {
	silent := func([]byte) []byte { return nil }
	say := func(s string) func([]byte) []byte { return func([]byte) []byte { return []byte(s) } }
	pattern := Pattern{Bytes: []byte{0x68, 0x60}, Mask: []byte{0xff, 0xf0}}
	for _, tt := range []struct {
		name   string
		answer func([]byte) []byte // nil: nobody listens
		udp    UDP
		ok     bool
		reason string
	}{
		{"silence is good", silent, UDP{}, true, "no error within 200ms"},
		{"a reply, too", say("x"), UDP{}, true, "replied"},
		{"nobody listens", nil, UDP{}, false, "connection refused"},
		{"silence is bad with require_reply", silent, UDP{RequireReply: true, MaxReply: 255}, false, "no reply within 200ms"},
		{"nobody listens with require_reply", nil, UDP{RequireReply: true, MaxReply: 255}, false, "connection refused"},
		{"any reply", say("hello"), UDP{RequireReply: true, MaxReply: 255}, true, "reply of 5 bytes"},
		{"an empty reply", say(""), UDP{RequireReply: true, MaxReply: 255}, true, "reply of 0 bytes"},
		{"a reply that matches", say("hello"), UDP{RequireReply: true, Reply: pattern, MaxReply: 255}, true, "reply of 5 bytes"},
		{"a reply that does not", say("h7llo"), UDP{RequireReply: true, Reply: pattern, MaxReply: 255}, false, "reply begins 68376c6c6f, want 686x"},
		{"a reply shorter than the pattern", say("h"), UDP{RequireReply: true, Reply: pattern, MaxReply: 255}, false, "reply begins 68, want 686x"},
		{"too short", say("hell"), UDP{RequireReply: true, MinReply: 5, MaxReply: 255}, false, "reply of 4 bytes, want 5"},
		{"too long", say(strings.Repeat("x", 256)), UDP{RequireReply: true, MaxReply: 255}, false, "reply of more than 255 bytes"},
		{"the longest", say(strings.Repeat("x", 60000)), UDP{RequireReply: true, MaxReply: 65535}, true, "reply of 60000 bytes"},
		{"the payload arrives", func(b []byte) []byte { return b }, UDP{RequireReply: true, MaxReply: 255, Payload: []byte("ab"),
			Reply: Pattern{Bytes: []byte("ab"), Mask: []byte{255, 255}}}, true, "reply of 2 bytes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			target := closedUDP(t)
			if tt.answer != nil {
				target = echoes(t, "127.0.0.1:0", tt.answer)
			}
			wantResult(t, probe(t, udpSpec(target, tt.udp), Env{}), tt.ok, false, tt.reason)
		})
	}
}

func TestUDPCheckIPv6(t *testing.T) {
	target := echoes(t, "[::1]:0", func(b []byte) []byte { return b })
	wantResult(t, probe(t, udpSpec(target, UDP{RequireReply: true, MaxReply: 255}), Env{}), true, false, "reply of 32 bytes")
}

func TestNewUDPRefuses(t *testing.T) {
	target := netip.MustParseAddrPort("10.0.0.1:53")
	for _, u := range []UDP{
		{Payload: make([]byte, 70000)},
		{Reply: Pattern{Bytes: []byte{1}}},
		{RequireReply: true, MinReply: 9, MaxReply: 8},
		{RequireReply: true, MaxReply: 65536},
	} {
		if _, err := New(udpSpec(target, u), Env{}); err == nil {
			t.Errorf("taken: %+v", u)
		}
	}
}
