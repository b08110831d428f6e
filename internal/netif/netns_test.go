package netif

import (
	"context"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"director/internal/nstest"
)

// newTable opens a Table in a namespace of its own.
func newTable(t *testing.T, ns *nstest.NS, remembered ...Key) *Table {
	t.Helper()
	var table *Table
	var err error
	ns.Do(func() { table, err = New(testLog(t), remembered) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(table.Close)
	return table
}

func testLog(t *testing.T) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// newLink returns a namespace with interface eth0, joined to another one.
func newLink(t *testing.T) (ns, peer *nstest.NS) {
	t.Helper()
	ns, peer = nstest.New(t), nstest.New(t)
	nstest.Veth(t, ns, "eth0", peer, "eth0")
	return ns, peer
}

// vip returns the address with this prefix on eth0.
func vip(prefix string) Address {
	return Address{Key: Key{Interface: "eth0", Prefix: netip.MustParsePrefix(prefix)}}
}

func mustAdd(t *testing.T, table *Table, a Address, want Outcome) {
	t.Helper()
	got, err := table.Add(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	if got != want {
		t.Fatalf("Add(%s): %s, want %s", a.Key, got, want)
	}
}

func mustDelete(t *testing.T, table *Table, a Address) {
	t.Helper()
	if err := table.Delete(t.Context(), a); err != nil {
		t.Fatal(err)
	}
}

// shown returns what ip(8) says about eth0's addresses, one per line, without
// indexes and lifetimes.
func shown(t *testing.T, ns *nstest.NS) []string {
	t.Helper()
	var lines []string
	for line := range strings.Lines(ns.Run(t, "ip", "-o", "addr", "show", "dev", "eth0")) {
		line, _, _ = strings.Cut(line, `\`)
		line = strings.Join(strings.Fields(line)[2:], " ")
		if !strings.HasPrefix(line, "inet6 fe80::") {
			lines = append(lines, line)
		}
	}
	return lines
}

// eventually waits for something outside virtual time.
func eventually(t *testing.T, what string, true func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for !true() {
		select {
		case <-ctx.Done():
			t.Fatalf("not within 10 s: %s", what)
		case <-time.After(5 * time.Millisecond):
		}
	}
}
