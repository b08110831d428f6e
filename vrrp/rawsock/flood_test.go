package rawsock_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/netip"
	"sync"
	"testing"
	"time"

	"director/vrrp"
	"director/vrrp/rawsock"
)

// quiet hears of roles and does nothing.
type quiet struct{ vrrp.Observer }

func (quiet) RoleChanged(vrrp.RoleChange) {}
func (quiet) Prepare(vrrp.Key, bool)      {}
func (quiet) Announce(vrrp.Key)           {}

// router runs cfg on the host until the test ends.
func (h host) router(cfg *vrrp.Config, src netip.Addr) *vrrp.Runner {
	h.t.Helper()
	conn := h.open(rawsock.Options{Family: cfg.Family, VRIDs: []uint8{cfg.VRID}})
	r := vrrp.NewRunner(*cfg, quiet{}, slog.New(slog.DiscardHandler))
	r.SetTransport(conn.For(cfg), src)
	ctx, cancel := context.WithCancel(context.Background())
	var both sync.WaitGroup
	both.Go(func() { r.Run(ctx) })
	both.Go(func() { _ = conn.Run(ctx, r.Deliver) })
	h.t.Cleanup(func() { cancel(); both.Wait() })
	return r
}

// A backup goes on hearing its master through ten thousand forged adverts a second
// that are right in all but their HMAC.
func TestABackupHearsItsMasterThroughAFlood(t *testing.T) {
	a, b := newPair(t)
	cfg := withHMAC(config4())
	master := a.router(cfg, a4)
	waitRole(t, master, vrrp.Master)
	lower := *cfg
	lower.Priority = 100
	backup := b.router(&lower, b4)
	forger := *cfg
	withHMAC(&forger).HMAC.Keys[0].Key = bytes.Repeat([]byte("f"), 32)
	forge, tr := vrrp.NewReceiver(&forger), a.open(rawsock.Options{Family: vrrp.IPv4}).For(cfg)
	const seconds = 5 // longer than the backup waits for a master
	start := time.Now()
	for i := range seconds * 100 {
		for j := range 100 {
			src := netip.AddrFrom4([4]byte{192, 0, 2, byte(100 + j)})
			if err := tr.Send(src, vrrp.GroupIPv4, forge.Sign(advert(t, cfg, src, vrrp.GroupIPv4), src, time.Now())); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Until(start.Add(time.Duration(i+1) * 10 * time.Millisecond)))
	}
	m, s := master.Status(), backup.Status()
	t.Logf("in %v: heard %d, dropped %v", time.Since(start), s.Received, s.Drops)
	if s.Role != vrrp.Backup || s.Transitions != 1 || s.Master != a4 || m.Role != vrrp.Master {
		t.Errorf("%v after %d changes, its master is %v; the other is %v", s.Role, s.Transitions, s.Master, m.Role)
	}
	forged := s.Drops["hmac invalid"] + s.Drops["overrun"] + s.Drops["queue full"]
	if s.Received < seconds-2 || forged < seconds*5000 {
		t.Errorf("heard %d, dropped %v", s.Received, s.Drops)
	}
}

func waitRole(t *testing.T, r *vrrp.Runner, role vrrp.Role) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); r.Status().Role != role; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("still %v", r.Status().Role)
		}
	}
}
