package udpsock_test

import (
	"net"
	"net/netip"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/ipv4"

	"director/bfd"
)

func mirror(c bfd.Config) bfd.Config {
	c.Neighbor, c.Source = c.Source, c.Neighbor
	return c
}

func TestLinkLocal(t *testing.T) {
	a, b := newPair(t)
	cfg := config(true)
	cfg.Neighbor, cfg.Source = bL, aL.WithZone("eth0")
	x, y := run(t, a, cfg), run(t, b, mirror(cfg))
	x.want(true)
	y.want(true)
	if s := x.set.Status()[0]; len(s.Drops) != 0 {
		t.Errorf("drops %v", s.Drops)
	}
}

// An address that comes late is waited for, and one that goes and comes back
// makes no difference afterwards.
func TestAddressComesLate(t *testing.T) {
	a, b := newPair(t)
	cfg := config(false)
	cfg.Source = netip.MustParseAddr("192.0.2.7")
	x, y := run(t, a, cfg), run(t, b, mirror(cfg))
	s := x.await("the error is shown", func(s bfd.Status) bool { return s.Error != "" })
	if !strings.Contains(s.Error, "cannot assign requested address") || s.Out != 0 || s.SendErrors == 0 {
		t.Errorf("%+v", s)
	}
	add := func() { a.Run(t, "ip", "addr", "add", "192.0.2.7/24", "dev", "eth0") }
	add()
	x.want(true)
	y.want(true)
	if s := x.set.Status()[0]; s.Error != "" {
		t.Errorf("still shows %q", s.Error)
	}
	a.Run(t, "ip", "addr", "del", "192.0.2.7/24", "dev", "eth0")
	x.want(false)
	y.want(false)
	x.await("the error is shown", func(s bfd.Status) bool { return s.Error != "" })
	add()
	x.want(true)
	y.want(true)
}

// A flood of packets, of nobody and as if they were the neighbor's, costs no
// session and no time.
func TestFlood(t *testing.T) {
	a, b := newPair(t)
	cfg := config(false)
	cfg.Multiplier = 60 // what the machine does to us is not the subject
	x, y := run(t, a, cfg), run(t, b, mirror(cfg))
	x.want(true)
	y.want(true)
	p := bfd.Packet{State: bfd.Up, Multiplier: cfg.Multiplier, My: 1, Your: 1, MinTx: cfg.MinTx, MinRx: cfg.MinRx}
	messages := [][]byte{p.Append(nil)}
	p.My, p.Your = y.set.Status()[0].LocalDiscriminator, x.set.Status()[0].LocalDiscriminator
	messages = append(messages, p.Append(nil))
	var conn net.Conn
	b.Do(func() {
		var err error
		if conn, err = net.Dial("udp", netip.AddrPortFrom(a4, 3784).String()); err != nil {
			t.Fatal(err)
		}
	})
	defer conn.Close()
	if err := ipv4.NewConn(conn).SetTTL(255); err != nil {
		t.Fatal(err)
	}
	sent, begin := 0, time.Now()
	for ; time.Since(begin) < 2*time.Second; sent++ {
		if _, err := conn.Write(messages[sent%2]); err != nil {
			t.Fatal(err)
		}
		if sent%20 == 0 {
			time.Sleep(time.Millisecond) // up to 20,000 a second
		}
	}
	s := x.set.Status()[0]
	t.Logf("%d packets, dropped: %v; %v; worst lateness %v", sent, x.set.Drops(), s.Drops, s.WorstLateness)
	if s.Downs != 0 || y.set.Status()[0].Downs != 0 {
		t.Errorf("went down: %+v", s)
	}
	if x.set.Drops()["unknown session"] == 0 {
		t.Error("nothing was counted")
	}
}

// bfdd's own AdminDown is no failure; after it there is a session again.
func TestFRRShutdown(t *testing.T) {
	a, b := newPair(t)
	cfg := config(false)
	peer := newFRR(t, b, cfg).(frrDaemon)
	h := run(t, a, cfg)
	peer.start()
	h.want(true)
	eventually(t, "bfdd sees us up", peer.up)
	peer.configure("peer 192.0.2.1 local-address 192.0.2.2", "shutdown")
	s := h.await("it is down", func(s bfd.Status) bool { return s.RemoteState == bfd.AdminDown })
	if !s.Up && !starved(s) || s.State != bfd.Down || s.Diag != bfd.DiagNeighborDown {
		t.Errorf("%+v", s)
	}
	peer.configure("peer 192.0.2.1 local-address 192.0.2.2", "no shutdown")
	h.await("it is up again", func(s bfd.Status) bool { return s.State == bfd.Up })
	h.stop()
	eventually(t, "bfdd knows that it was on purpose", func() bool {
		return strings.Contains(peer.show(), `"remote-diagnostic":"administrativelydown"`)
	})
}

func TestFRRMultihop(t *testing.T) {
	for name, v6 := range map[string]bool{"IPv4": false, "IPv6": true} {
		t.Run(name, func(t *testing.T) {
			a, b := newPair(t)
			cfg := config(v6)
			cfg.Multihop, cfg.TTL = true, 255
			peer := newFRR(t, b, cfg)
			h := run(t, a, cfg)
			peer.start()
			h.want(true)
			eventually(t, "bfdd sees us up", peer.up)
			peer.kill()
			h.want(false)
		})
	}
}

// configure gives bfdd commands of its bfd block.
func (d frrDaemon) configure(commands ...string) {
	d.f.t.Helper()
	args := []string{"--vty_socket", d.f.dir, "-c", "configure terminal", "-c", "bfd"}
	for _, c := range commands {
		args = append(args, "-c", c)
	}
	if out, err := exec.Command("vtysh", args...).CombinedOutput(); err != nil {
		d.f.t.Fatalf("vtysh: %v\n%s", err, out)
	}
}
