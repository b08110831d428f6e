package vrrp_test

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"slices"
	"testing"

	"director/vrrp"
)

// A peer that computes checksums the old way is answered the old way, until it
// is heard to compute them the new way.
func TestReceiverSwitchesThePeerWithTheOldChecksum(t *testing.T) {
	cfg := receiveConfig()
	receiveUnicast(cfg)
	other := netip.MustParseAddr("192.0.2.9")
	cfg.Peers = append(cfg.Peers, vrrp.Peer{Addr: other})
	old := receiveCase{sumDst: vrrp.GroupIPv4}
	r := vrrp.NewReceiver(cfg)
	check := func(when string, c receiveCase, want netip.Addr) {
		t.Helper()
		if _, drop := r.Check(c.received(t, cfg)); drop != vrrp.Accepted {
			t.Fatalf("%s: %v", when, drop)
		}
		if got := r.ChecksumDst(receiveSrc); got != want {
			t.Errorf("%s: checksum for %v, want %v", when, got, want)
		}
		if got := r.ChecksumDst(other); got != other {
			t.Errorf("%s: the other peer was switched too", when)
		}
	}
	check("new", receiveCase{}, receiveSrc)
	check("old", old, vrrp.GroupIPv4)
	r.Reconfigure(cfg)
	if got := r.ChecksumDst(receiveSrc); got != vrrp.GroupIPv4 {
		t.Errorf("forgotten by Reconfigure: %v", got)
	}
	check("old again", old, vrrp.GroupIPv4)
	check("new again", receiveCase{}, receiveSrc)
	if got := r.Oddities().OldChecksum; got != 2 {
		t.Errorf("%d counted, want 2", got)
	}
}

func TestReceiverSaysEachThingOnce(t *testing.T) {
	cfg := receiveConfig()
	r := vrrp.NewReceiver(cfg)
	odd := receiveCase{packet: func(p *vrrp.Packet) { p.Addresses, p.Interval = p.Addresses[:1], 2*p.Interval }}
	for range 5 {
		r.Check(odd.received(t, cfg))
	}
	if got := r.Oddities(); got != (vrrp.Oddities{Addresses: 5, Interval: 5}) {
		t.Errorf("%+v", got)
	}
	if notes := r.Notes(); len(notes) != 3 { // checksum, interval, addresses
		t.Errorf("%+v", notes)
	}
	r.Check(odd.received(t, cfg))
	if notes := r.Notes(); len(notes) != 0 {
		t.Errorf("said again: %+v", notes)
	}
	r.Reconfigure(cfg)
	r.Check(odd.received(t, cfg))
	if notes := r.Notes(); len(notes) != 3 {
		t.Errorf("after Reconfigure: %+v", notes)
	}
}

// Forged sources cannot fill the log, nor keep other news out of it.
func TestReceiverBoundsItsNotes(t *testing.T) {
	cfg := receiveConfig()
	r := vrrp.NewReceiver(cfg)
	for i := range 255 {
		c := receiveCase{change: func(rx *vrrp.Received) {
			rx.TTL, rx.Src = 1, netip.AddrFrom4([4]byte{10, 0, 0, byte(i)})
		}}
		r.Check(c.received(t, cfg))
	}
	if n := len(r.Notes()); n < 2 || n > 16 {
		t.Errorf("%d notes", n)
	}
	r.Check((&receiveCase{change: func(rx *vrrp.Received) { rx.Payload[6]++ }}).received(t, cfg))
	if notes := r.Notes(); len(notes) != 1 || notes[0].Drop != vrrp.DropChecksum {
		t.Errorf("%+v", notes)
	}
}

