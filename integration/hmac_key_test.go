package integration

import (
	"net/netip"
	"time"

	"director/integration/lab"
)

// A step is what one of the two is told next.
type step struct {
	router *router
	lines  []string
}

// steps does one after the other, with time between them in which it could go
// wrong, and demands that nobody notices.
func (p *signedPair) steps(steps []step) (gap time.Duration) {
	was, begin := p.transitions(), time.Now()
	for n, s := range steps {
		b := p.high
		if s.router == p.a {
			b = p.low
		}
		p.reload(s.router, b, s.lines)
		p.passes(p.wire.down(0) + p.wire.interval)
		p.lab.Expect(p.transitions() == was, "role changes after step %d: %v, were %v", n, p.transitions(), was)
		p.counted()
	}
	p.oneMaster(p.b)
	gap = p.gapOf(p.b, begin)
	p.lab.Expect(gap < 2*p.wire.interval, "no advert for %v", gap)
	return gap
}

// ids are the keys that the master used since a moment; 0: it did not sign.
func (p *signedPair) ids(since time.Time) map[byte]bool {
	ids := map[byte]bool{}
	for _, f := range p.from(p.b, since) {
		if len(f.trailer()) == 0 {
			ids[0] = true
		} else {
			ids[f.trailer()[atKey]] = true
		}
	}
	return ids
}

// testHMACRotation replaces the key of both, one node at a time.
func testHMACRotation(t lab.T) {
	p := newSignedPair(t, wires[2], signing("enforce", 1, 1))
	gap := p.steps([]step{
		{p.a, signing("enforce", 1, 1, 2)}, {p.b, signing("enforce", 1, 1, 2)},
		{p.b, signing("enforce", 2, 1, 2)}, {p.a, signing("enforce", 2, 1, 2)},
		{p.a, signing("enforce", 2, 2)}, {p.b, signing("enforce", 2, 2)},
	})
	since := time.Now()
	p.passes(5 * p.wire.interval)
	if ids := p.ids(since); !ids[2] || len(ids) != 1 {
		t.Fatalf("the master signs with %v, want key 2", ids)
	}
	for _, f := range p.from(p.b, since) {
		p.lab.Expect(f.valid(2, key2), "not signed with the second key: %x", []byte(f))
	}
	old := p.from(p.a, time.Time{})
	p.play(p.b, "hmac unknown key", old...)
	p.counted()
	lab.Claim(t, "the key is replaced by six reloads, one node at a time: no role change, no advert dropped, at most %s between two; with the old one %d old adverts are of an unknown key",
		ms(gap), len(old))
	p.keepsSecrets()
}

// testHMACRollout begins with two that know nothing of it.
func testHMACRollout(t lab.T) {
	p := newSignedPair(t, wires[2], nil)
	var steps []step
	for _, mode := range []string{"receive-only", "permissive", "enforce"} {
		steps = append(steps, step{p.a, signing(mode, 1, 1)}, step{p.b, signing(mode, 1, 1)})
	}
	for n := range 3 {
		begin := time.Now()
		gap := p.steps(steps[2*n : 2*n+2])
		unsigned := p.from(p.b, begin)[0].unsigned().forge(p.b.source(), netip.MustParseAddr("224.0.0.18"), 150)
		mode := []string{"receive-only", "permissive", "enforce"}[n]
		received := p.low.instance().Adverts.Received
		if mode == "enforce" {
			p.play(p.a, "hmac missing", unsigned)
		}
		p.counted()
		p.lab.Eventually(room, "adverts of the master are believed", func() bool { return p.low.instance().Adverts.Received > received })
		since := time.Now()
		p.passes(3 * p.wire.interval)
		if ids := p.ids(since); ids[1] != (mode != "receive-only") || len(ids) != 1 {
			t.Fatalf("%s: the master signs with %v", mode, ids)
		}
		lab.Claim(t, "rollout: both to %s, one node at a time: no role change, no advert dropped, at most %s between two", mode, ms(gap))
	}
}
