package integration

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/net/ipv4"

	"director/integration/lab"
)

// A neighbour is one end of a BFD session that says what the test wants.
type neighbour struct {
	rig     *rig
	address netip.Addr
	port    uint16
	conn    *net.UDPConn
}

// bfdInit is a state that RFC 5880 section 4.1 numbers; the others are the
// witness's.
const bfdInit = 2

// neighbour opens the rival's end of a session.
func (r *rig) neighbour(t *testing.T, address string, port uint16) *neighbour {
	t.Helper()
	n := &neighbour{rig: r, address: addr(address), port: port}
	r.rival.AddAddress("eth0", prefix(address+"/24"))
	err := r.rival.Do(func() (err error) {
		n.conn, err = net.DialUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(n.address, 49152)),
			net.UDPAddrFromAddrPort(netip.AddrPortFrom(addr(me), port)))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.conn.Close() })
	return n
}

// heard are the director's packets to the neighbour, without UDP headers, with
// the state that they tell.
func (n *neighbour) heard() []lab.Packet {
	return n.rig.capture.Packets(time.Time{}, func(p lab.Packet) bool {
		return p.Protocol == lab.UDP && p.Destination == n.address && len(p.Payload) >= 8+24
	})
}

// last is the director's latest packet.
func (n *neighbour) last() (lab.Packet, byte) {
	all := n.heard()
	if len(all) == 0 {
		return lab.Packet{}, 0
	}
	p := all[len(all)-1]
	return p, p.Payload[8+1] >> 6
}

// says sends a state with a TTL, and that of the director's session when there
// is one.
func (n *neighbour) says(t *testing.T, state, ttl int) {
	t.Helper()
	b := make([]byte, 24)
	b[0], b[1], b[2], b[3] = 1<<5, byte(state)<<6, 3, 24
	binary.BigEndian.PutUint32(b[4:], uint32(n.address.As4()[3]))
	if p, _ := n.last(); state != lab.BFDDown {
		copy(b[8:12], p.Payload[8+4:])
	}
	binary.BigEndian.PutUint32(b[12:], 1e6)
	binary.BigEndian.PutUint32(b[16:], 1e6)
	if err := ipv4.NewConn(n.conn).SetTTL(ttl); err != nil {
		t.Fatal(err)
	}
	// The port may not be open yet: then it is said again.
	_, _ = n.conn.Write(b)
}

// reaches says something until the director's session has a state.
func (n *neighbour) reaches(t *testing.T, say, ttl, state int) bool {
	return n.rig.lab.Becomes(2*time.Second+room, func() bool {
		n.says(t, say, ttl)
		time.Sleep(50 * time.Millisecond)
		_, is := n.last()
		return int(is) == state
	})
}

