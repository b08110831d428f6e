package dataplane

import (
	"bytes"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestStrangersAreLoggedOnceAnHourAndBounded(t *testing.T) {
	var out bytes.Buffer
	s := newStrangers(slog.New(slog.NewTextHandler(&out, nil)), "eth0")
	now := time.Now()
	lines := func() int { return strings.Count(out.String(), "not configured here") }
	for range 1000 {
		s.note(netip.MustParseAddr("10.0.0.9"), 7, now)
	}
	if lines() != 1 {
		t.Errorf("%d lines for one router", lines())
	}
	s.note(netip.MustParseAddr("10.0.0.9"), 7, now.Add(strangerAgain))
	if lines() != 2 {
		t.Errorf("%d lines after an hour", lines())
	}
	for n := range 5000 {
		s.note(netip.AddrFrom4([4]byte{10, 1, byte(n >> 8), byte(n)}), 7, now.Add(strangerAgain))
	}
	if got := lines(); got > strangersAtMost+1 || len(s.seen) > strangersAtMost {
		t.Errorf("%d lines, %d remembered", got, len(s.seen))
	}
}
