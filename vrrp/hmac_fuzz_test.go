package vrrp_test

import (
	"bytes"
	"testing"
	"time"

	"director/vrrp"
)

// Nothing behind a message makes a receiver panic, and nothing but the signer's
// trailer, padded or not, is accepted.
func FuzzHMACTrailer(f *testing.F) {
	sender := newHMACSender(hmacConfig(), receiveSrc)
	good := sender.send(f, hmacNow)
	message := good.Payload[:len(good.Payload)-vrrp.HMACLen]
	trailer := good.Payload[len(message):]
	for _, b := range [][]byte{nil, trailer, trailer[:27], append(bytes.Clone(trailer), 0), make([]byte, 28), {1}, bytes.Repeat([]byte{1}, 28)} {
		f.Add(b, uint8(0), int64(0))
		f.Add(b, uint8(1), int64(time.Hour))
		f.Add(b, uint8(2), int64(-time.Second))
	}
	f.Fuzz(func(t *testing.T, rest []byte, mode uint8, ahead int64) {
		cfg := hmacConfig()
		cfg.HMAC.Mode, cfg.HMAC.Monotonic = vrrp.HMACMode(mode%3), mode&4 != 0
		r := vrrp.NewReceiver(cfg)
		rx := at(good, hmacNow.Add(time.Duration(ahead)))
		rx.Payload = append(bytes.Clone(message), rest...)
		_, drop := r.Check(rx)
		signed := bytes.HasPrefix(rest, trailer)
		unsigned := (len(rest) == 0 || rest[0] == 0) && cfg.HMAC.Mode != vrrp.HMACEnforce
		if drop == vrrp.Accepted && !signed && !unsigned {
			t.Fatalf("accepted: %x", rest)
		}
		if signed && drop != vrrp.Accepted && drop != vrrp.DropHMACStale {
			t.Fatal(drop)
		}
		if _, again := r.Check(rx); signed && again == vrrp.Accepted {
			t.Fatal("accepted twice")
		}
	})
}
