package integration

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"director/integration/lab"
)

// TestBadVRRPAddresses sends adverts of our VRID with addresses of somebody else.
func TestBadVRRPAddresses(t *testing.T) {
	lab.Need(t, lab.Netns)
	lab.Fairly(t, wires[2].interval/2, func(t lab.T) {
		p := newSignedPair(t, wires[2], nil)
		was := p.transitions()
		stranger := func(priority byte) signedFrame {
			f := p.from(p.b, time.Time{})[0].forge(addr("10.99.0.9"), addr("224.0.0.18"), priority)
			copy(f.pdu()[8:], addr("10.99.0.77").AsSlice())
			return f.seal()
		}
		const times = 20
		for range times {
			for _, r := range []*router{p.a, p.b} {
				err := p.player.Play(stranger(50), r.mac())
				p.lab.Expect(err == nil, "attacker: %v", err)
			}
			p.passes(p.wire.interval / 4)
		}
		p.staysMaster(p.b, p.a)
		if now := p.transitions(); now != was {
			t.Fatalf("%v role changes, were %v", now, was)
		}
		for _, b := range []*balancer{p.low, p.high} {
			p.lab.Eventually(3*time.Second, b.Name+" counts them", func() bool { return b.instance().Odd.Addresses >= times })
			lines := b.log("source=10.99.0.9", "it advertises the addresses [10.99.0.77], ours are [10.99.0.100]")
			if odd := b.instance().Odd; odd.Addresses != times || len(lines) != 1 {
				t.Fatalf("%s counts %+v as odd and says it in %d lines, want %d and 1", b.Name, odd, len(lines), times)
			}
		}
		lab.Claim(t, "adverts of our VRID with somebody else's addresses: no role change, counted by both (%d), each says it once", times)

		err := p.player.Play(stranger(200), p.b.mac())
		p.lab.Expect(err == nil, "attacker: %v", err)
		p.high.becomes("BACKUP", room)
		p.settled()
		lab.Claim(t, "one of higher priority is believed all the same, for as long as a master is, as RFC 9568 wants it")
	})
}

// TestBadVRRPStrangers sends adverts of virtual routers that are not ours.
func TestBadVRRPStrangers(t *testing.T) {
	lab.Need(t, lab.Netns)
	for _, on := range []bool{false, true} {
		l, lan, host := alone(t, "10.99.0.2/24")
		tape, player := lan.Tape(), l.Host("attacker", lan.At()).Player()
		text := virtualRouter(`virtual_ipaddress "10.99.0.100/24" {}`)
		if on {
			text += "global {\n  log_unknown_vrids = true\n}\n"
		}
		b := newBalancer(l, host, text)
		b.becomes("MASTER", 2*time.Second+room)
		r := &router{Host: host, lab: l}
		own := signedFrame(tape.From(r.mac(), time.Time{})[0].Bytes)
		const sources, times, vrid = 200, 5, 99
		for n := range times * sources {
			source := make([]byte, 4)
			binary.BigEndian.PutUint32(source, 10<<24|99<<16|1<<8+uint32(n%sources))
			from, _ := netip.AddrFromSlice(source)
			f := own.forge(from, addr("224.0.0.18"), 255)
			f.pdu()[1] = vrid
			err := player.Play(f.seal(), r.mac())
			l.Expect(err == nil, "attacker: %v", err)
		}
		if !on {
			time.Sleep(room / 4)
			l.Expect(len(b.log("vrid=99")) == 0, "log: %q", b.log("vrid=99"))
			continue
		}
		l.Eventually(room, "strangers are logged", func() bool { return len(b.log("vrid=99")) > 0 })
		time.Sleep(room / 4)
		lines, i := len(b.log("vrid=99")), b.instance()
		if lines > 64 || i.State != "MASTER" || i.Transitions != 2 {
			t.Fatalf("%d lines, %s after %d role changes", lines, i.State, i.Transitions)
		}
		lab.Claim(t, "%d adverts of virtual routers that are not ours, from %d sources: %d lines with log_unknown_vrids, none without", times*sources, sources, lines)
	}
}
