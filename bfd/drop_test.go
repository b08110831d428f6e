package bfd_test

import (
	"maps"
	"testing"
	"testing/synctest"
	"time"

	"director/bfd"
)

// dropCase is a datagram that differs from a good one.
type dropCase struct {
	name     string
	maxHops  uint8
	multihop bool
	packet   func(*bfd.Packet)
	rx       func(*bfd.Received)
	port     bfd.Port
	session  bool // the session counts it, not the Set
	want     bfd.Drop
}

func TestSetDrops(t *testing.T) {
	stranger := func(p *bfd.Packet) { p.Your, p.State = 0, bfd.Down }
	ttl := func(ttl int) func(*bfd.Received) { return func(rx *bfd.Received) { rx.TTL = ttl } }
	for _, c := range []dropCase{
		{name: "accepted", session: true, want: bfd.Accepted},
		{name: "broken", packet: func(p *bfd.Packet) { p.Multiplier = 0 }, want: bfd.DropMultiplier},
		{name: "unknown discriminator", packet: func(p *bfd.Packet) { p.Your ^= 1 }, want: bfd.DropUnknownSession},
		{name: "wrong port", port: bfd.Port{Multihop: true}, want: bfd.DropUnknownSession},
		{
			name: "wrong port, no discriminator", want: bfd.DropUnknownNeighbor,
			packet: stranger, port: bfd.Port{Multihop: true},
		},
		{
			name: "unknown neighbor", want: bfd.DropUnknownNeighbor,
			packet: stranger, rx: func(rx *bfd.Received) { rx.Src = b4.Next() },
		},
		{name: "another source", session: true, want: bfd.DropSource, rx: func(rx *bfd.Received) { rx.Src = b4.Next() }},
		{name: "another destination", session: true, want: bfd.DropSource, rx: func(rx *bfd.Received) { rx.Dst = b4.Next() }},
		{name: "forwarded", session: true, want: bfd.DropTTL, rx: ttl(254)},
		{name: "no TTL", session: true, want: bfd.DropTTL, rx: ttl(-1)},
		{name: "one hop allowed", maxHops: 1, session: true, want: bfd.Accepted, rx: ttl(254)},
		{name: "two hops, one allowed", maxHops: 1, session: true, want: bfd.DropTTL, rx: ttl(253)},
		{name: "any hops", maxHops: 255, session: true, want: bfd.Accepted, rx: ttl(1)},
		{
			name: "multihop has no rule", multihop: true, session: true, want: bfd.Accepted,
			rx: ttl(1), port: bfd.Port{Multihop: true},
		},
	} {
		t.Run(c.name, func(t *testing.T) { synctest.Test(t, c.run) })
	}
}

func (c dropCase) run(t *testing.T) {
	cfg, spare := config(), config()
	cfg.MaxHops, cfg.Multihop = c.maxHops, c.multihop
	// Both ports are listened to.
	spare.Name, spare.Neighbor, spare.Multihop = "spare", b4.Next().Next(), !c.multihop
	f := newFabric()
	n := run(t, f.host(a4), cfg, spare)
	s := n.set.Status()[0]
	p := bfd.Packet{State: bfd.Init, Multiplier: 3, My: 9, Your: s.LocalDiscriminator, MinTx: time.Second, MinRx: time.Second}
	rx := bfd.Received{Src: b4, Dst: a4, IfIndex: 1, TTL: 255}
	if c.packet != nil {
		c.packet(&p)
	}
	if c.rx != nil {
		c.rx(&rx)
	}
	rx.Payload = p.Append(nil)
	f.set(func() { n.host.arrive(c.port, rx) })
	synctest.Wait()
	ofSession, ofSet := map[string]uint64{}, map[string]uint64{}
	switch {
	case c.want == bfd.Accepted:
	case c.session:
		ofSession[c.want.String()] = 1
	default:
		ofSet[c.want.String()] = 1
	}
	s = n.set.Status()[0]
	if !maps.Equal(s.Drops, ofSession) || !maps.Equal(n.set.Drops(), ofSet) {
		t.Errorf("drops %v and %v, want %v and %v", s.Drops, n.set.Drops(), ofSession, ofSet)
	}
	if accepted := c.want == bfd.Accepted; accepted != (s.In == 1) || accepted != (s.State == bfd.Up) {
		t.Errorf("%d accepted, %v", s.In, s.State)
	}
	n.stop()
}

// What comes faster than it is looked at, comes authenticated, or comes to a
// session that ends, is counted.
func TestSetDropsOfABusySession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, a, b := pair(t, config())
		p := bfd.Packet{State: bfd.Up, Multiplier: 255, My: b.one().LocalDiscriminator, Your: a.one().LocalDiscriminator, MinTx: time.Second, MinRx: time.Second}
		f.set(func() { a.host.pause = time.Second })
		time.Sleep(100 * time.Millisecond) // it is in Send now
		f.set(func() {
			for range 100 {
				a.host.arrive(bfd.Port{}, bfd.Received{Src: b4, Dst: a4, TTL: 255, Payload: p.Append(nil)})
			}
			authenticated := append(p.Append(nil), 1, 2)
			authenticated[1] |= 4
			authenticated[3] += 2
			a.host.arrive(bfd.Port{}, bfd.Received{Src: b4, Dst: a4, TTL: 255, Payload: authenticated})
		})
		time.Sleep(3 * time.Second)
		drops := a.one().Drops
		if n := drops["queue full"]; n < 30 || n > 80 {
			t.Errorf("%d for a full queue", n)
		}
		if drops["auth"] != 1 {
			t.Errorf("drops %v", drops)
		}
		stop := make(chan struct{})
		go func() { a.stop(); close(stop) }()
		synctest.Wait()
		f.set(func() {
			a.host.arrive(bfd.Port{}, bfd.Received{Src: b4, Dst: a4, TTL: 255, Payload: p.Append(nil)})
		})
		synctest.Wait()
		if n := a.one().Drops["admin down"]; n == 0 {
			t.Error("a session that ends still listens")
		}
		<-stop
		b.stop()
	})
}
