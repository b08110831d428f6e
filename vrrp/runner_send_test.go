package vrrp_test

import (
	"bytes"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"director/vrrp"
)

// wire is a Transport that keeps what was last sent and the sequence number it
// was told.
type wire struct {
	message  []byte
	sequence []uint32
}

func (w *wire) Send(_, _ netip.Addr, message []byte) error {
	w.message = bytes.Clone(message)
	return nil
}

func (w *wire) Drain() {}

func (w *wire) HeardSequence(n uint32) { w.sequence = append(w.sequence, n) }

func TestTheSequenceIsToldBeforeEachAdvert(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, w := newRig(runnerConfig()), &wire{}
		g.SetTransport(w, mine)
		g.run(func() { sleep(5 * time.Second) })
		if len(w.sequence) != 3 { // at 3.6 s, 4.6 s and the end
			t.Errorf("told %v", w.sequence)
		}
	})
}

func TestAPeerWithOldChecksumsIsAnsweredInKind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := runnerConfig()
		cfg.Peers = []vrrp.Peer{{Addr: others}}
		g, w := newRig(cfg), &wire{}
		g.SetTransport(w, mine)
		g.run(func() {
			old := advert(50, nil) // its checksum covers the group
			old.Dst = mine
			g.Deliver(old)
			sleep(8 * time.Second)
			if want := advertFrom(mine, group, 100, nil).Payload; !bytes.Equal(w.message, want) {
				t.Errorf("sent %x, want %x", w.message, want)
			}
		})
	})
}

func TestReconfigureReachesTheReceiver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(runnerConfig())
		g.SetTransport(g, mine)
		g.run(func() {
			cfg := runnerConfig()
			cfg.Version = 2
			g.Reconfigure(cfg)
			v2 := func(p *vrrp.Packet) { p.Version = 2 }
			g.Deliver(advert(200, v2))
			g.Deliver(advertFrom(mine, group, 200, v2))
			sleep(time.Millisecond)
			if s := g.Status(); s.Received != 1 || s.Drops["own source"] != 1 {
				t.Errorf("received %d, drops %v", s.Received, s.Drops)
			}
		})
	})
}

func TestDeliverCopies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(runnerConfig())
		g.drain = func() { // on the Runner's goroutine, so that it cannot look in between
			rx := advert(200, nil)
			g.Deliver(rx)
			clear(rx.Payload)
		}
		g.SetTransport(g, mine)
		g.run(func() {
			sleep(4 * time.Second)
			if s := g.Status(); s.Received != 1 {
				t.Errorf("received %d, drops %v", s.Received, s.Drops)
			}
		})
	})
}
