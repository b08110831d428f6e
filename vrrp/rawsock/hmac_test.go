package rawsock_test

import (
	"bytes"
	"net/netip"
	"testing"
	"time"

	"director/vrrp"
	"director/vrrp/rawsock"
)

func withHMAC(cfg *vrrp.Config) *vrrp.Config {
	cfg.HMAC = vrrp.HMACConfig{
		Keys: []vrrp.HMACKey{{ID: 1, Key: bytes.Repeat([]byte("k"), 32)}}, Active: 1, Window: 5 * time.Second,
	}
	return cfg
}

func TestSignedAdvertsArrive(t *testing.T) {
	for _, c := range []struct {
		name     string
		cfg      *vrrp.Config
		version  uint8
		src, dst netip.Addr
	}{
		{"version 2", config4(), 2, a4, vrrp.GroupIPv4},
		{"version 3", config4(), 3, a4, vrrp.GroupIPv4},
		{"unicast", config4(), 3, a4, b4},
		{"IPv6", config6(), 3, aL, vrrp.GroupIPv6},
		{"IPv6 unicast", config6(), 3, a6, b6},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, b := newPair(t)
			cfg := withHMAC(c.cfg)
			cfg.Version = c.version
			from := rawsock.Options{Family: cfg.Family}
			to := rawsock.Options{Family: cfg.Family, VRIDs: []uint8{cfg.VRID}}
			if !c.dst.IsMulticast() {
				from.Source, to.Source = c.src, c.dst
				cfg.Peers = []vrrp.Peer{{Addr: c.src}}
			}
			arrived, tr := listen(t, b.open(to)), a.open(from).For(cfg)
			signer, receiver := vrrp.NewReceiver(cfg), vrrp.NewReceiver(cfg)
			var last *vrrp.Received
			for range 3 {
				message := signer.Sign(advert(t, cfg, c.src, c.dst), c.src, time.Now())
				if err := tr.Send(c.src, c.dst, message); err != nil {
					t.Fatal(err)
				}
				last = next(t, arrived)
				if _, drop := receiver.Check(last); drop != vrrp.Accepted {
					t.Fatal(drop)
				}
			}
			if err := tr.Send(c.src, c.dst, last.Payload); err != nil { // the same once more
				t.Fatal(err)
			}
			if _, drop := receiver.Check(next(t, arrived)); drop != vrrp.DropHMACReplay {
				t.Error(drop)
			}
		})
	}
}

// Ten thousand forged adverts a second from a hundred sources keep no true one
// out. They are sent in step with the clock, for one second.
func TestForgedAdvertsKeepNoTrueOneOut(t *testing.T) {
	a, b := newPair(t)
	cfg := withHMAC(config4())
	arrived := listen(t, b.open(rawsock.Options{Family: vrrp.IPv4, VRIDs: []uint8{51}}))
	tr := a.open(rawsock.Options{Family: vrrp.IPv4}).For(cfg)
	forger := *cfg
	withHMAC(&forger).HMAC.Keys[0].Key = bytes.Repeat([]byte("f"), 32)
	signer, forge, receiver := vrrp.NewReceiver(cfg), vrrp.NewReceiver(&forger), vrrp.NewReceiver(cfg)
	count := map[vrrp.Drop]int{}
	const batches, perBatch = 100, 100
	start := time.Now()
	for i := range batches {
		for j := range perBatch {
			src := netip.AddrFrom4([4]byte{192, 0, 2, byte(100 + j)})
			if err := tr.Send(src, vrrp.GroupIPv4, forge.Sign(advert(t, cfg, src, vrrp.GroupIPv4), src, time.Now())); err != nil {
				t.Fatal(err)
			}
		}
		message := signer.Sign(advert(t, cfg, a4, vrrp.GroupIPv4), a4, time.Now())
		if err := tr.Send(a4, vrrp.GroupIPv4, message); err != nil {
			t.Fatal(err)
		}
		for range perBatch + 1 {
			_, drop := receiver.Check(next(t, arrived))
			count[drop]++
		}
		time.Sleep(time.Until(start.Add(time.Duration(i+1) * 10 * time.Millisecond)))
	}
	if count[vrrp.Accepted] != batches || count[vrrp.DropHMACInvalid] != batches*perBatch {
		t.Errorf("%v", count)
	}
	if n := len(receiver.Notes()); n > 10 {
		t.Errorf("%d notes", n)
	}
	t.Logf("%d adverts in %v", batches*(perBatch+1), time.Since(start))
}
