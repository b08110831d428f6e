package rawsock_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"math"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"director/vrrp"
	"director/vrrp/rawsock"
)

// An advert that is sent arrives, is accepted, and carries the IP header that
// the standard and keepalived want.
func TestAdvertsArrive(t *testing.T) {
	cases := []struct {
		name         string
		cfg          *vrrp.Config
		src, dst     netip.Addr
		password     string
		auth         vrrp.AuthType
		version, ttl uint8
		wantTTL      int
	}{
		{name: "IPv4 multicast", cfg: config4(), src: a4, dst: vrrp.GroupIPv4, wantTTL: 255},
		{name: "IPv4 unicast", cfg: config4(), src: a4, dst: b4, wantTTL: 255},
		{name: "IPv4 unicast with its own TTL", cfg: config4(), src: a4, dst: b4, ttl: 7, wantTTL: 7},
		{name: "the TTL of unicast is not that of multicast", cfg: config4(), src: a4, dst: vrrp.GroupIPv4, ttl: 7, wantTTL: 255},
		{name: "IPv6 multicast", cfg: config6(), src: aL, dst: vrrp.GroupIPv6, wantTTL: 255},
		{name: "IPv6 unicast", cfg: config6(), src: a6, dst: b6, wantTTL: 255},
		{name: "IPv6 unicast with its own hop limit", cfg: config6(), src: a6, dst: b6, ttl: 7, wantTTL: 7},
		{name: "IPv6 unicast, link-local", cfg: config6(), src: aL, dst: bL, wantTTL: 255},
		{name: "version 2", cfg: config4(), version: 2, src: a4, dst: vrrp.GroupIPv4, wantTTL: 255},
		{name: "AH multicast", cfg: config4(), version: 2, auth: vrrp.AuthAH, src: a4, dst: vrrp.GroupIPv4, wantTTL: 255},
		{name: "AH unicast", cfg: config4(), version: 2, auth: vrrp.AuthAH, src: a4, dst: b4, wantTTL: 255},
	}
	a, b := newPair(t)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			a, b := host{t, a.ns}, host{t, b.ns}
			cfg := *c.cfg
			cfg.UnicastTTL, cfg.Auth, cfg.AuthPassword = c.ttl, c.auth, "s3cret"
			cfg.Version = max(cfg.Version-c.version, 2)
			from := rawsock.Options{Family: cfg.Family}
			to := rawsock.Options{Family: cfg.Family, VRIDs: []uint8{cfg.VRID}, AH: c.auth == vrrp.AuthAH}
			if !c.dst.IsMulticast() {
				from.Source, to.Source = c.src, c.dst
				cfg.Peers = []vrrp.Peer{{Addr: c.src}}
			}
			arrived := listen(t, b.open(to))
			tr := a.open(from).For(&cfg)
			receiver := vrrp.NewReceiver(&cfg)
			for i := range 3 {
				send(t, tr, &cfg, c.src, c.dst)
				rx := next(t, arrived)
				if _, drop := receiver.Check(rx); drop != vrrp.Accepted {
					t.Fatalf("advert %d: %v", i, drop)
				}
				checkHeader(t, rx, c.src, c.dst, c.wantTTL, i+1)
			}
		})
	}
}

func checkHeader(t *testing.T, rx *vrrp.Received, src, dst netip.Addr, ttl, id int) {
	t.Helper()
	if rx.Src != src || rx.Dst != dst || rx.TTL != ttl {
		t.Errorf("from %v to %v, TTL %d, want %v, %v, %d", rx.Src, rx.Dst, rx.TTL, src, dst, ttl)
	}
	if rx.IfIndex == 0 {
		t.Error("no interface")
	}
	if rx.Header == nil {
		return
	}
	// As keepalived sends it: no options, TOS 0xc0, not fragmented.
	want := []byte{0x45, 0xc0, 0, 0, 0, byte(id), 0, 0, byte(ttl), rx.Protocol}
	binary.BigEndian.PutUint16(want[2:], uint16(len(rx.Header)+len(rx.Payload)))
	if got := rx.Header[:len(want)]; !bytes.Equal(got, want) {
		t.Errorf("IP header begins %x, want %x", got, want)
	}
}

