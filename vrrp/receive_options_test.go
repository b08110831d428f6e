package vrrp_test

import (
	"net/netip"
	"testing"
	"time"

	"director/vrrp"
)

func TestOwnersMayIgnoreAdverts(t *testing.T) {
	owner := func(priority uint8, ignore bool) func(*vrrp.Config) {
		return func(c *vrrp.Config) { c.Priority, c.OwnerIgnoreAdverts = priority, ignore }
	}
	runReceiveCases(t, []receiveCase{
		{name: "an owner that ignores", config: owner(255, true), want: vrrp.DropOwner, note: "set to ignore adverts"},
		{name: "an owner that does not", config: owner(255, false)},
		{name: "no owner", config: owner(254, true)},
		{name: "bad adverts have their own reasons", config: owner(255, true), want: vrrp.DropChecksum,
			change: func(rx *vrrp.Received) { rx.Payload[6]++ }},
	})
}

func TestOldChecksumAnswers(t *testing.T) {
	for _, c := range []struct {
		name         string
		setting      vrrp.OldChecksum
		old          vrrp.Drop
		before, then netip.Addr // the destination that our checksum covers, before an old one was heard and then
	}{
		{"learn", vrrp.OldChecksumLearn, vrrp.Accepted, receiveSrc, vrrp.GroupIPv4},
		{"always", vrrp.OldChecksumAlways, vrrp.Accepted, vrrp.GroupIPv4, vrrp.GroupIPv4},
		{"never", vrrp.OldChecksumNever, vrrp.DropChecksum, receiveSrc, receiveSrc},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := receiveConfig()
			receiveUnicast(cfg)
			cfg.OldChecksum = c.setting
			r := vrrp.NewReceiver(cfg)
			if got := r.ChecksumDst(receiveSrc); got != c.before {
				t.Errorf("checksum for %v, want %v", got, c.before)
			}
			if _, drop := r.Check((&receiveCase{}).received(t, cfg)); drop != vrrp.Accepted {
				t.Errorf("the new checksum: %v", drop)
			}
			if _, drop := r.Check((&receiveCase{sumDst: vrrp.GroupIPv4}).received(t, cfg)); drop != c.old {
				t.Errorf("the old checksum: %v, want %v", drop, c.old)
			}
			if got := r.ChecksumDst(receiveSrc); got != c.then {
				t.Errorf("then checksum for %v, want %v", got, c.then)
			}
		})
	}
}

// IPv6 never had another checksum.
func TestOldChecksumIsOneOfIPv4(t *testing.T) {
	cfg := receiveConfig()
	receiveIPv6(cfg)
	cfg.Peers, cfg.OldChecksum = []vrrp.Peer{{Addr: receiveSrc6}}, vrrp.OldChecksumAlways
	if got := vrrp.NewReceiver(cfg).ChecksumDst(receiveSrc6); got != receiveSrc6 {
		t.Error(got)
	}
}

// Two instances with one VRID hear both peers; the other's are counted, and nothing
// is said of them, whatever else is wrong with them.
func TestInstancesThatShareAVRID(t *testing.T) {
	cfg := receiveConfig()
	receiveUnicast(cfg)
	cfg.Share = "customer"
	r := vrrp.NewReceiver(cfg)
	c := receiveCase{}
	if _, drop := r.Check(c.received(t, cfg)); drop != vrrp.Accepted {
		t.Error(drop)
	}
	_ = r.Notes()
	for _, change := range []func(*vrrp.Received){
		func(*vrrp.Received) {},
		func(rx *vrrp.Received) { rx.TTL = 3 },
		func(rx *vrrp.Received) { rx.Payload[0] = 2 << 4 },
		func(rx *vrrp.Received) { rx.Payload = rx.Payload[:10] },
	} {
		c.change = func(rx *vrrp.Received) { rx.Src = netip.MustParseAddr("192.0.2.9"); change(rx) }
		if _, drop := r.Check(c.received(t, cfg)); drop != vrrp.DropPeer {
			t.Error(drop)
		}
	}
	if notes := r.Notes(); len(notes) != 0 {
		t.Errorf("%+v", notes)
	}
}

func TestPaddingIsTolerated(t *testing.T) {
	pad := func(rx *vrrp.Received) { rx.Payload = append(rx.Payload, 0, 1, 2, 3, 4, 5) }
	runReceiveCases(t, []receiveCase{
		{name: "version 2", config: receiveV2, change: pad},
		{name: "version 3", change: pad},
		{name: "IPv6", config: receiveIPv6, change: pad},
		{name: "PASS", change: pad, config: func(c *vrrp.Config) {
			c.Version, c.Auth, c.AuthPassword = 2, vrrp.AuthPass, "s3cret"
		}},
	})
}

// What goes on for hours is said again, once an hour.
func TestNotesComeAgainAfterAnHour(t *testing.T) {
	cfg := receiveConfig()
	r := vrrp.NewReceiver(cfg)
	said := 0
	for i := range 3 * 360 {
		c := receiveCase{change: func(rx *vrrp.Received) { rx.TTL, rx.At = 1, hmacNow.Add(time.Duration(i)*10*time.Second) }}
		r.Check(c.received(t, cfg))
		said += len(r.Notes())
	}
	if said != 3 {
		t.Errorf("said %d times in three hours", said)
	}
}
