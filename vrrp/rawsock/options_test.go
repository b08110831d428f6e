package rawsock_test

import (
	"net/netip"
	"strings"
	"testing"

	"director/internal/nstest"
	"director/vrrp"
	"director/vrrp/rawsock"
)

// A larger receive buffer holds what the default one loses, and what is lost is
// told with the next advert.
func TestReceiveBuffer(t *testing.T) {
	a, b := newPair(t)
	cfg, opts := config4(), rawsock.Options{Family: vrrp.IPv4, VRIDs: []uint8{51}}
	small, large := opts, opts
	small.ReceiveBuffer, large.ReceiveBuffer = 20_000, 8_000_000
	conns := map[string]*rawsock.Conn{"small": b.open(small), "large": b.open(large)}
	witness := listen(t, b.open(opts))
	tr := a.open(opts).For(cfg)
	const n = 2000
	for range n {
		send(t, tr, cfg, a4, vrrp.GroupIPv4)
		next(t, witness)
	}
	for name, conn := range conns {
		arrived := listen(t, conn)
		next(t, arrived) // it runs
		conn.Drain()
		last := *cfg
		last.Priority = 1
		send(t, tr, &last, a4, vrrp.GroupIPv4)
		heard, lost := 1, 0
		for rx := next(t, arrived); ; rx = next(t, arrived) {
			lost += int(rx.Lost)
			if rx.Payload[2] == 1 && heard+lost >= n {
				break
			}
			heard++
		}
		if lost != int(conn.Overruns()) || heard+lost < n || (lost > 0) != (name == "small") {
			t.Errorf("%s: %d heard, %d lost, %d overruns", name, heard, lost, conn.Overruns())
		}
	}
}

// With AllVRIDs the kernel drops none, also after SetVRIDs.
func TestAllVRIDs(t *testing.T) {
	a, b := newPair(t)
	for _, cfg := range []*vrrp.Config{config4(), config6()} {
		t.Run(cfg.Family.String(), func(t *testing.T) {
			a, b := host{t, a.ns}, host{t, b.ns}
			conn := b.open(rawsock.Options{Family: cfg.Family, AllVRIDs: true})
			if err := conn.SetVRIDs([]uint8{7}); err != nil {
				t.Fatal(err)
			}
			arrived, src, dst := listen(t, conn), a4, vrrp.GroupIPv4
			if cfg.Family == vrrp.IPv6 {
				src, dst = aL, vrrp.GroupIPv6
			}
			tr := a.open(rawsock.Options{Family: cfg.Family}).For(cfg)
			for _, vrid := range []uint8{1, 7, 255} {
				cfg.VRID = vrid
				send(t, tr, cfg, src, dst)
				if got := next(t, arrived).Payload[1]; got != vrid {
					t.Errorf("VRID %d, want %d", got, vrid)
				}
			}
		})
	}
}

// Unicast needs no interface, and stays inside its VRF.
func TestUnicastInAVRF(t *testing.T) {
	a, b := newPair(t)
	for _, h := range []host{a, b} {
		if !h.tryRun("ip", "link", "add", "red", "type", "vrf", "table", "100") {
			nstest.Missing(t, "vrf", "the kernel has no VRF")
		}
		h.ns.Run(t, "ip", "link", "set", "red", "up")
		h.ns.Run(t, "ip", "link", "set", "eth0", "master", "red")
	}
	cfg := config4()
	cfg.Peers = []vrrp.Peer{{Addr: a4}}
	inside := rawsock.Options{Family: vrrp.IPv4, VRF: "red", VRIDs: []uint8{51}}
	from, to := inside, inside
	from.Source, to.Source = a4, b4
	arrived := listen(t, b.openAt(to))
	send(t, a.openAt(from).For(cfg), cfg, a4, b4)
	if _, drop := vrrp.NewReceiver(cfg).Check(next(t, arrived)); drop != vrrp.Accepted {
		t.Error(drop)
	}
	from.VRF = ""
	err := a.openAt(from).For(cfg).Send(a4, b4, advert(t, cfg, a4, b4))
	if !rawsock.InterfaceGone(err) || !strings.Contains(err.Error(), "any interface") {
		t.Errorf("outside the VRF: %v", err)
	}
}

// Without an interface and without a VRF the routes decide.
func TestUnicastWithoutAnInterface(t *testing.T) {
	a, b := newPair(t)
	for _, c := range []struct {
		cfg      *vrrp.Config
		src, dst netip.Addr
	}{{config4(), a4, b4}, {config6(), a6, b6}} {
		t.Run(c.cfg.Family.String(), func(t *testing.T) {
			a, b := host{t, a.ns}, host{t, b.ns}
			c.cfg.Peers = []vrrp.Peer{{Addr: c.src}}
			opts := rawsock.Options{Family: c.cfg.Family, VRIDs: []uint8{51}, Source: c.dst}
			arrived := listen(t, b.openAt(opts))
			opts.Source = c.src
			send(t, a.openAt(opts).For(c.cfg), c.cfg, c.src, c.dst)
			if _, drop := vrrp.NewReceiver(c.cfg).Check(next(t, arrived)); drop != vrrp.Accepted {
				t.Error(drop)
			}
		})
	}
}

func TestNoSuchVRF(t *testing.T) {
	a, _ := newPair(t)
	a.ns.Do(func() {
		_, err := rawsock.Open(rawsock.Options{Family: vrrp.IPv4, VRF: "none0", Source: a4})
		if !rawsock.InterfaceGone(err) || !strings.Contains(err.Error(), "VRF none0") {
			t.Errorf("got %v", err)
		}
	})
}

// openAt opens a Conn as the options say, without an interface.
func (h host) openAt(opts rawsock.Options) (conn *rawsock.Conn) {
	h.t.Helper()
	h.ns.Do(func() {
		var err error
		if conn, err = rawsock.Open(opts); err != nil {
			h.t.Fatal(err)
		}
	})
	h.t.Cleanup(func() { _ = conn.Close() })
	return conn
}