func TestTheKernelDropsOtherVRIDs(t *testing.T) {
	a, b := newPair(t)
	for _, cfg := range []*vrrp.Config{config4(), config6()} {
		t.Run(cfg.Family.String(), func(t *testing.T) {
			a, b := host{t, a.ns}, host{t, b.ns}
			conn := b.open(rawsock.Options{Family: cfg.Family, VRIDs: []uint8{3, 51, 255}})
			arrived := listen(t, conn)
			tr, src, dst := a.open(rawsock.Options{Family: cfg.Family}).For(cfg), a4, vrrp.GroupIPv4
			if cfg.Family == vrrp.IPv6 {
				src, dst = aL, vrrp.GroupIPv6
			}
			round := func() (got []uint8) {
				for _, vrid := range []uint8{1, 3, 50, 51, 52, 254, 255, 7} {
					cfg.VRID = vrid
					send(t, tr, cfg, src, dst)
				}
				for len(got) == 0 || got[len(got)-1] < 255 && got[len(got)-1] != 7 {
					got = append(got, next(t, arrived).Payload[1])
				}
				return got
			}
			if got := string(round()); got != "\x03\x33\xff" {
				t.Errorf("arrived: %v", []byte(got))
			}
			if err := conn.SetVRIDs([]uint8{7}); err != nil {
				t.Fatal(err)
			}
			if got := string(round()); got != "\x07" {
				t.Errorf("after SetVRIDs arrived: %v", []byte(got))
			}
		})
	}
}

func TestAllVRIDsAtOnce(t *testing.T) {
	a, b := newPair(t)
	var all []uint8
	for vrid := 255; vrid > 0; vrid-- {
		all = append(all, uint8(vrid))
	}
	arrived := listen(t, b.open(rawsock.Options{Family: vrrp.IPv4, VRIDs: all}))
	cfg := config4()
	tr := a.open(rawsock.Options{Family: vrrp.IPv4}).For(cfg)
	for _, vrid := range []uint8{1, 128, 255} {
		cfg.VRID = vrid
		send(t, tr, cfg, a4, vrrp.GroupIPv4)
		if got := next(t, arrived).Payload[1]; got != vrid {
			t.Errorf("VRID %d arrived, want %d", got, vrid)
		}
	}
}

// Bad adverts are for the receiver to count.
func TestBadChecksumsAreDelivered(t *testing.T) {
	a, b := newPair(t)
	for _, cfg := range []*vrrp.Config{config4(), config6()} {
		t.Run(cfg.Family.String(), func(t *testing.T) {
			a, b := host{t, a.ns}, host{t, b.ns}
			arrived := listen(t, b.open(rawsock.Options{Family: cfg.Family, VRIDs: []uint8{51}}))
			src, dst := a4, vrrp.GroupIPv4
			if cfg.Family == vrrp.IPv6 {
				src, dst = aL, vrrp.GroupIPv6
			}
			message := advert(t, cfg, src, dst)
			message[6] ^= 1
			if err := a.open(rawsock.Options{Family: cfg.Family}).For(cfg).Send(src, dst, message); err != nil {
				t.Fatal(err)
			}
			if _, drop := vrrp.NewReceiver(cfg).Check(next(t, arrived)); drop != vrrp.DropChecksum {
				t.Error(drop)
			}
		})
	}
}

// Unicast reaches a multicast socket and can be told apart; multicast, and
// unicast to another address of the machine, do not reach a unicast socket.
func TestMulticastAndUnicastAreToldApart(t *testing.T) {
	a, b := newPair(t)
	b.ns.Run(t, "ip", "addr", "add", "192.0.2.3/24", "dev", "eth0")
	cfg := config4()
	vrids := []uint8{cfg.VRID}
	multicast := listen(t, b.open(rawsock.Options{Family: vrrp.IPv4, VRIDs: vrids}))
	unicast := listen(t, b.open(rawsock.Options{Family: vrrp.IPv4, VRIDs: vrids, Source: b4}))
	other := netip.MustParseAddr("192.0.2.3")
	viaMulticast := a.open(rawsock.Options{Family: vrrp.IPv4}).For(cfg)
	viaUnicast := a.open(rawsock.Options{Family: vrrp.IPv4, Source: a4}).For(cfg)
	send(t, viaMulticast, cfg, a4, vrrp.GroupIPv4)
	send(t, viaUnicast, cfg, a4, other)
	send(t, viaUnicast, cfg, a4, b4)
	for _, want := range []netip.Addr{vrrp.GroupIPv4, other, b4} {
		if got := next(t, multicast).Dst; got != want {
			t.Errorf("multicast socket: to %v, want %v", got, want)
		}
	}
	if got := next(t, unicast).Dst; got != b4 {
		t.Errorf("unicast socket: to %v", got)
	}
}

