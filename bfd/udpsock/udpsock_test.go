package udpsock_test

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"director/bfd"
	"director/internal/nstest"
)

// arrived is a copy of what a listener delivered.
type arrived struct {
	bfd.Received
	payload string
}

// listen gives what arrives at a port of a namespace.
func listen(t *testing.T, ns *nstest.NS, port bfd.Port) <-chan arrived {
	t.Helper()
	l, err := (&inNS{ns: ns}).Listen(port)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	c, done := make(chan arrived, 1000), make(chan error, 1)
	go func() {
		done <- l.Run(ctx, func(rx *bfd.Received) { c <- arrived{*rx, string(rx.Payload)} })
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func TestPackets(t *testing.T) {
	a, b := newPair(t)
	for _, c := range []struct {
		name     string
		path     bfd.Path
		src, dst netip.Addr
	}{
		{"IPv4", bfd.Path{Local: a4, Remote: b4, TTL: 255}, a4, b4},
		{"IPv4, any source", bfd.Path{Remote: b4, TTL: 7}, a4, b4},
		{"IPv4 multihop", bfd.Path{Local: a4, Remote: b4, TTL: 64, Multihop: true}, a4, b4},
		{"IPv6", bfd.Path{Local: a6, Remote: b6, TTL: 64}, a6, b6},
		{"IPv6, any source", bfd.Path{Remote: b6, TTL: 255}, a6, b6},
		{"IPv6 multihop", bfd.Path{Local: a6, Remote: b6, TTL: 1, Multihop: true}, a6, b6},
		{"link-local", bfd.Path{Local: aL, Remote: bL, TTL: 255}, aL, bL.WithZone("")},
		{"link-local, any source", bfd.Path{Remote: bL, TTL: 255}, aL, bL.WithZone("")},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.path.SourcePort = 50000
			packets := listen(t, b, bfd.Port{IPv6: c.dst.Is6(), Multihop: c.path.Multihop})
			s, err := (&inNS{ns: a}).Dial(c.path)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if (c.path.Remote.Zone() != "") != (s.IfIndex() != 0) {
				t.Errorf("interface %d", s.IfIndex())
			}
			before := time.Now()
			if err := s.Send([]byte("hello")); err != nil {
				t.Fatal(err)
			}
			select {
			case rx := <-packets:
				if rx.payload != "hello" || rx.Src != c.src || rx.Dst != c.dst || rx.TTL != int(c.path.TTL) || rx.IfIndex == 0 {
					t.Errorf("%+v", rx)
				}
				if age := rx.At.Sub(before); age < -time.Millisecond || age > 10*time.Second || !strings.Contains(rx.At.String(), "m=") {
					t.Errorf("arrived at %v, %v after it was sent", rx.At, age)
				}
			case <-time.After(10 * time.Second):
				t.Fatal("nothing arrived")
			}
		})
	}
}

func TestDialErrors(t *testing.T) {
	a, _ := newPair(t)
	network := &inNS{ns: a}
	for _, c := range []struct {
		name string
		path bfd.Path
		want string
	}{
		{"address of nobody", bfd.Path{Local: a4.Next().Next(), Remote: b4}, "cannot assign requested address"},
		{"no such interface", bfd.Path{Remote: bL.WithZone("eth9")}, "no such network interface"},
		{"port taken", bfd.Path{Local: a4, Remote: b4}, "address already in use"},
	} {
		c.path.SourcePort, c.path.TTL = 50000, 255
		first, err := network.Dial(c.path)
		if err == nil {
			defer first.Close()
			_, err = network.Dial(c.path)
		}
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "BFD to") {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	l, err := network.Listen(bfd.Port{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := network.Listen(bfd.Port{}); err == nil || !strings.Contains(err.Error(), "3784") {
		t.Errorf("a second listener: %v", err)
	}
}

// What has not been read yet is delivered by Drain, with the time at which it
// arrived. The kernel begins to stamp a moment after it was first asked to.
func TestDrain(t *testing.T) {
	a, b := newPair(t)
	s, err := (&inNS{ns: a}).Dial(bfd.Path{Remote: b4, SourcePort: 50000, TTL: 255})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	l, err := (&inNS{ns: b}).Listen(bfd.Port{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	eventually(t, "the time of arrival is the kernel's", func() bool { return drain(t, s, l) < 20*time.Millisecond })
	l.Drain() // outside Run it does nothing
}

// drain sends packets, lets them wait for 50 ms, drains the socket, and returns
// how late the last one says that it arrived.
func drain(t *testing.T, s bfd.Sender, l bfd.Listener) (late time.Duration) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	got, entered, release, done := make(chan time.Time, 100), make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		first := true
		done <- l.Run(ctx, func(rx *bfd.Received) {
			if first {
				first = false
				close(entered)
				<-release
			}
			got <- rx.At
		})
	}()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()
	send := func() {
		if err := s.Send([]byte("x")); err != nil {
			t.Error(err)
		}
	}
	send()
	<-entered // Run is in the delivery: what comes now waits in the socket
	for range 20 {
		send()
	}
	sent := time.Now()
	time.Sleep(50 * time.Millisecond)
	close(release)
	l.Drain()
	if len(got) != 21 {
		t.Fatalf("%d delivered when Drain returned", len(got))
	}
	for range 21 {
		late = max(late, (<-got).Sub(sent))
	}
	return late
}

// The socket that sends has no ear: nobody reads it.
func TestSenderIsDeaf(t *testing.T) {
	a, b := newPair(t)
	s, err := (&inNS{ns: a}).Dial(bfd.Path{Local: a4, Remote: b4, SourcePort: 50000, TTL: 255})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	b.Do(func() {
		conn, err := net.Dial("udp", netip.AddrPortFrom(a4, 50000).String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		for range 10 {
			if _, err := conn.Write(make([]byte, 1000)); err != nil {
				t.Fatal(err)
			}
		}
	})
	if out := a.Run(t, "ss", "-Huan", "sport = :50000"); len(strings.Fields(out)) < 2 || strings.Fields(out)[1] != "0" {
		t.Errorf("something waits to be read: %s", out)
	}
}
