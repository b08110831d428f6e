package rawsock_test

import (
	"cmp"
	"context"
	"net"
	"net/netip"
	"os/exec"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"director/internal/nstest"
	"director/vrrp"
	"director/vrrp/rawsock"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	a4, b4 = netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	a6, b6 = netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::2")
	aL, bL = netip.MustParseAddr("fe80::a"), netip.MustParseAddr("fe80::b")
	vip4   = netip.MustParseAddr("192.0.2.50")
	vip6   = netip.MustParseAddr("fe80::50")
)

// host is one of two machines on a network.
type host struct {
	t  *testing.T
	ns *nstest.NS
}

// newPair joins two hosts, a with .1, ::1 and fe80::a, b with .2, ::2 and
// fe80::b, by their eth0.
func newPair(t *testing.T) (a, b host) {
	t.Helper()
	a, b = host{t, nstest.New(t)}, host{t, nstest.New(t)}
	nstest.Veth(t, a.ns, "eth0", b.ns, "eth0")
	for ns, addrs := range map[*nstest.NS][]netip.Addr{a.ns: {a4, a6, aL}, b.ns: {b4, b6, bL}} {
		for _, addr := range addrs {
			bits := map[bool]int{true: 24, false: 64}[addr.Is4()]
			ns.Run(t, "ip", "addr", "add", netip.PrefixFrom(addr, bits).String(), "dev", "eth0")
		}
	}
	return a, b
}

// open opens a Conn on the host's eth0, or on opts.Interface; IfIndex is filled in.
func (h host) open(opts rawsock.Options) *rawsock.Conn {
	h.t.Helper()
	conn, err := h.tryOpen(opts)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func (h host) tryOpen(opts rawsock.Options) (conn *rawsock.Conn, err error) {
	h.t.Helper()
	h.ns.Do(func() {
		ifi, e := net.InterfaceByName(cmp.Or(opts.Interface, "eth0"))
		if e != nil {
			h.t.Fatal(e)
		}
		opts.Interface, opts.IfIndex = ifi.Name, ifi.Index
		conn, err = rawsock.Open(opts)
	})
	return conn, err
}

// listen runs conn until the test ends and returns copies of what it delivers.
func listen(t *testing.T, conn *rawsock.Conn) <-chan *vrrp.Received {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	c, done := make(chan *vrrp.Received, 10000), make(chan error, 1)
	go func() { done <- conn.Run(ctx, func(rx *vrrp.Received) { c <- clone(rx) }) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return c
}

func clone(rx *vrrp.Received) *vrrp.Received {
	r := *rx
	r.Header, r.Payload = slices.Clone(rx.Header), slices.Clone(rx.Payload)
	return &r
}

// next is the next packet.
func next(t *testing.T, c <-chan *vrrp.Received) *vrrp.Received {
	t.Helper()
	select {
	case rx := <-c:
		return rx
	case <-time.After(10 * time.Second):
		t.Fatal("nothing arrived")
		return nil
	}
}

// advert is the message of an advert of cfg.
func advert(t testing.TB, cfg *vrrp.Config, src, dst netip.Addr) []byte {
	t.Helper()
	p := vrrp.Packet{
		Version: cfg.Version, VRID: cfg.VRID, Priority: cfg.Priority, Interval: cfg.AdvertInt,
		Auth: cfg.Auth, Addresses: cfg.Addresses,
	}
	if cfg.Auth == vrrp.AuthPass {
		copy(p.AuthData[:], cfg.AuthPassword)
	}
	b, err := p.Append(nil, src, dst, cfg.Checksum)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// config4 and config6 are plain routers.
func config4() *vrrp.Config {
	return &vrrp.Config{
		Interface: "eth0", Family: vrrp.IPv4, Version: 3, VRID: 51, Priority: 200,
		AdvertInt: time.Second, Addresses: []netip.Addr{vip4},
	}
}

func config6() *vrrp.Config {
	cfg := config4()
	cfg.Family, cfg.Addresses = vrrp.IPv6, []netip.Addr{vip6}
	return cfg
}

// send sends an advert of cfg and ends the test when that does not work.
func send(t testing.TB, tr *rawsock.Transport, cfg *vrrp.Config, src, dst netip.Addr) {
	t.Helper()
	if err := tr.Send(src, dst, advert(t, cfg, src, dst)); err != nil {
		t.Fatal(err)
	}
}

// tryRun reports whether a command in the host's namespace succeeds.
func (h host) tryRun(command ...string) bool {
	var err error
	h.ns.Do(func() { err = exec.Command(command[0], command[1:]...).Run() })
	return err == nil
}
