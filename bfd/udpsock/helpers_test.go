package udpsock_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"director/bfd"
	"director/bfd/udpsock"
	"director/internal/nstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	a4, b4 = netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	a6, b6 = netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::2")
	aL, bL = netip.MustParseAddr("fe80::a"), netip.MustParseAddr("fe80::b%eth0")
)

// newPair joins two hosts, a with .1, ::1 and fe80::a, b with .2, ::2 and
// fe80::b, by their eth0.
func newPair(t *testing.T) (a, b *nstest.NS) {
	t.Helper()
	a, b = nstest.New(t), nstest.New(t)
	nstest.Veth(t, a, "eth0", b, "eth0")
	for ns, addrs := range map[*nstest.NS][]netip.Addr{a: {a4, a6, aL}, b: {b4, b6, bL.WithZone("")}} {
		for _, addr := range addrs {
			// nodad: it can be used at once, also while the link comes up.
			add := []string{"ip", "addr", "add", addr.String() + "/24", "dev", "eth0"}
			if addr.Is6() {
				add = []string{"ip", "addr", "add", addr.String() + "/64", "dev", "eth0", "nodad"}
			}
			ns.Run(t, add...)
		}
	}
	return a, b
}

// config is a session from a to b, of 50 ms and three times.
func config(v6 bool) bfd.Config {
	c := bfd.Config{
		Name: "peer", Neighbor: b4, Source: a4,
		MinRx: 50 * time.Millisecond, MinTx: 50 * time.Millisecond, IdleTx: time.Second, Multiplier: 3,
	}
	if v6 {
		c.Neighbor, c.Source = b6, a6
	}
	return c
}

// inNS opens the kernel's sockets in a namespace. Muted, nothing is sent.
type inNS struct {
	ns    *nstest.NS
	muted atomic.Bool
}

func (n *inNS) Listen(p bfd.Port) (l bfd.Listener, err error) {
	n.ns.Do(func() { l, err = udpsock.Network{}.Listen(p) })
	return l, err
}

func (n *inNS) Dial(p bfd.Path) (s bfd.Sender, err error) {
	n.ns.Do(func() { s, err = udpsock.Network{}.Dial(p) })
	if err != nil {
		return nil, err
	}
	return mutable{s, n}, nil
}

type mutable struct {
	bfd.Sender
	network *inNS
}

func (m mutable) Send(b []byte) error {
	if m.network.muted.Load() {
		return nil
	}
	return m.Sender.Send(b)
}

// host is a Set that runs in a namespace.
type host struct {
	t       *testing.T
	set     *bfd.Set
	network *inNS
	stop    func()
}

// run runs a Set until the test ends.
func run(t *testing.T, ns *nstest.NS, configs ...bfd.Config) *host {
	t.Helper()
	h := &host{t: t, network: &inNS{ns: ns}}
	h.set = bfd.New(slog.New(slog.NewTextHandler(t.Output(), nil)), h.network, func(string, bfd.Status) {})
	if err := h.set.Configure(configs); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.set.Run(ctx)
	}()
	h.stop = func() { cancel(); <-done }
	t.Cleanup(h.stop)
	return h
}

// want waits until trackers are to believe that the session is up, or down.
func (h *host) want(up bool) bfd.Status {
	h.t.Helper()
	return h.await(fmt.Sprintf("up %v", up), func(s bfd.Status) bool { return s.Known && s.Up == up })
}

// starved reports whether this machine let us wait for so long that the other
// end may rightly have missed us.
func starved(s bfd.Status) bool { return s.WorstLateness > 50*time.Millisecond }

// await waits until the status of the only session is as is wanted.
func (h *host) await(what string, ok func(bfd.Status) bool) bfd.Status {
	h.t.Helper()
	var s bfd.Status
	eventually(h.t, what, func() bool {
		all := h.set.Status()
		if len(all) != 1 {
			return false
		}
		s = all[0]
		return ok(s)
	})
	return s
}

// eventually polls something that tells nobody when it changes.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("did not happen: %s", what)
		}
	}
}
