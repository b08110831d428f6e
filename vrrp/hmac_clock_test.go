package vrrp_test

import (
	"net/netip"
	"testing"
	"time"

	"director/vrrp"
)

// clocks are a sender and a receiver, each with its clock, and what was accepted,
// which an attacker has recorded.
type clocks struct {
	t        failer
	cfg      *vrrp.Config
	from, to time.Time
	sender   *hmacSender
	receiver *vrrp.Receiver
	recorded []*vrrp.Received
}

func newClocks(t failer, change func(*vrrp.Config)) *clocks {
	cfg := hmacConfig()
	if change != nil {
		change(cfg)
	}
	return &clocks{
		t: t, cfg: cfg, from: hmacNow, to: hmacNow,
		sender: newHMACSender(cfg, receiveSrc), receiver: vrrp.NewReceiver(cfg),
	}
}

// run sends an advert every second and returns how many were accepted. The last
// reason is returned too.
func (c *clocks) run(adverts int) (accepted int, last vrrp.Drop) {
	c.t.Helper()
	for range adverts {
		c.from, c.to = c.from.Add(time.Second), c.to.Add(time.Second)
		rx := at(c.sender.send(c.t, c.from), c.to)
		if _, last = c.receiver.Check(rx); last == vrrp.Accepted {
			c.recorded = append(c.recorded, rx)
			accepted++
		}
	}
	return accepted, last
}

// all ends the test unless everything is accepted.
func (c *clocks) all(adverts int) {
	c.t.Helper()
	if n, drop := c.run(adverts); n != adverts {
		c.t.Fatalf("%d of %d accepted, the last: %v", n, adverts, drop)
	}
}

// none ends the test if anything is accepted.
func (c *clocks) none(adverts int, want vrrp.Drop) {
	c.t.Helper()
	if n, drop := c.run(adverts); n != 0 || drop != want {
		c.t.Fatalf("%d of %d accepted, the last: %v, want %v", n, adverts, drop, want)
	}
}

// replay sends everything recorded once more.
func (c *clocks) replay() {
	c.t.Helper()
	for i, rx := range c.recorded {
		if _, drop := c.receiver.Check(at(rx, c.to)); drop == vrrp.Accepted {
			c.t.Fatalf("advert %d of %d was accepted again", i, len(c.recorded))
		}
	}
}

func (c *clocks) step(sender, receiver time.Duration) {
	c.from, c.to = c.from.Add(sender), c.to.Add(receiver)
}

const hour = time.Hour

// clockSteps are what happens to clocks, and what is believed then.
var clockSteps = []struct {
	name string
	do   func(*clocks)
}{
	{"a replay", func(c *clocks) { c.all(20); c.replay(); c.all(5) }},
	{"our clock is set forward, then back", func(c *clocks) {
		c.all(10)
		c.step(0, hour)
		c.none(10, vrrp.DropHMACStale)
		c.replay()
		c.step(0, -hour)
		c.replay()
		c.all(10)
	}},
	{"our clock is set back, then forward", func(c *clocks) {
		c.all(10)
		c.step(0, -hour)
		c.none(10, vrrp.DropHMACStale)
		c.step(0, hour)
		c.replay()
		c.all(10)
	}},
	{"the peer's clock is set forward, then back", func(c *clocks) {
		c.all(10)
		c.step(hour, 0)
		c.none(10, vrrp.DropHMACStale)
		c.step(-hour, 0)
		c.all(10)
		c.replay()
	}},
	{"the peer's clock is set back, then forward", func(c *clocks) {
		c.all(10)
		c.step(-hour, 0)
		c.none(10, vrrp.DropHMACStale)
		c.step(hour, 0)
		c.all(10)
		c.replay()
	}},
	{"the peer's clock is set by less than the window", func(c *clocks) {
		c.all(10)
		c.step(hmacWindow-time.Second, 0)
		c.all(3)
		c.step(-hmacWindow+time.Second, 0)
		c.all(10)
		c.replay()
	}},
	{"both clocks are set forward, then back to where they would be", func(c *clocks) {
		c.all(10)
		c.step(hour, hour)
		c.all(10)
		c.step(-hour, -hour)
		c.replay()
		c.all(10)
		c.step(hour, hour)
		c.replay()
		c.all(10)
	}},
	{"both clocks are set back into a time that was heard", setBackInto(600, 100)},
	{"they are set back there again and again", func(c *clocks) {
		c.all(300)
		for range 20 {
			c.step(-150*time.Second-7*time.Millisecond, -150*time.Second-7*time.Millisecond)
			c.replay()
			c.all(100)
		}
	}},
	{"both clocks are set back to before everything", setBackInto(50, 5000)},
	{"the clocks are ten years ahead for a moment", func(c *clocks) {
		const years = 10 * 365 * 24 * hour
		c.all(10)
		c.step(years, years)
		c.all(10)
		c.step(-years, -years)
		c.all(20000)
		c.replay()
	}},
	{"the peer restarts with a clock that is late, and is corrected", func(c *clocks) {
		c.all(10)
		c.sender = newHMACSender(c.cfg, receiveSrc)
		c.step(-hour, 0)
		c.none(3, vrrp.DropHMACStale)
		c.step(hour, 0)
		c.all(10)
	}},
	{"the peer restarts with a clock that is a little late", func(c *clocks) {
		c.all(10)
		c.sender = newHMACSender(c.cfg, receiveSrc)
		c.step(-4*time.Second, 0)
		c.none(3, vrrp.DropHMACReplay)
		c.run(1) // it has caught up
		c.all(10)
		c.replay()
	}},
}

