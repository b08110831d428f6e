package vrrp_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"director/vrrp"
)

const hmacVectorFile = "testdata/hmac-vectors.json"

// hmacVector is one line of the file, and what the second encoder makes of it.
type hmacVector struct {
	Name string
	tableAdvert
	Wire string
}

// hmacVectors are the adverts of the file.
func hmacVectors() []hmacVector {
	key := func(n int) string { return strings.Repeat("5e", n) }
	addr := netip.MustParseAddr
	v2 := tableAdvert{
		Version: 2, VRID: 51, Priority: 150, Interval: 1, Source: receiveSrc, Destination: vrrp.GroupIPv4,
		Addresses: []netip.Addr{addr("192.0.2.50")}, KeyID: 1, Key: key(32), Seconds: 1800000000, Fraction: 0x8000,
	}
	v3, unicast, six, late := v2, v2, v2, v2
	v3.Version, v3.Interval, v3.KeyID, v3.Key, v3.Counter = 3, 100, 255, key(64), 3
	unicast.Version, unicast.Interval, unicast.Destination, unicast.Priority = 3, 4095, receiveOwn, 0
	six.Version, six.Interval, six.Source, six.Destination = 3, 3, receiveSrc6, vrrp.GroupIPv6
	six.Addresses = []netip.Addr{codecVI6, addr("2001:db8::51")}
	late.Seconds, late.Fraction, late.Addresses = 0xffffffff, 0xffff, append(late.Addresses, addr("192.0.2.51"))
	all := []hmacVector{
		{Name: "version 2", tableAdvert: v2},
		{Name: "version 3, the fourth of its fraction", tableAdvert: v3},
		{Name: "version 3, unicast, leaving", tableAdvert: unicast},
		{Name: "IPv6", tableAdvert: six},
		{Name: "the last second before the wrap", tableAdvert: late},
	}
	for i := range all {
		all[i].Wire = hex.EncodeToString(all[i].wire())
	}
	return all
}

// when is a time that has the vector's seconds and fraction.
func (v *hmacVector) when() time.Time {
	return time.Unix(int64(v.Seconds), (int64(v.Fraction)*int64(time.Second)+0xffff)>>16)
}

func (v *hmacVector) config(t *testing.T) *vrrp.Config {
	t.Helper()
	key, err := hex.DecodeString(v.Key)
	if err != nil {
		t.Fatal(err)
	}
	step := time.Second
	if v.Version == 3 {
		step = 10 * time.Millisecond
	}
	cfg := &vrrp.Config{
		Family: vrrp.IPv4, Version: v.Version, VRID: v.VRID, Priority: 100, Addresses: v.Addresses,
		AdvertInt: time.Duration(v.Interval) * step,
		HMAC:      vrrp.HMACConfig{Keys: []vrrp.HMACKey{{ID: v.KeyID, Key: key}}, Active: v.KeyID, Window: 5 * time.Second},
	}
	if v.Source.Is6() {
		cfg.Family = vrrp.IPv6
	}
	if !v.Destination.IsMulticast() {
		cfg.Peers = []vrrp.Peer{{Addr: v.Source}}
	}
	return cfg
}

func TestHMACVectors(t *testing.T) {
	vectors := hmacVectors()
	text, err := json.MarshalIndent(vectors, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, '\n')
	if *rewrite {
		if err := os.WriteFile(hmacVectorFile, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	file, err := os.ReadFile(hmacVectorFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(file, text) {
		t.Errorf("the second encoder does not make %s any more", hmacVectorFile)
	}
	for _, v := range vectors {
		t.Run(v.Name, func(t *testing.T) { v.check(t) })
	}
}

// check goes both ways: what the second encoder makes is accepted, and what we
// make is what it makes.
func (v *hmacVector) check(t *testing.T) {
	cfg := v.config(t)
	wire := v.wire()
	rx := &vrrp.Received{
		Protocol: vrrp.ProtocolVRRP, TTL: 255, Src: v.Source, Dst: v.Destination, Payload: wire, At: v.when(),
	}
	if _, drop := vrrp.NewReceiver(cfg).Check(rx); drop != vrrp.Accepted {
		t.Error(drop)
	}
	for i := range wire {
		changed := bytes.Clone(wire)
		changed[i] ^= 0x10
		rx.Payload = changed
		if _, drop := vrrp.NewReceiver(cfg).Check(rx); drop == vrrp.Accepted {
			t.Errorf("accepted with byte %d changed", i)
		}
	}
	p := vrrp.Packet{Version: v.Version, VRID: v.VRID, Priority: v.Priority, Interval: cfg.AdvertInt, Addresses: v.Addresses}
	message, err := p.Append(nil, v.Source, v.Destination, vrrp.ChecksumPseudoHeader)
	if err != nil {
		t.Fatal(err)
	}
	r := vrrp.NewReceiver(cfg)
	var signed []byte
	for range v.Counter + 1 {
		signed = r.Sign(bytes.Clone(message), v.Source, v.when())
	}
	if !bytes.Equal(signed, wire) {
		t.Errorf("we make\n%x, the second encoder\n%x", signed, wire)
	}
}
