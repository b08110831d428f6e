package vrrp_test

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"pgregory.net/rapid"

	"director/vrrp"
)

// hmacWorld is a receiver and some senders whose clocks are set at random, and
// somebody who has recorded everything.
type hmacWorld struct {
	cfg      *vrrp.Config
	receiver *vrrp.Receiver
	clock    time.Time
	senders  []*hmacSender
	offsets  []time.Duration // of their clocks against ours
	sent     []*vrrp.Received
	accepted map[*vrrp.Received]bool
	distance time.Duration
	// touched says that the clocks have been set since the world began.
	touched bool
}

func newHMACWorld(t *rapid.T) *hmacWorld {
	cfg := hmacConfig()
	n := rapid.IntRange(1, 6).Draw(t, "senders")
	unicast := rapid.Bool().Draw(t, "unicast")
	w := &hmacWorld{cfg: cfg, clock: hmacNow, accepted: map[*vrrp.Received]bool{}, distance: 733 * time.Millisecond, offsets: make([]time.Duration, n)}
	for i := range n {
		if unicast {
			cfg.Peers = append(cfg.Peers, vrrp.Peer{Addr: hmacAddr(i)})
		}
	}
	for i := range n {
		w.senders = append(w.senders, newHMACSender(cfg, hmacAddr(i)))
	}
	w.receiver = vrrp.NewReceiver(cfg)
	return w
}

func hmacAddr(i int) netip.Addr { return netip.AddrFrom4([4]byte{192, 0, 2, byte(100 + i)}) }

// advert sends an advert, which may be lost.
func (w *hmacWorld) advert(t *rapid.T) {
	w.clock = w.clock.Add(time.Duration(rapid.IntRange(1, 2000).Draw(t, "ms")) * time.Millisecond)
	i := rapid.IntRange(0, len(w.senders)-1).Draw(t, "sender")
	rx := at(w.senders[i].send(t, w.clock.Add(w.offsets[i])), w.clock)
	w.sent = append(w.sent, rx)
	if rapid.IntRange(0, 4).Draw(t, "lost") == 0 {
		return
	}
	if drop := w.check(t, rx, rx); !w.touched && drop != vrrp.Accepted {
		t.Fatalf("what was signed within the window is dropped: %v", drop)
	}
}

// check lets an advert arrive that was first sent as original.
func (w *hmacWorld) check(t *rapid.T, rx, original *vrrp.Received) vrrp.Drop {
	_, drop := w.receiver.Check(rx)
	if drop != vrrp.Accepted {
		return drop
	}
	if w.accepted[original] {
		t.Fatal("accepted a second time")
	}
	w.accepted[original] = true
	signed := time.Unix(int64(binary.BigEndian.Uint32(rx.Payload[len(rx.Payload)-24:])), 0)
	if age := w.clock.Sub(signed); age < -hmacWindow || age > hmacWindow+time.Second { // of fractions we know nothing
		t.Fatalf("accepted although signed %v ago", age)
	}
	return drop
}

// attack sends something again.
func (w *hmacWorld) attack(t *rapid.T) {
	if len(w.sent) == 0 {
		return
	}
	original := w.sent[rapid.IntRange(0, len(w.sent)-1).Draw(t, "which")]
	if w.check(t, at(original, w.clock), original) == vrrp.Accepted {
		w.touched = true // it may have overtaken what its sender sends next
	}
}

// step sets clocks: all of them, ours, or one sender's.
func (w *hmacWorld) step(t *rapid.T) {
	w.touched = true
	by := time.Duration(rapid.IntRange(-100_000, 100_000).Draw(t, "by")) * time.Millisecond
	switch i := rapid.IntRange(-2, len(w.senders)-1).Draw(t, "clock"); i {
	case -2:
		w.clock = w.clock.Add(by)
	case -1:
		w.clock = w.clock.Add(by)
		for i := range w.offsets {
			w.offsets[i] -= by
		}
	default:
		w.offsets[i] += by
	}
}

// settle makes the clocks agree. What was said before may keep a sender out, but
// for a window at most: where the clocks went back by about that much, the sender
// may begin anew while its receivers think that it still should not.
func (w *hmacWorld) settle(t *rapid.T) {
	clear(w.offsets)
	for i := range w.senders {
		accepted := false
		for n := range 10 {
			// No two series of adverts have the same distances: no timer has either.
			w.distance += 17 * time.Microsecond
			w.clock = w.clock.Add(w.distance)
			rx := at(w.senders[i].send(t, w.clock), w.clock)
			w.sent = append(w.sent, rx)
			if drop := w.check(t, rx, rx); n >= 7 && drop == vrrp.Accepted {
				accepted = true // one of three: a stamp may be an old one by chance
			}
		}
		if !accepted {
			t.Fatalf("sender %d is locked out after the clocks agree again", i)
		}
	}
}

func TestHMACRandom(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newHMACWorld(t)
		t.Repeat(map[string]func(*rapid.T){
			"advert": w.advert, "another advert": w.advert, "attack": w.attack, "set clocks": w.step, "settle": w.settle,
			"reload": func(*rapid.T) { w.receiver.Reconfigure(w.cfg) },
		})
	})
}