func TestSkipCheckAdvAddrComparesANewMastersList(t *testing.T) {
	cfg := receiveConfig()
	cfg.SkipCheckAdvAddr = true
	r := vrrp.NewReceiver(cfg)
	from := func(src string) *vrrp.Received {
		a := netip.MustParseAddr(src)
		c := receiveCase{packet: func(p *vrrp.Packet) { p.Addresses = p.Addresses[:1] }}
		rx := c.received(t, cfg)
		// Another source, the same sum: what one byte gains another loses.
		rx.Src = a
		sum := binary.BigEndian.Uint16(rx.Payload[6:])
		binary.BigEndian.PutUint16(rx.Payload[6:], sum-uint16(a.As4()[3])+1)
		return rx
	}
	for i, step := range []struct {
		src  string
		want uint64
	}{{"192.0.2.1", 1}, {"192.0.2.1", 1}, {"192.0.2.7", 2}, {"192.0.2.7", 2}, {"192.0.2.1", 3}} {
		if _, drop := r.Check(from(step.src)); drop != vrrp.Accepted {
			t.Fatal(drop)
		}
		if got := r.Oddities().Addresses; got != step.want {
			t.Errorf("advert %d: %d differences, want %d", i, got, step.want)
		}
	}
}

func TestSetSource(t *testing.T) {
	cfg := receiveConfig()
	cfg.Source = netip.Addr{}
	r := vrrp.NewReceiver(cfg)
	if _, drop := r.Check((&receiveCase{}).received(t, cfg)); drop != vrrp.Accepted {
		t.Error(drop)
	}
	r.SetSource(receiveSrc)
	if _, drop := r.Check((&receiveCase{}).received(t, cfg)); drop != vrrp.DropOwnSource {
		t.Error(drop)
	}
}

// Sequence numbers only rise, also across a reload, but not across a change of
// password. What fails verification does not count.
func TestReceiverKeepsTheSequence(t *testing.T) {
	var frames []*vrrp.Received
	var cfg *vrrp.Config
	for _, c := range verdictCases(t) {
		if c.Case == "AH good increasing seq" {
			frames, cfg = c.received(t), c.config(t)
		}
	}
	r := vrrp.NewReceiver(cfg)
	check := func(rx *vrrp.Received, want vrrp.Drop, sequence uint32) {
		t.Helper()
		if _, drop := r.Check(rx); drop != want || r.Sequence() != sequence {
			t.Errorf("%v with sequence %d, want %v and %d", drop, r.Sequence(), want, sequence)
		}
	}
	forged := *frames[6]
	forged.Payload = slices.Clone(forged.Payload)
	forged.Payload[vrrp.AHLen+2]++
	check(&forged, vrrp.DropAuth, 0)
	check(frames[2], vrrp.Accepted, 3)
	check(frames[1], vrrp.DropReplay, 3)
	r.Reconfigure(cfg)
	check(frames[2], vrrp.DropReplay, 3)
	check(frames[4], vrrp.Accepted, 5)
	options := *frames[5]
	options.Header = append(slices.Clone(options.Header), 1, 1, 1, 1)
	binary.BigEndian.PutUint16(options.Header[2:], uint16(len(options.Header)+len(options.Payload)))
	check(&options, vrrp.DropAH, 5)
	other := *cfg
	other.AuthPassword = "another"
	r.Reconfigure(&other)
	check(frames[0], vrrp.DropAuth, 0)
}

// The value for unicast covers neither the TTL, which routers lower, nor TOS and
// fragment field.
func TestAHValueOfUnicast(t *testing.T) {
	dst := netip.MustParseAddr("192.0.2.2")
	p := vrrp.Packet{Version: 2, VRID: 51, Priority: 150, Interval: 1e9, Auth: vrrp.AuthAH, Addresses: []netip.Addr{codecVIP}}
	message, err := p.Append(nil, codecSrc, dst, vrrp.ChecksumPseudoHeader)
	if err != nil {
		t.Fatal(err)
	}
	payload := vrrp.NewAHKey("s3cret").AppendAH(nil, message, vrrp.AHFields{Src: codecSrc, Dst: dst, ID: 7, Sequence: 1})
	header, _ := hex.DecodeString("451c0040000740002a33ffffc0000201c0000202")
	cfg := receiveConfig()
	receiveUnicast(cfg)
	cfg.Version, cfg.Auth, cfg.AuthPassword, cfg.Addresses = 2, vrrp.AuthAH, "s3cret", p.Addresses
	rx := vrrp.Received{Header: header, Payload: payload, Protocol: vrrp.ProtocolAH, Src: codecSrc, Dst: dst, TTL: 42}
	if _, drop := vrrp.NewReceiver(cfg).Check(&rx); drop != vrrp.Accepted {
		t.Error(drop)
	}
}
