package vrrp_test

import (
	"bytes"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"director/vrrp"
)

var (
	hmacNow    = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	hmacSecret = bytes.Repeat([]byte("s3cret-k"), 4)
	hmacOther  = bytes.Repeat([]byte("another!"), 8)
)

const hmacWindow = 5 * time.Second

// hmacConfig is a version 3 router with the key 7.
func hmacConfig() *vrrp.Config {
	cfg := receiveConfig()
	cfg.HMAC = vrrp.HMACConfig{Keys: []vrrp.HMACKey{{ID: 7, Key: hmacSecret}}, Active: 7, Window: hmacWindow}
	return cfg
}

// hmacSender is another router: what it sends at a time of its clock.
type hmacSender struct {
	cfg      *vrrp.Config
	src, dst netip.Addr
	signer   *vrrp.Receiver
}

func newHMACSender(cfg *vrrp.Config, src netip.Addr) *hmacSender {
	s := &hmacSender{cfg: cfg, src: src, dst: vrrp.GroupIPv4, signer: vrrp.NewReceiver(cfg)}
	switch {
	case cfg.Family == vrrp.IPv6:
		s.dst = vrrp.GroupIPv6
	case cfg.Unicast():
		s.dst = receiveOwn
	}
	return s
}

// failer is a test, a benchmark, or one of rapid's.
type failer interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

func (s *hmacSender) send(t failer, clock time.Time) *vrrp.Received {
	t.Helper()
	p := vrrp.Packet{
		Version: s.cfg.Version, VRID: s.cfg.VRID, Priority: 150, Interval: s.cfg.AdvertInt, Addresses: s.cfg.Addresses,
	}
	message, err := p.Append(nil, s.src, s.dst, s.cfg.Checksum)
	if err != nil {
		t.Fatal(err)
	}
	return &vrrp.Received{
		Protocol: vrrp.ProtocolVRRP, TTL: 255, Src: s.src, Dst: s.dst, At: clock,
		Payload: s.signer.Sign(message, s.src, clock),
	}
}

// at is the advert as it arrives at that time of the receiver's clock.
func at(rx *vrrp.Received, clock time.Time) *vrrp.Received {
	again := *rx
	again.At = clock
	return &again
}

// hmacCase is a signed advert that is good but for one change.
type hmacCase struct {
	name   string
	config func(*vrrp.Config) // the receiver's
	sender func(*vrrp.Config)
	ahead  time.Duration // the sender's clock
	change func(trailer []byte)
	tail   func([]byte) []byte // what becomes of the trailer
	want   vrrp.Drop
	note   string
}

func (c *hmacCase) run(t *testing.T) {
	cfg, sender := hmacConfig(), hmacConfig()
	if c.config != nil {
		c.config(cfg)
	}
	if c.sender != nil {
		c.sender(sender)
	}
	r := vrrp.NewReceiver(cfg)
	rx := at(newHMACSender(sender, receiveSrc).send(t, hmacNow.Add(c.ahead)), hmacNow)
	n := len(rx.Payload) - vrrp.HMACLen
	if c.change != nil {
		c.change(rx.Payload[n:])
	}
	if c.tail != nil {
		rx.Payload = append(rx.Payload[:n:n], c.tail(rx.Payload[n:])...)
	}
	if _, drop := r.Check(rx); drop != c.want {
		t.Errorf("%v, want %v", drop, c.want)
	}
	notes := r.Notes()
	if c.note != "" && !slices.ContainsFunc(notes, func(n vrrp.Note) bool { return strings.Contains(n.Text, c.note) }) {
		t.Errorf("no note says %q: %+v", c.note, notes)
	}
	for _, n := range notes {
		if strings.Contains(n.Text, "s3cret") || strings.Contains(n.Text, "733363") || strings.Contains(n.Text, "another!") {
			t.Errorf("a note tells a key: %q", n.Text)
		}
	}
}

func hmacOff(c *vrrp.Config) { c.HMAC = vrrp.HMACConfig{} }

func monotonic(c *vrrp.Config) { c.HMAC.Monotonic = true }

func none([]byte) []byte { return nil }