// A router that gets a new transport goes on counting, and never below what it
// heard.
func TestSequenceNumbersOnlyRise(t *testing.T) {
	a, b := newPair(t)
	cfg := config4()
	cfg.Version, cfg.Auth, cfg.AuthPassword = 2, vrrp.AuthAH, "s3cret"
	arrived := listen(t, b.open(rawsock.Options{Family: vrrp.IPv4, VRIDs: []uint8{51}, AH: true}))
	conn, receiver := a.open(rawsock.Options{Family: vrrp.IPv4}), vrrp.NewReceiver(cfg)
	for _, step := range []struct{ heard, want uint32 }{{0, 1}, {1, 2}, {999, 1000}, {5, 1001}} {
		tr := conn.For(cfg)
		tr.HeardSequence(step.heard)
		send(t, tr, cfg, a4, vrrp.GroupIPv4)
		if _, drop := receiver.Check(next(t, arrived)); drop != vrrp.Accepted || receiver.Sequence() != step.want {
			t.Errorf("%v, sequence %d, want %d", drop, receiver.Sequence(), step.want)
		}
	}
	conn.For(cfg).HeardSequence(math.MaxUint32)
	err := conn.For(cfg).Send(a4, vrrp.GroupIPv4, advert(t, cfg, a4, vrrp.GroupIPv4))
	if !errors.Is(err, rawsock.ErrSequence) {
		t.Errorf("beyond the last number: %v", err)
	}
}

func TestOwnAdvertsAreNotHeard(t *testing.T) {
	a, b := newPair(t)
	opts := rawsock.Options{Family: vrrp.IPv4, VRIDs: []uint8{51}}
	cfg, ours, theirs := config4(), a.open(opts), listen(t, b.open(opts))
	mine := listen(t, ours)
	tr := ours.For(cfg)
	for range 10 {
		send(t, tr, cfg, a4, vrrp.GroupIPv4)
		next(t, theirs)
	}
	tr.Drain()
	if n := len(mine); n > 0 {
		t.Errorf("heard %d of our own adverts", n)
	}
}

// The arrival time is the kernel's, not that of reading.
func TestArrivalTimeIsTheKernels(t *testing.T) {
	a, b := newPair(t)
	cfg := config4()
	conn := b.open(rawsock.Options{Family: vrrp.IPv4, VRIDs: []uint8{51}})
	witness := listen(t, b.open(rawsock.Options{Family: vrrp.IPv4, VRIDs: []uint8{51}}))
	before := time.Now()
	send(t, a.open(rawsock.Options{Family: vrrp.IPv4}).For(cfg), cfg, a4, vrrp.GroupIPv4)
	next(t, witness)
	after := time.Now()
	time.Sleep(50 * time.Millisecond) // the advert waits unread
	at := next(t, listen(t, conn)).At
	// The clocks are read one after the other, hence a little slack.
	if at.Before(before.Add(-time.Millisecond)) || at.After(after.Add(time.Millisecond)) {
		t.Errorf("arrived %v after it was sent, at most %v wanted", at.Sub(before), after.Sub(before))
	}
	if !strings.Contains(at.String(), "m=") {
		t.Errorf("%v has no monotonic reading", at)
	}
}

