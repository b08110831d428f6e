package vrrp_test

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"director/vrrp"
)

// vector is a frame of testdata/vectors.json with its fields.
type vector struct {
	Frame        string
	Kind         string
	Src, Dst     string
	TTL          int
	TOS          int
	ID           int `json:"ip_id"`
	AH           *struct{ Seq uint32 }
	VRRP         string
	Version      uint8
	VRID         uint8
	Priority     uint8
	AuthType     uint8  `json:"auth_type"`
	AuthData     string `json:"auth_data"`
	Seconds      int    `json:"advert_seconds"`
	Centiseconds int    `json:"advert_centiseconds"`
	Covers       string `json:"checksum_covers"`
	Addresses    []string
}

type vectorFile struct {
	Adverts  int
	Timeline [][]any
	Distinct []vector
}

func vectorFiles(tb testing.TB) map[string]vectorFile {
	tb.Helper()
	b, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		tb.Fatal(err)
	}
	var files map[string]vectorFile
	if err := json.Unmarshal(b, &files); err != nil {
		tb.Fatal(err)
	}
	return files
}

func (v *vector) packet() vrrp.Packet {
	p := vrrp.Packet{
		Version: v.Version, VRID: v.VRID, Priority: v.Priority, Auth: vrrp.AuthType(v.AuthType),
		Interval: time.Duration(v.Seconds)*time.Second + time.Duration(v.Centiseconds)*10*time.Millisecond,
	}
	_, _ = hex.Decode(p.AuthData[:], []byte(v.AuthData))
	for _, a := range v.Addresses {
		p.Addresses = append(p.Addresses, netip.MustParseAddr(a))
	}
	return p
}

func TestVectors(t *testing.T) {
	files := vectorFiles(t)
	if len(files) != 16 {
		t.Fatalf("%d files", len(files))
	}
	for name, file := range files {
		adverts := 0
		for i, v := range file.Distinct {
			if v.Kind != "vrrp" {
				continue
			}
			adverts++
			t.Run(fmt.Sprintf("%s frame %d", name, i), v.test)
		}
		if adverts < 2 {
			t.Errorf("%s: only %d adverts", name, adverts)
		}
	}
}

func (v vector) test(t *testing.T) {
	message, err := hex.DecodeString(v.VRRP)
	if err != nil {
		t.Fatal(err)
	}
	src, dst := netip.MustParseAddr(v.Src), netip.MustParseAddr(v.Dst)
	family := vrrp.IPv4
	if dst.Is6() {
		family = vrrp.IPv6
	}
	var got vrrp.Packet
	if drop := got.Decode(message, family); drop != vrrp.Accepted {
		t.Fatal(drop)
	}
	if diff := cmp.Diff(v.packet(), got, cmpopts.EquateComparable(netip.Addr{})); diff != "" {
		t.Errorf("decoded (-want +got):\n%s", diff)
	}
	mode := vrrp.ChecksumPseudoHeader
	if v.Covers == "message only" {
		mode = vrrp.ChecksumMessageOnly
	}
	p := v.packet()
	b, err := p.Append(nil, src, dst, mode)
	if err != nil {
		t.Fatal(err)
	}
	if v.AH != nil {
		b = vrrp.NewAHKey("s3cret").AppendAH(nil, b, vrrp.AHFields{Src: src, Dst: dst, ID: uint16(v.ID), Sequence: v.AH.Seq})
	}
	frame, _ := hex.DecodeString(v.Frame)
	if want := string(frame[len(frame)-len(b):]); string(b) != want {
		t.Errorf("encoded\n%x, want\n%x", b, want)
	}
}

// The priorities of the timeline, which is cut after forty entries, are those of
// the capture's adverts.
func TestVectorTimelines(t *testing.T) {
	for name, file := range vectorFiles(t) {
		var want, got []uint8
		for _, entry := range file.Timeline {
			if entry[1] == "vrrp" {
				want = append(want, uint8(entry[3].(float64)))
			}
		}
		for _, frame := range readCapture(t, filepath.Join("testdata", name)) {
			if rx, ok := received(frame); ok {
				r := vrrp.NewReceiver(configFor(rx))
				advert, _ := r.Check(rx)
				got = append(got, advert.Priority)
			}
		}
		if diff := cmp.Diff(want, got[:len(want)]); diff != "" || len(got) != file.Adverts {
			t.Errorf("%s: priorities (-want +got):\n%s", name, diff)
		}
	}
}
