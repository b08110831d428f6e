package vrrp_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"director/vrrp"
)

// hmacFlood are adverts that fail in different ways, from a hundred sources each.
func hmacFlood(tb testing.TB) map[string][]*vrrp.Received {
	tb.Helper()
	all := map[string][]*vrrp.Received{}
	for name, change := range map[string]func(*vrrp.Received){
		"wrong HMAC":  func(rx *vrrp.Received) { rx.Payload[len(rx.Payload)-1]++ },
		"unknown key": func(rx *vrrp.Received) { rx.Payload[len(rx.Payload)-vrrp.HMACLen+1]++ },
		"stale":       func(rx *vrrp.Received) { rx.At = rx.At.Add(time.Minute) },
		"missing":     func(rx *vrrp.Received) { rx.Payload = rx.Payload[:len(rx.Payload)-vrrp.HMACLen] },
	} {
		for i := range 100 {
			rx := newHMACSender(hmacConfig(), hmacAddr(i)).send(tb, hmacNow)
			change(rx)
			all[name] = append(all[name], rx)
		}
	}
	return all
}

func TestHMACAllocatesNothing(t *testing.T) {
	for name, flood := range hmacFlood(t) {
		r, i := vrrp.NewReceiver(hmacConfig()), 0
		check := func() {
			if _, drop := r.Check(flood[i%100]); drop == vrrp.Accepted {
				t.Fatal("accepted")
			}
			i++
		}
		for range 100 {
			check() // what there is to note
		}
		if n := testing.AllocsPerRun(200, check); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
		if n := len(r.Notes()); n != 8 {
			t.Errorf("%s: %d notes of a hundred sources", name, n)
		}
	}
	sign, verify := hmacSteady(t)
	for range 9000 {
		sign()
		verify()
	}
	if n := testing.AllocsPerRun(200, func() { sign(); verify() }); n != 0 {
		t.Errorf("sign and verify: %v allocations", n)
	}
}

// hmacSteady signs an advert, and verifies the one that was signed last.
func hmacSteady(tb testing.TB) (sign, verify func()) {
	tb.Helper()
	cfg := hmacConfig()
	s := newHMACSender(cfg, receiveSrc)
	rx := s.send(tb, hmacNow)
	message := rx.Payload[:len(rx.Payload)-vrrp.HMACLen]
	r, now := vrrp.NewReceiver(cfg), hmacNow
	sign = func() {
		now = now.Add(time.Millisecond)
		rx.Payload, rx.At = s.signer.Sign(message, receiveSrc, now), now
	}
	verify = func() {
		if _, drop := r.Check(rx); drop != vrrp.Accepted {
			tb.Fatal(drop)
		}
	}
	return sign, verify
}

// BenchmarkHMACFlood is the cost of one bad advert: 10,000 a second of them must
// leave a processor nearly idle.
func BenchmarkHMACFlood(b *testing.B) {
	floods := hmacFlood(b)
	for _, name := range slices.Sorted(maps.Keys(floods)) {
		b.Run(name, func(b *testing.B) {
			r, i := vrrp.NewReceiver(hmacConfig()), 0
			b.ReportAllocs()
			for b.Loop() {
				r.Check(floods[name][i%100])
				i++
			}
		})
	}
}

func BenchmarkHMAC(b *testing.B) {
	b.Run("sign", func(b *testing.B) {
		sign, _ := hmacSteady(b)
		b.ReportAllocs()
		for b.Loop() {
			sign()
		}
	})
	b.Run("sign and verify", func(b *testing.B) {
		sign, verify := hmacSteady(b)
		b.ReportAllocs()
		for b.Loop() {
			sign()
			verify()
		}
	})
}

// The worst that somebody without a key can do: adverts that were once good, when
// the memory of stamps has to be searched from end to end.
func BenchmarkHMACReplayAfterAStep(b *testing.B) {
	c := newClocks(b, nil)
	c.all(9000)
	rx := at(c.recorded[6000], c.recorded[6000].At) // our clock is set back to that time
	b.ReportAllocs()
	for b.Loop() {
		if _, drop := c.receiver.Check(rx); drop != vrrp.DropHMACReplay {
			b.Fatal(drop)
		}
	}
}