func TestDrainDeliversAllThatWaits(t *testing.T) {
	a, b := newPair(t)
	cfg, opts := config4(), rawsock.Options{Family: vrrp.IPv4, VRIDs: []uint8{51}}
	conn, witness := b.open(opts), listen(t, b.open(opts))
	entered, release := make(chan struct{}), make(chan struct{})
	var count atomic.Int32
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- conn.Run(ctx, func(*vrrp.Received) {
			if count.Add(1) == 1 {
				close(entered)
				<-release
			}
		})
	}()
	const n = 50
	tr := a.open(rawsock.Options{Family: vrrp.IPv4}).For(cfg)
	for range n + 1 {
		send(t, tr, cfg, a4, vrrp.GroupIPv4)
	}
	for range n + 1 { // the witness has the last one: the others wait in conn
		next(t, witness)
	}
	<-entered // one has been read, but not delivered
	drained := make(chan int32, 1)
	go func() {
		conn.Drain()
		drained <- count.Load()
	}()
	select {
	case got := <-drained:
		drained <- got
		t.Error("Drain returned while an advert was on its way")
	case <-time.After(20 * time.Millisecond):
	}
	close(release)
	if got := <-drained; got < n {
		t.Errorf("%d delivered when Drain returned, want %d", got, n)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestCloseEndsRun(t *testing.T) {
	_, b := newPair(t)
	conn := b.open(rawsock.Options{Family: vrrp.IPv4, VRIDs: []uint8{51}, AH: true})
	done := make(chan error, 1)
	go func() { done <- conn.Run(context.Background(), func(*vrrp.Received) {}) }()
	time.Sleep(20 * time.Millisecond) // most likely it is in the read by now
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; !errors.Is(err, net.ErrClosed) {
		t.Errorf("Run returned %v", err)
	}
	conn.Drain() // does not block or panic
}

func TestRunAgain(t *testing.T) {
	a, b := newPair(t)
	cfg := config4()
	conn := b.open(rawsock.Options{Family: vrrp.IPv4, VRIDs: []uint8{51}})
	tr := a.open(rawsock.Options{Family: vrrp.IPv4}).For(cfg)
	for range 3 {
		ctx, cancel := context.WithCancelCause(context.Background())
		done, arrived := make(chan error, 1), make(chan struct{}, 1)
		go func() { done <- conn.Run(ctx, func(*vrrp.Received) { arrived <- struct{}{} }) }()
		send(t, tr, cfg, a4, vrrp.GroupIPv4)
		<-arrived
		cancel(errors.New("enough"))
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
}

func TestOverrunsAreCounted(t *testing.T) {
	a, b := newPair(t)
	cfg := config4()
	conn := b.open(rawsock.Options{Family: vrrp.IPv4, VRIDs: []uint8{51}})
	tr := a.open(rawsock.Options{Family: vrrp.IPv4}).For(cfg)
	for range 3000 {
		if err := tr.Send(a4, vrrp.GroupIPv4, advert(t, cfg, a4, vrrp.GroupIPv4)); err != nil && !errors.Is(err, unix.EAGAIN) {
			t.Fatal(err)
		}
	}
	arrived := listen(t, conn)
	next(t, arrived)
	conn.Drain()
	cfg.Priority = 1
	send(t, tr, cfg, a4, vrrp.GroupIPv4)
	for next(t, arrived).Payload[2] != 1 {
	}
	if conn.Overruns() == 0 {
		t.Error("no overruns")
	}
}

func TestADeadInterfaceIsRecognised(t *testing.T) {
	for _, what := range []string{"down", "deleted"} {
		for _, cfg := range []*vrrp.Config{config4(), config6()} {
			t.Run(cfg.Family.String()+" "+what, func(t *testing.T) {
				a, _ := newPair(t)
				tr, src, dst := a.open(rawsock.Options{Family: cfg.Family}).For(cfg), a4, vrrp.GroupIPv4
				if cfg.Family == vrrp.IPv6 {
					src, dst = aL, vrrp.GroupIPv6
				}
				message := advert(t, cfg, src, dst)
				if what == "down" {
					a.ns.Run(t, "ip", "link", "set", "eth0", "down")
				} else {
					a.ns.Run(t, "ip", "link", "del", "eth0")
				}
				err := tr.Send(src, dst, message)
				if !rawsock.InterfaceGone(err) {
					t.Errorf("not recognised: %v", err)
				}
				if err == nil || !strings.Contains(err.Error(), "eth0") {
					t.Errorf("the interface is not named: %v", err)
				}
			})
		}
	}
}

func TestNoSuchInterface(t *testing.T) {
	a, _ := newPair(t)
	a.ns.Do(func() {
		_, err := rawsock.Open(rawsock.Options{Interface: "eth9", IfIndex: 99, Family: vrrp.IPv4})
		if !rawsock.InterfaceGone(err) || !strings.Contains(err.Error(), "eth9") {
			t.Errorf("got %v", err)
		}
	})
}

func TestMissingPrivilegeIsNamed(t *testing.T) {
	a, _ := newPair(t)
	a.ns.Do(func() { // the thread ends with it
		hdr := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
		var none [2]unix.CapUserData
		if err := unix.Capset(&hdr, &none[0]); err != nil {
			t.Fatal(err)
		}
		_, err := rawsock.Open(rawsock.Options{Interface: "eth0", IfIndex: 1, Family: vrrp.IPv4})
		if err == nil || !strings.Contains(err.Error(), "CAP_NET_RAW") || !strings.Contains(err.Error(), "eth0") {
			t.Errorf("got %v", err)
		}
	})
}

func TestSendAllocatesNothing(t *testing.T) {
	a, _ := newPair(t)
	for _, cfg := range []*vrrp.Config{config4(), config6()} {
		t.Run(cfg.Family.String(), func(t *testing.T) {
			a := host{t, a.ns}
			src, dst := a4, vrrp.GroupIPv4
			if cfg.Family == vrrp.IPv6 {
				src, dst = aL, vrrp.GroupIPv6
			}
			tr, message := a.open(rawsock.Options{Family: cfg.Family}).For(cfg), advert(t, cfg, src, dst)
			allocs := testing.AllocsPerRun(100, func() {
				if err := tr.Send(src, dst, message); err != nil {
					t.Fatal(err)
				}
			})
			if allocs != 0 {
				t.Errorf("%v allocations", allocs)
			}
		})
	}
}
