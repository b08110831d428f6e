package vrrptest

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"director/vrrp"
)

var (
	addrA = netip.MustParseAddr("192.0.2.1")
	addrB = netip.MustParseAddr("192.0.2.2")
)

// pair is two ports and what the second one has heard.
func pair(delay time.Duration) (s *Segment, a, b *Port, heard func() string) {
	s = NewSegment(delay)
	var l []string
	a = s.Attach(addrA, func(*vrrp.Received) {})
	b = s.Attach(addrB, func(rx *vrrp.Received) { l = append(l, string(rx.Payload)) })
	return s, a, b, func() string { return strings.Join(l, " ") }
}

func say(t *testing.T, p *Port, dst netip.Addr, text string) {
	t.Helper()
	if err := p.Send(p.addr, dst, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

func TestFramesArriveInOrderAfterTheDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, a, _, heard := pair(time.Millisecond)
		for _, text := range []string{"1", "2", "3", "4"} {
			say(t, a, vrrp.GroupIPv4, text)
		}
		time.Sleep(time.Millisecond - 1)
		synctest.Wait()
		if got := heard(); got != "" {
			t.Errorf("heard %q too early", got)
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if got := heard(); got != "1 2 3 4" {
			t.Errorf("heard %q", got)
		}
		if f := s.Frames(); len(f) != 4 || f[3].Src != addrA || string(f[3].Message) != "4" {
			t.Errorf("frames %v", f)
		}
	})
}

func TestWhoHearsWhat(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(a, b *Port)
		dst  netip.Addr
		want string
	}{
		{"the group is heard by all", func(a, b *Port) {}, vrrp.GroupIPv4, "x"},
		{"unicast is heard by its destination", func(a, b *Port) {}, addrB, "x"},
		{"and by nobody else", func(a, b *Port) {}, netip.MustParseAddr("192.0.2.7"), ""},
		{"another island hears nothing", func(a, b *Port) { b.Move(1) }, vrrp.GroupIPv4, ""},
		{"the same island does", func(a, b *Port) { a.Move(1); b.Move(1) }, vrrp.GroupIPv4, "x"},
		{"a closed port hears nothing", func(a, b *Port) { b.Close() }, vrrp.GroupIPv4, ""},
		{"a held port keeps it", func(a, b *Port) { b.Hold(true) }, vrrp.GroupIPv4, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, a, b, heard := pair(0)
			c.do(a, b)
			say(t, a, c.dst, "x")
			if got := heard(); got != c.want {
				t.Errorf("heard %q, want %q", got, c.want)
			}
		})
	}
}

func TestDrainDeliversWhatWasHeld(t *testing.T) {
	_, a, b, heard := pair(0)
	b.Hold(true)
	say(t, a, vrrp.GroupIPv4, "1")
	b.Drain()
	say(t, a, vrrp.GroupIPv4, "2")
	if got := heard(); got != "1" {
		t.Errorf("heard %q after the drain", got)
	}
	b.Hold(false)
	if got := heard(); got != "1 2" {
		t.Errorf("heard %q after the release", got)
	}
}

func TestClosedPortCannotSend(t *testing.T) {
	_, a, _, _ := pair(0)
	a.Close()
	if err := a.Send(addrA, vrrp.GroupIPv4, nil); !errors.Is(err, ErrClosed) {
		t.Errorf("error %v", err)
	}
}
