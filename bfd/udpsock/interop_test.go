package udpsock_test

import (
	"testing"
	"time"

	"director/bfd"
	"director/internal/nstest"
)

func TestInterop(t *testing.T) {
	daemons := map[string]func(*testing.T, *nstest.NS, bfd.Config) daemon{
		"keepalived": newKeepalived, "FRR": newFRR,
	}
	for name, makeDaemon := range daemons {
		for family, v6 := range map[string]bool{"IPv4": false, "IPv6": true} {
			t.Run(name+" "+family, func(t *testing.T) {
				t.Parallel()
				cfg := config(v6)
				if name == "FRR" {
					cfg.TTL = 255 // it takes no less
				}
				interop(t, cfg, makeDaemon)
			})
		}
	}
}

// interop is a session with another BFD: it comes up, is lost and found again,
// by either side's death and by the link's, and its timers change.
func interop(t *testing.T, cfg bfd.Config, makeDaemon func(*testing.T, *nstest.NS, bfd.Config) daemon) {
	a, b := newPair(t)
	peer := makeDaemon(t, b, cfg)
	h := run(t, a, cfg)
	if s := h.want(false); s.State != bfd.Down || s.Diag != bfd.DiagNone {
		t.Errorf("begins %+v", s)
	}
	peer.start()
	h.want(true)
	eventually(t, "the peer sees us up", peer.up)
	s := h.await("the intervals are agreed on", func(s bfd.Status) bool {
		return !s.Polling && s.DetectionTime == 150*time.Millisecond && s.TxInterval == 50*time.Millisecond
	})
	if len(s.Drops) != 0 || s.SendErrors != 0 || s.Error != "" {
		t.Errorf("drops %v, send errors %d, error %q", s.Drops, s.SendErrors, s.Error)
	}

	begin := time.Now()
	peer.kill()
	s = h.want(false)
	took := time.Since(begin)
	t.Logf("killed: detected after %v", took)
	if !starved(s) && (s.Diag != bfd.DiagTimeExpired || took > 150*time.Millisecond+patience) {
		t.Errorf("%v after %v", s.Diag, took)
	}
	peer.start()
	h.want(true)
	eventually(t, "the peer sees us up again", peer.up)

	slower := cfg
	slower.MinTx, slower.MinRx, slower.Multiplier = 100*time.Millisecond, 100*time.Millisecond, 4
	downs := h.set.Status()[0].Downs
	if err := h.set.Configure([]bfd.Config{slower}); err != nil {
		t.Fatal(err)
	}
	h.await("the new intervals are agreed on", func(s bfd.Status) bool {
		return !s.Polling && s.DetectionTime == 300*time.Millisecond && s.TxInterval == 100*time.Millisecond
	})
	if s := h.set.Status()[0]; s.Downs != downs && !starved(s) {
		t.Error("it went down for that")
	}

	begin = time.Now()
	b.Run(t, "ip", "link", "set", "eth0", "down")
	s = h.want(false)
	took = time.Since(begin)
	t.Logf("link down: detected after %v", took)
	if !starved(s) && took > 300*time.Millisecond+patience {
		t.Errorf("detected after %v", took)
	}
	eventually(t, "the peer sees us down", func() bool { return !peer.up() })
	b.Run(t, "ip", "link", "set", "eth0", "up")
	if cfg.Neighbor.Is6() { // the kernel took it away with the link
		b.Run(t, "ip", "addr", "replace", cfg.Neighbor.String()+"/64", "dev", "eth0", "nodad")
	}
	h.want(true)
	eventually(t, "the peer sees us up once more", peer.up)

	h.network.muted.Store(true)
	eventually(t, "the peer misses us", func() bool { return !peer.up() })
	h.network.muted.Store(false)
	h.want(false)
	h.want(true)
	eventually(t, "the peer sees us up at last", peer.up)
	h.stop()
	eventually(t, "the peer sees us go", func() bool { return !peer.up() })
}