func TestHMACClockSteps(t *testing.T) {
	for _, s := range clockSteps {
		t.Run(s.name, func(t *testing.T) { s.do(newClocks(t, nil)) })
	}
}

// setBackInto sets both clocks back by so many seconds after so many adverts.
func setBackInto(adverts int, seconds time.Duration) func(*clocks) {
	return func(c *clocks) {
		c.all(adverts)
		back := -seconds*time.Second + 3*time.Millisecond // timers do not keep a phase
		c.step(back, back)
		c.replay()
		c.all(adverts)
		c.replay()
		c.step(-back, -back)
		c.replay()
		c.all(5)
	}
}

// What is remembered only as a span of time locks out, but not for good: until the
// clock has passed it.
func TestHMACClockGoesBackBeyondTheMemory(t *testing.T) {
	c := newClocks(t, nil)
	c.all(10000)
	back := -9500*time.Second + 3*time.Millisecond
	c.step(back, back)
	c.replay()
	n, _ := c.run(2000)
	if n < 600 || n > 700 {
		t.Errorf("%d of 2000 accepted: what was sent over 8192 adverts before the step is refused, the rest is not", n)
	}
	c.replay()
	c.all(100)
}

// In monotonic mode only the order counts.
func TestHMACMonotonic(t *testing.T) {
	c := newClocks(t, monotonic)
	c.all(10)
	c.step(-time.Hour, 0)
	c.all(10) // the sender goes on counting
	c.step(0, 24*time.Hour)
	c.all(10)
	c.replay()
	c.step(2*time.Hour, 0)
	c.all(10)
	c.sender = newHMACSender(c.cfg, receiveSrc)
	c.step(-20*time.Second, 0)
	c.none(19, vrrp.DropHMACReplay)
	c.run(1)
	c.all(5)
}

// A reload forgets nothing that could be sent again.
func TestHMACReload(t *testing.T) {
	second := vrrp.HMACKey{ID: 9, Key: hmacOther}
	for _, r := range []struct {
		name   string
		change func(*vrrp.Config)
	}{
		{"nothing changes", func(*vrrp.Config) {}},
		{"another window", func(c *vrrp.Config) { c.HMAC.Window = 20 * time.Second }},
		{"a key more", func(c *vrrp.Config) { c.HMAC.Keys = append(c.HMAC.Keys[:1:1], second) }},
		{"another key", func(c *vrrp.Config) { c.HMAC.Keys, c.HMAC.Active = []vrrp.HMACKey{second}, 9 }},
	} {
		t.Run(r.name, func(t *testing.T) {
			c := newClocks(t, nil)
			c.all(10)
			cfg := *c.cfg
			r.change(&cfg)
			c.receiver.Reconfigure(&cfg)
			c.sender.signer.Reconfigure(&cfg)
			c.replay()
			c.all(10)
			c.replay()
		})
	}
}

// Without its old keys a router is as new: who is locked out by a clock of
// yesterday needs a new key, or a restart.
func TestHMACNewKeyBeginsAnew(t *testing.T) {
	c := newClocks(t, monotonic)
	c.all(10)
	cfg := *c.cfg
	cfg.HMAC.Keys = []vrrp.HMACKey{{ID: 7, Key: hmacOther}}
	c.receiver.Reconfigure(&cfg)
	c.sender = newHMACSender(&cfg, receiveSrc)
	c.step(-time.Hour, 0)
	c.all(10)
}

// More senders than the table holds: those that fell out are not heard twice
// either.
func TestHMACManySenders(t *testing.T) {
	c := newClocks(t, nil)
	var all []*vrrp.Received
	for round := range 3 {
		now := hmacNow.Add(time.Duration(round) * time.Second)
		for i := range 9 {
			// Their clocks differ: a later one is behind.
			s := newHMACSender(c.cfg, netip.AddrFrom4([4]byte{192, 0, 2, byte(100 + i)}))
			rx := at(s.send(t, now.Add(-time.Duration(i)*300*time.Millisecond)), now)
			if _, drop := c.receiver.Check(rx); drop != vrrp.Accepted {
				t.Fatalf("round %d, sender %d: %v", round, i, drop)
			}
			all = append(all, rx)
		}
		for i, rx := range all {
			if _, drop := c.receiver.Check(at(rx, now)); drop != vrrp.DropHMACReplay {
				t.Fatalf("round %d, advert %d again: %v", round, i, drop)
			}
		}
	}
}

// A unicast router knows each of its peers, however many.
func TestHMACManyPeers(t *testing.T) {
	var peers []vrrp.Peer
	for i := range 50 {
		peers = append(peers, vrrp.Peer{Addr: netip.AddrFrom4([4]byte{192, 0, 2, byte(100 + i)})})
	}
	c := newClocks(t, func(cfg *vrrp.Config) { cfg.Peers = peers })
	for _, p := range peers {
		c.sender = newHMACSender(c.cfg, p.Addr)
		c.all(2)
		c.step(-2*time.Second, -2*time.Second)
	}
	c.step(2*time.Second, 2*time.Second)
	c.replay()
	cfg := *c.cfg
	cfg.Peers = peers[25:]
	c.receiver.Reconfigure(&cfg)
	c.receiver.Reconfigure(c.cfg)
	c.replay()
}

// The seconds wrap in 2106.
func TestHMACWrap(t *testing.T) {
	c := newClocks(t, nil)
	c.from = time.Unix(1<<32-10, 0)
	c.to = c.from
	c.all(20)
	c.replay()
	c.all(5)
}
