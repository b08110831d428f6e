package vrrp_test

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"director/vrrp"
)

// readCapture returns the Ethernet frames of a classic pcap file.
func readCapture(tb testing.TB, name string) [][]byte {
	tb.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		tb.Fatal(err)
	}
	const fileHeader, recordHeader, littleEndian, ethernet = 24, 16, 0xa1b2c3d4, 1
	if len(b) < fileHeader || binary.LittleEndian.Uint32(b) != littleEndian || binary.LittleEndian.Uint32(b[20:]) != ethernet {
		tb.Fatalf("%s is no little-endian Ethernet capture", name)
	}
	var frames [][]byte
	for b = b[fileHeader:]; len(b) > 0; {
		n := int(binary.LittleEndian.Uint32(b[8:]))
		frames = append(frames, b[recordHeader:recordHeader+n])
		b = b[recordHeader+n:]
	}
	return frames
}

// captures lists the capture files.
func captures(tb testing.TB) []string {
	tb.Helper()
	names, err := filepath.Glob("testdata/*.pcap")
	if err != nil || len(names) != 16 {
		tb.Fatalf("%d captures: %v", len(names), err)
	}
	return names
}

// received turns a frame into what a socket would deliver; false: the frame is
// no VRRP.
func received(frame []byte) (*vrrp.Received, bool) {
	if len(frame) < 14 {
		return nil, false
	}
	ip := frame[14:]
	switch binary.BigEndian.Uint16(frame[12:]) {
	case 0x0800:
		n := int(ip[0]&15) * 4
		ip = ip[:binary.BigEndian.Uint16(ip[2:])]
		return &vrrp.Received{
			Header: ip[:n], Payload: ip[n:], Protocol: ip[9], TTL: int(ip[8]),
			Src: netip.AddrFrom4([4]byte(ip[12:])), Dst: netip.AddrFrom4([4]byte(ip[16:])),
		}, ip[9] == vrrp.ProtocolVRRP || ip[9] == vrrp.ProtocolAH
	case 0x86dd:
		return &vrrp.Received{
			Payload: ip[40 : 40+binary.BigEndian.Uint16(ip[4:])], Protocol: ip[6], TTL: int(ip[7]),
			Src: netip.AddrFrom16([16]byte(ip[8:])), Dst: netip.AddrFrom16([16]byte(ip[24:])),
		}, ip[6] == vrrp.ProtocolVRRP
	}
	return nil, false
}

func familyOf(rx *vrrp.Received) vrrp.Family {
	if rx.Header == nil {
		return vrrp.IPv6
	}
	return vrrp.IPv4
}

// A frame that keepalived sent, decoded and encoded again, is the same frame:
// message, authentication header, and the IP header that goes with them.
func TestCapturesSurviveDecodeAndEncode(t *testing.T) {
	key := vrrp.NewAHKey("s3cret")
	for _, name := range captures(t) {
		t.Run(filepath.Base(name), func(t *testing.T) {
			adverts := 0
			for i, frame := range readCapture(t, name) {
				rx, ok := received(frame)
				if !ok {
					continue
				}
				adverts++
				if err := encodeAgain(rx, key); err != nil {
					t.Errorf("frame %d: %v", i, err)
				}
			}
			if adverts < 4 {
				t.Errorf("only %d adverts", adverts)
			}
		})
	}
}

func encodeAgain(rx *vrrp.Received, key *vrrp.AHKey) error {
	message := rx.Payload
	if rx.Protocol == vrrp.ProtocolAH {
		message = message[vrrp.AHLen:]
	}
	var p vrrp.Packet
	if drop := p.Decode(message, familyOf(rx)); drop != vrrp.Accepted {
		return fmt.Errorf("dropped: %v", drop)
	}
	got, err := p.Append(nil, rx.Src, rx.Dst, vrrp.ChecksumPseudoHeader)
	if err != nil {
		return err
	}
	if rx.Protocol == vrrp.ProtocolAH {
		got = key.AppendAH(nil, got, vrrp.AHFields{
			Src: rx.Src, Dst: rx.Dst,
			ID:       binary.BigEndian.Uint16(rx.Header[4:]),
			Sequence: binary.BigEndian.Uint32(rx.Payload[8:]),
		})
	}
	if string(got) != string(rx.Payload) {
		return fmt.Errorf("got\n%x, want\n%x", got, rx.Payload)
	}
	return nil
}

// Every capture was taken beside a router that accepted it; so does one of ours
// with the same configuration.
func TestCapturesAreAccepted(t *testing.T) {
	for _, name := range captures(t) {
		t.Run(filepath.Base(name), func(t *testing.T) {
			var r *vrrp.Receiver
			for i, frame := range readCapture(t, name) {
				rx, ok := received(frame)
				if !ok {
					continue
				}
				if r == nil {
					r = vrrp.NewReceiver(configFor(rx))
				}
				if _, drop := r.Check(rx); drop != vrrp.Accepted {
					t.Errorf("frame %d: dropped: %v", i, drop)
				}
			}
			if odd := r.Oddities(); odd != (vrrp.Oddities{}) {
				t.Errorf("odd: %+v", odd)
			}
		})
	}
}

// configFor is the configuration of a router that hears rx.
func configFor(rx *vrrp.Received) *vrrp.Config {
	message := rx.Payload
	if rx.Protocol == vrrp.ProtocolAH {
		message = message[vrrp.AHLen:]
	}
	var p vrrp.Packet
	p.Decode(message, familyOf(rx))
	cfg := &vrrp.Config{
		Interface: "eth0", Family: familyOf(rx), Version: p.Version, VRID: p.VRID, Priority: 100,
		AdvertInt: p.Interval, Auth: p.Auth, Addresses: p.Addresses,
	}
	switch {
	case p.Auth == vrrp.AuthPass:
		n := 0
		for n < len(p.AuthData) && p.AuthData[n] != 0 {
			n++
		}
		cfg.AuthPassword = string(p.AuthData[:n])
	case p.Auth == vrrp.AuthAH:
		cfg.AuthPassword = "s3cret"
	}
	if !rx.Dst.IsMulticast() {
		cfg.Peers = []vrrp.Peer{{Addr: rx.Src}}
	}
	return cfg
}

func TestIntervalOfTheCaptures(t *testing.T) {
	for name, want := range map[string]time.Duration{
		"v2-pass.pcap": time.Second, "v3-ipv4-100cs.pcap": time.Second, "v3-ipv4-3cs.pcap": 30 * time.Millisecond,
	} {
		rx, _ := received(readCapture(t, filepath.Join("testdata", name))[0])
		if got := configFor(rx).AdvertInt; got != want {
			t.Errorf("%s: interval %v, want %v", name, got, want)
		}
	}
}