func TestHMACDrops(t *testing.T) {
	for _, c := range []hmacCase{
		{name: "good"},
		{name: "good and padded", tail: func(b []byte) []byte { return append(b, 1, 2, 3) }},
		{name: "at the edge of the window", ahead: hmacWindow},
		{name: "at the other edge", ahead: -hmacWindow},
		{name: "missing", tail: none, want: vrrp.DropHMACMissing, note: "missing"},
		{name: "zeros are padding", tail: func([]byte) []byte { return make([]byte, 40) }, want: vrrp.DropHMACMissing},
		{name: "cut", tail: func(b []byte) []byte { return b[:27] }, want: vrrp.DropHMACMalformed, note: "malformed"},
		{name: "another type", change: func(b []byte) { b[0] = 2 }, want: vrrp.DropHMACMalformed},
		{name: "reserved bytes", change: func(b []byte) { b[3] = 1 }, want: vrrp.DropHMACMalformed},
		{name: "too far ahead", ahead: hmacWindow + time.Millisecond, want: vrrp.DropHMACStale, note: "5s ahead of our clock"},
		{name: "too old", ahead: -time.Hour, want: vrrp.DropHMACStale, note: "1h0m0s behind our clock, 5s allowed"},
		{name: "stale comes before the key", ahead: time.Hour, change: func(b []byte) { b[1]++ }, want: vrrp.DropHMACStale},
		{name: "stale is no matter in monotonic mode", config: monotonic, ahead: -time.Hour},
		{name: "unknown key", change: func(b []byte) { b[1] = 9 }, want: vrrp.DropHMACKey, note: "key 9"},
		{name: "wrong value", change: func(b []byte) { b[27] ^= 1 }, want: vrrp.DropHMACInvalid, note: "key 7"},
		{name: "another key of that ID", sender: func(c *vrrp.Config) { c.HMAC.Keys[0].Key = hmacOther }, want: vrrp.DropHMACInvalid},
		{name: "a second key", config: func(c *vrrp.Config) {
			c.HMAC.Keys = append([]vrrp.HMACKey{{ID: 3, Key: hmacOther}}, c.HMAC.Keys...)
			c.HMAC.Active = 3
		}},
		{name: "no peer", config: func(c *vrrp.Config) {
			c.Peers = []vrrp.Peer{{Addr: netip.MustParseAddr("192.0.2.9")}}
		}, want: vrrp.DropPeer},
		{name: "our own", config: func(c *vrrp.Config) { c.Source = receiveSrc }, want: vrrp.DropOwnSource},
		{name: "signed, for who knows nothing of it", config: hmacOff},
	} {
		t.Run(c.name, c.run)
	}
}

// What is signed must be right in every mode; unsigned adverts are for those that
// are not strict. Who only receives does not sign.
func TestHMACModes(t *testing.T) {
	for _, c := range []struct {
		name                string
		mode                vrrp.HMACMode
		signs               bool
		unsigned, malformed vrrp.Drop
	}{
		{"enforce", vrrp.HMACEnforce, true, vrrp.DropHMACMissing, vrrp.DropHMACMalformed},
		{"permissive", vrrp.HMACPermissive, true, vrrp.Accepted, vrrp.DropHMACMalformed},
		{"receive-only", vrrp.HMACReceiveOnly, false, vrrp.Accepted, vrrp.DropHMACMalformed},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg, plain := hmacConfig(), hmacConfig()
			cfg.HMAC.Mode = c.mode
			hmacOff(plain)
			signed := newHMACSender(hmacConfig(), receiveSrc).send(t, hmacNow)
			bare := newHMACSender(plain, receiveSrc).send(t, hmacNow)
			own := newHMACSender(cfg, receiveSrc).send(t, hmacNow)
			if got := len(own.Payload) - len(bare.Payload); (got == vrrp.HMACLen) != c.signs {
				t.Errorf("a trailer of %d bytes", got)
			}
			forged, cut := *signed, *signed
			forged.Payload = bytes.Clone(signed.Payload)
			forged.Payload[len(forged.Payload)-1]++
			cut.Payload = signed.Payload[:len(signed.Payload)-1]
			for _, advert := range []struct {
				rx   *vrrp.Received
				want vrrp.Drop
			}{{signed, vrrp.Accepted}, {bare, c.unsigned}, {&forged, vrrp.DropHMACInvalid}, {&cut, c.malformed}} {
				if _, drop := vrrp.NewReceiver(cfg).Check(advert.rx); drop != advert.want {
					t.Errorf("%v, want %v", drop, advert.want)
				}
			}
		})
	}
}

// The names are labels of metrics: they stay.
func TestHMACDropNames(t *testing.T) {
	for drop, want := range map[vrrp.Drop]string{
		vrrp.DropHMACMissing: "hmac missing", vrrp.DropHMACMalformed: "hmac malformed", vrrp.DropHMACStale: "hmac stale",
		vrrp.DropHMACKey: "hmac unknown key", vrrp.DropHMACInvalid: "hmac invalid", vrrp.DropHMACReplay: "hmac replay",
		vrrp.DropOwner: "owner", vrrp.DropOverrun: "overrun",
	} {
		if got := drop.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
