package vrrp_test

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"director/vrrp"
)

// TestPartitionTimeline does to two Runners what was done to two keepalived
// 2.2.7 (A 150, B 100), and sees the same adverts on B's wire at the same times.
func TestPartitionTimeline(t *testing.T) {
	for _, version := range []uint8{2, 3} {
		t.Run(fmt.Sprintf("version %d", version), func(t *testing.T) {
			want := keepalivedTimeline(t, version)
			var got []timelineEntry
			synctest.Test(t, func(*testing.T) { got = replayPartition(version) })
			if len(got) != len(want) {
				t.Fatalf("%d adverts, want %d:\n%v\n%v", len(got), len(want), got, want)
			}
			for i := range want {
				late := got[i].at - want[i].at
				if got[i].src != want[i].src || got[i].priority != want[i].priority || late.Abs() > 5*time.Millisecond {
					t.Errorf("advert %d is %v, want %v", i, got[i], want[i])
				}
			}
		})
	}
}

type timelineEntry struct {
	at       time.Duration
	src      netip.Addr
	priority uint8
}

// keepalivedTimeline returns the adverts of a partition capture.
func keepalivedTimeline(t *testing.T, version uint8) []timelineEntry {
	b, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var files map[string]struct{ Timeline [][4]any }
	if err := json.Unmarshal(b, &files); err != nil {
		t.Fatal(err)
	}
	var l []timelineEntry
	for _, e := range files[fmt.Sprintf("v%d-failover-partition-heal.pcap", version)].Timeline {
		if e[1] == "vrrp" {
			at := time.Duration(e[0].(float64) * float64(time.Second))
			l = append(l, timelineEntry{at, netip.MustParseAddr(e[2].(string)), uint8(e[3].(float64))})
		}
	}
	if len(l) != 17 {
		t.Fatalf("%d adverts in the capture", len(l))
	}
	return l
}

// replayPartition returns what a third port beside B hears, from the first
// advert on.
func replayPartition(version uint8) []timelineEntry {
	e := newElection()
	defer e.end()
	var first time.Time
	var heard []timelineEntry
	e.segment.Attach(netip.MustParseAddr("192.0.2.9"), func(rx *vrrp.Received) {
		if first.IsZero() {
			first = rx.At
		}
		heard = append(heard, timelineEntry{rx.At.Sub(first), rx.Src, rx.Payload[2]})
	})
	steps := []struct {
		at      time.Duration // after the first advert
		command string
	}{
		{3100 * time.Millisecond, "cut a"},
		{9 * time.Second, "join a"},
		{12583 * time.Millisecond, "stop a"},
		{16800 * time.Millisecond, "stop b"},
	}
	set := fmt.Sprintf(" version=%d priority=", version)
	for _, c := range []string{"node a" + set + "150", "node b" + set + "100", "start a b", "run until a=MASTER", "run 1ms"} {
		if err := e.command(strings.Fields(c)); err != nil {
			panic(err)
		}
	}
	for _, s := range steps {
		time.Sleep(time.Until(first.Add(s.at)))
		if err := e.command(strings.Fields(s.command)); err != nil {
			panic(err)
		}
	}
	time.Sleep(10 * time.Millisecond)
	synctest.Wait()
	return heard
}
