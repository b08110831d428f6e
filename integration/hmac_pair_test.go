package integration

import (
	"encoding/hex"
	"fmt"
	"maps"
	"syscall"
	"time"

	"director/integration/lab"
)

// The keys, each in one of the ways to write it.
const (
	key1   = "marker-of-the-first-key-0123456789"
	key2   = "marker-of-the-second-key-9876543210"
	notKey = "a-key-that-neither-of-the-two-has!"
)

// hmacWindow is longer than any of these tests: what was captured is never stale.
const hmacWindow = 60

// signing is auth_hmac with a mode and the key that signs, of some keys.
func signing(mode string, active int, keys ...int) []string {
	lines := []string{"auth_hmac {", fmt.Sprintf("active_key = %d", active), fmt.Sprintf("time_window = %d", hmacWindow),
		fmt.Sprintf("mode = %q", mode)}
	for _, id := range keys {
		value := key1
		if id == 2 {
			value = "hex:" + hex.EncodeToString([]byte(key2))
		}
		lines = append(lines, fmt.Sprintf("key \"%d\" { value = %q }", id, value))
	}
	return append(lines, "}")
}

// A signedPair is two directors and an attacker. a is the backup.
type signedPair struct {
	*pair
	tape      *lab.Tape
	player    *lab.Player
	low, high *balancer
	// want are the drops that each has to count.
	want map[*router]map[string]uint64
}

// newSignedPair starts a, then b, which preempts it. With no lines nothing is signed.
func newSignedPair(t lab.T, w wire, lines []string) *signedPair {
	p := &signedPair{pair: newPair(t, w, "director", "director")}
	p.tape, p.player = p.lan.Tape(), p.lab.Host("attacker", p.lan.At()).Player()
	p.want = map[*router]map[string]uint64{p.a: {}, p.b: {}}
	p.b.priority = 150
	p.a.further, p.b.further = lines, lines
	p.low = p.a.direct()
	p.low.director.EventuallyReady(long) // which takes a guest a while
	p.becomesMaster(p.a, w.down(p.a.priority))
	p.high = p.b.direct()
	p.high.director.EventuallyReady(long)
	p.becomesMaster(p.b, w.down(p.b.priority))
	p.becomesBackup(p.a)
	p.settled()
	return p
}

// settled waits until status says what has become of them.
func (p *signedPair) settled() {
	p.low.becomes("BACKUP", p.wire.interval+room)
	p.high.becomes("MASTER", p.wire.interval+room)
}

// play sends frames to one of the two, who has to drop them for a reason.
func (p *signedPair) play(to *router, reason string, frames ...signedFrame) {
	mac := to.mac()
	for _, f := range frames {
		err := p.player.Play(f, mac)
		p.lab.Expect(err == nil, "attacker: %v", err)
		p.want[to][reason]++
	}
}

// counted waits until both have counted what was sent, and nothing else.
func (p *signedPair) counted() {
	for router, b := range map[*router]*balancer{p.a: p.low, p.b: p.high} {
		var got map[string]uint64
		so := p.lab.Becomes(3*time.Second+room, func() bool {
			time.Sleep(20 * time.Millisecond)
			got = b.instance().Dropped
			return maps.Equal(got, p.want[router])
		})
		p.lab.Expect(so, "%s counts %v as dropped, want %v", router, got, p.want[router])
	}
}

// transitions are the role changes of both so far.
func (p *signedPair) transitions() [2]uint64 {
	return [2]uint64{p.low.instance().Transitions, p.high.instance().Transitions}
}

// from is what one of the two has sent since a moment.
func (p *signedPair) from(r *router, since time.Time) []signedFrame {
	var frames []signedFrame
	for _, f := range p.tape.From(r.mac(), since) {
		frames = append(frames, signedFrame(f.Bytes))
	}
	return frames
}

// gapOf is the longest time between two adverts of a router.
func (p *signedPair) gapOf(r *router, since time.Time) time.Duration {
	var gap time.Duration
	frames := p.tape.From(r.mac(), since)
	for i := 1; i < len(frames); i++ {
		gap = max(gap, frames[i].At.Sub(frames[i-1].At))
	}
	return gap
}

// reload gives a director other lines, and waits until they are in force.
func (p *signedPair) reload(r *router, b *balancer, lines []string) {
	r.further = lines
	r.write()
	before := b.status().Control.Generation
	b.director.Signal(syscall.SIGHUP)
	b.eventually("the new configuration is in force", func() bool {
		s := b.status()
		return s != nil && s.Control.Generation > before && s.Dataplane.Generation == s.Control.Generation
	})
}
