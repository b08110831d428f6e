package integration

import (
	"net/netip"
	"testing"
	"time"

	"director/integration/lab"
)

// TestHMAC sets two directors with auth_hmac against an attacker on their segment,
// who hears all they say and has none of their keys.
func TestHMAC(t *testing.T) {
	lab.Need(t, lab.Netns)
	for _, w := range wires {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			lab.Fairly(t, w.interval/2, func(t lab.T) { testHMAC(t, w) })
		})
	}
	for name, test := range map[string]func(lab.T){"rotation": testHMACRotation, "rollout": testHMACRollout} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lab.Fairly(t, wires[2].interval/2, test)
		})
	}
}

func testHMAC(t lab.T, w wire) {
	p := newSignedPair(t, w, signing("enforce", 1, 1))
	p.checkTape(t)

	was, begin := p.transitions(), time.Now()
	p.forgeries(p.a, p.b, 0)   // the master leaves
	p.forgeries(p.b, p.a, 255) // a better one comes
	p.play(p.a, "hmac replay", p.from(p.b, time.Time{})...)
	p.play(p.b, "hmac replay", p.from(p.a, time.Time{})...)
	p.counted()
	p.staysMaster(p.b, p.a)
	if now := p.transitions(); now != was {
		t.Fatalf("%v role changes, were %v", now, was)
	}
	if gap := p.gapOf(p.b, begin); gap > w.interval*3/2 {
		t.Fatalf("no advert of the master for %v", gap)
	}
	lab.Claim(t, "what an attacker forges, plays late or plays again moves nothing; backup and master count %v and %v", p.want[p.a], p.want[p.b])

	p.testMasterRestarts(t)
	p.keepsSecrets()
	lab.Claim(t, "no key is in logs, status, command lines, environments or the run directory")
}

// checkTape holds all that was signed against the second encoder.
func (p *signedPair) checkTape(t lab.T) {
	checked := 0
	for _, r := range []*router{p.a, p.b} {
		var last uint64
		for _, f := range p.tape.From(r.mac(), time.Time{}) {
			s := signedFrame(f.Bytes)
			p.lab.Expect(s.valid(1, key1), "%s sent an advert whose trailer the second encoder does not make: %x", r, f.Bytes)
			at := time.Unix(int64(s.stamp()>>32), 0)
			p.lab.Expect(s.stamp() > last && f.At.Sub(at).Abs() < 2*time.Second, "%s stamped %x after %x at %v", r, s.stamp(), last, f.At)
			last = s.stamp()
			checked++
		}
	}
	p.lab.Expect(checked > 2, "%d adverts", checked)
	lab.Claim(t, "they elect; the trailers of %d adverts are what a second encoder makes, and each stamp is above the one before", checked)
}

// forgeries sends one of the two what seems to come from the other.
func (p *signedPair) forgeries(to, as *router, priority byte) {
	captured := p.from(p.b, time.Time{})[0]
	_, at, length := captured.addresses()
	destination, _ := netip.AddrFromSlice(captured[at : at+length])
	if p.wire.unicast {
		destination = to.own
	}
	forged := captured.forge(as.source(), destination, priority).at(time.Now().Unix() + 1)
	p.play(to, "hmac missing", forged.unsigned())
	malformed := forged.sign(1, key1)
	malformed.trailer()[2] = 1
	p.play(to, "hmac malformed", malformed, malformed[:len(malformed)-1].seal())
	// With the right key: only the time is wrong.
	p.play(to, "hmac stale", forged.at(time.Now().Unix()-2*hmacWindow).sign(1, key1), forged.at(time.Now().Unix()+2*hmacWindow).sign(1, key1))
	p.play(to, "hmac unknown key", forged.sign(2, key2))
	p.play(to, "hmac invalid", forged.sign(1, notKey), captured.forge(as.source(), destination, priority+1))
}

// testMasterRestarts plays all that was heard before a restart of the master again
// after it, its farewell included.
func (p *signedPair) testMasterRestarts(t lab.T) {
	begin := time.Now()
	p.b.process.Stop()
	p.becomesMaster(p.a, p.wire.skew(p.a.priority))
	p.lab.Expect(len(p.farewells(begin)) > 0, "it stopped without a word")
	p.high = p.b.direct()
	p.becomesMaster(p.b, p.wire.down(p.b.priority))
	p.settled()
	p.want[p.b] = map[string]uint64{} // a new process
	was := p.transitions()
	p.play(p.a, "hmac replay", p.farewells(begin)...)
	p.play(p.a, "hmac replay", p.from(p.b, time.Time{})...)
	p.play(p.b, "hmac replay", p.from(p.a, time.Time{})...)
	p.counted()
	p.staysMaster(p.b, p.a)
	if now := p.transitions(); now != was {
		t.Fatalf("%v role changes, were %v", now, was)
	}
	lab.Claim(t, "also across a restart of the master: %d and %d adverts from before and after are refused", p.want[p.a]["hmac replay"], p.want[p.b]["hmac replay"])
}

// farewells are the adverts by which the master left: of a priority that anybody
// has, or 0.
func (p *signedPair) farewells(since time.Time) []signedFrame {
	var all []signedFrame
	for _, f := range p.from(p.b, since) {
		if f.pdu()[2] <= 1 {
			all = append(all, f)
		}
	}
	return all
}
