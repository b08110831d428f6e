package vrrp_test

import (
	"testing"
	"testing/synctest"
	"time"

	"director/vrrp"
)

// A Runner signs what it sends and believes only what is signed.
func TestRunnerSpeaksHMAC(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := runnerConfig()
		cfg.HMAC = hmacConfig().HMAC
		other := vrrp.NewReceiver(&cfg)
		g, w := newRig(cfg), &wire{}
		g.SetTransport(w, mine)
		g.run(func() {
			forged := advert(200, nil)
			forged.At = time.Now()
			g.Deliver(forged)
			sleep(3610 * time.Millisecond)
			if g.Status().Role != vrrp.Master {
				t.Error("an unsigned advert was believed")
			}
			for range 3 {
				rx := advertFrom(mine, group, 0, nil)
				rx.Payload, rx.At = w.message, time.Now()
				if _, drop := other.Check(rx); drop != vrrp.Accepted {
					t.Errorf("what it sent: %v", drop)
				}
				sleep(time.Second)
			}
			signed := advert(200, nil)
			signed.At = time.Now()
			signed.Payload = vrrp.NewReceiver(&cfg).Sign(signed.Payload, signed.Src, signed.At)
			g.Deliver(signed)
			g.Deliver(signed)
			sleep(time.Millisecond)
			s := g.Status()
			if s.Role != vrrp.Backup || s.Received != 1 || s.Drops["hmac missing"] != 1 || s.Drops["hmac replay"] != 1 {
				t.Errorf("%v, received %d, drops %v", s.Role, s.Received, s.Drops)
			}
		})
	})
}

func TestLostAdvertsAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(runnerConfig())
		g.run(func() {
			for _, n := range []uint32{0, 3, 4} {
				rx := advert(200, nil)
				rx.Lost = n
				g.Deliver(rx)
			}
			sleep(time.Millisecond)
			if s := g.Status(); s.Drops["overrun"] != 7 || s.Received != 3 {
				t.Errorf("received %d, drops %v", s.Received, s.Drops)
			}
		})
	})
}