// testBFDOptions has sessions whose neighbours answer with one TTL or another.
func testBFDOptions(t *testing.T) {
	r := newRig(t, "10.99.0.2/24", "10.99.0.3/24")
	const oneHop, manyHops = 3784, 4784
	all := []struct {
		lines  string
		source string
		port   uint16
		ttl    uint8 // the director's
		least  int   // of the neighbour's that is believed
	}{
		{"", me, oneHop, 255, 255},
		{"max_hops = 2", me, oneHop, 255, 253},
		{"ttl = 10", me, oneHop, 10, 10},
		{"ttl = 10\n  max_hops = 3", me, oneHop, 10, 7},
		{"max_hops = 255", me, oneHop, 255, 1},
		{"multihop = true\n  max_hops = 10", me, manyHops, 255, 245},
		{`source_ip = "10.99.0.3"`, "10.99.0.3", oneHop, 255, 255},
	}
	conf := ""
	name := func(n int) string { return fmt.Sprintf("10.99.0.%d", 10+n) }
	for n, c := range all {
		conf += fmt.Sprintf("bfd_instance \"S%d\" {\n  neighbor_ip = %q\n  min_rx = \"200ms\"\n  min_tx = \"200ms\"\n  %s\n}\n", n, name(n), c.lines)
	}
	conf += "bfd_instance \"W\" {\n  neighbor_ip = \"10.99.0.30\"\n  weight = -30\n}\n" +
		"bfd_instance \"R\" {\n  neighbor_ip = \"10.99.0.31\"\n  weight = -20\n  reverse = true\n}\n" +
		numbered(1, `track_bfd "W" {}`) + numbered(2, `track_bfd "R" {}`) + numbered(3, "track_bfd \"R\" {\n    weight = 7\n    reverse = false\n  }")
	r.start(conf)
	for n, c := range all {
		s := r.neighbour(t, name(n), c.port)
		if c.least > 1 {
			for range 5 {
				s.says(t, lab.BFDDown, c.least-1)
			}
		}
		r.lab.Eventually(3*time.Second+room, "it speaks first", func() bool { return len(s.heard()) > 1 })
		p, state := s.last()
		if p.Source.String() != c.source || p.TTL != c.ttl || binary.BigEndian.Uint16(p.Payload[2:]) != c.port || state != lab.BFDDown {
			t.Errorf("%q: from %s to port %d with TTL %d, state %d after packets with TTL %d", c.lines, p.Source, binary.BigEndian.Uint16(p.Payload[2:]),
				p.TTL, state, c.least-1)
		}
		if c.source != me {
			continue // the neighbour's socket speaks to the other address
		}
		if !s.reaches(t, lab.BFDDown, c.least, bfdInit) {
			t.Errorf("%q: packets with TTL %d are not believed", c.lines, c.least)
		}
	}
	lab.Claim(t, "bfd_instance: source_ip, ttl and multihop (port 4784) in its packets; a neighbour's are believed from a TTL of ttl less max_hops on, 255: any")
	for vrid, want := range map[int]int{1: 70, 2: 120, 3: 100} {
		if got := r.advert(vrid).Payload[2]; int(got) != want {
			t.Errorf("VRID %d has priority %d, want %d", vrid, got, want)
		}
	}
	up := r.neighbour(t, "10.99.0.30", oneHop)
	if !up.reaches(t, lab.BFDDown, 255, bfdInit) || !up.reaches(t, bfdInit, 255, lab.BFDUp) {
		t.Error("the session does not come up")
	}
	r.lab.Eventually(2*time.Second+room, "the weight counts no more", func() bool { a, ok := r.witness.Latest(1); return ok && a.Priority == 100 })
	lab.Claim(t, "weight and reverse of a bfd_instance are what track_bfd without its own has")
}

// testBFDIdle has sessions that nobody answers.
func testBFDIdle(t *testing.T) {
	r := newRig(t, "10.99.0.2/24")
	// Before the director starts, else packets wait for an ARP reply.
	slow, usual, passive := r.neighbour(t, "10.99.0.10", 3784), r.neighbour(t, "10.99.0.11", 3784), r.neighbour(t, "10.99.0.12", 3784)
	r.start("bfd_instance \"slow\" {\n  neighbor_ip = \"10.99.0.10\"\n  idle_tx = \"2s\"\n}\n" +
		"bfd_instance \"usual\" {\n  neighbor_ip = \"10.99.0.11\"\n}\n" +
		"bfd_instance \"passive\" {\n  neighbor_ip = \"10.99.0.12\"\n  passive = true\n}\n")
	r.lab.Eventually(8*time.Second+room, "three packets", func() bool { return len(slow.heard()) >= 3 && len(usual.heard()) >= 3 })
	// Each interval is shortened by up to a quarter.
	for _, c := range []struct {
		of       *neighbour
		interval time.Duration
	}{{slow, 2 * time.Second}, {usual, time.Second}} {
		all := c.of.heard()
		for n := 1; n < 3; n++ {
			if gap := all[n].At.Sub(all[n-1].At); gap < c.interval*3/4-slack || gap > c.interval+room/4 {
				t.Errorf("idle_tx %v: packets %v apart", c.interval, gap)
			}
		}
	}
	if got := passive.heard(); len(got) != 0 {
		t.Errorf("a passive session began to speak: %d packets", len(got))
	}
	if !passive.reaches(t, lab.BFDDown, 255, bfdInit) {
		t.Error("a passive session does not answer")
	}
	lab.Claim(t, "idle_tx: 2 s between packets of a session that is down, 1 s by default, each shortened at random; passive: silent until the neighbour speaks")
}
