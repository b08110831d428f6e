package netif

import (
	"context"
	"encoding/hex"
	"net"
	"net/netip"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"director/internal/nstest"
)

// heardLog writes down who announced what.
type heardLog struct {
	mu    sync.Mutex
	lines map[string]int
}

func (h *heardLog) note(ip netip.Addr, mac net.HardwareAddr) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lines[ip.String()+" "+mac.String()]++
}

func (h *heardLog) count(line string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.lines[line]
}

// hear listens until the test ends.
func hear(t *testing.T, table *Table, keys ...Key) *heardLog {
	t.Helper()
	h := &heardLog{lines: map[string]int{}}
	ctx, cancel := context.WithCancel(context.Background())
	done, err := table.WatchAnnouncements(ctx, keys, h.note)
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); <-done })
	return h
}

func (h *heardLog) expect(t *testing.T, line string) {
	t.Helper()
	eventually(t, line, func() bool { return h.count(line) > 0 })
}

func TestAnnouncementsOfOthersAreHeard(t *testing.T) {
	ns, peer := newLink(t)
	ns.Run(t, "ip", "link", "set", "eth0", "address", "02:00:00:00:00:0a")
	peer.Run(t, "ip", "link", "set", "eth0", "address", "02:00:00:00:00:0b")
	table, other := newTable(t, ns), newTable(t, peer)
	a4, a6 := vip("192.0.2.5/24"), vip("2001:db8::5/64")
	h := hear(t, table, a4.Key, a6.Key)

	for _, a := range []Address{vip("192.0.2.6/24"), vip("2001:db8:1::5/64"), a4, a6} {
		must(t, table.Announce(t.Context(), a)) // ours
		must(t, other.Announce(t.Context(), a))
	}
	h.expect(t, "192.0.2.5 02:00:00:00:00:0b")
	h.expect(t, "2001:db8::5 02:00:00:00:00:0b")

	// A reply counts as well; a question for the address, and a probe, do not.
	h = hear(t, table, a4.Key)
	send := func(frame string) {
		b, err := hex.DecodeString(frame)
		if err != nil {
			t.Fatal(err)
		}
		l, err := other.link("eth0")
		if err != nil {
			t.Fatal(err)
		}
		must(t, other.send(l, unix.ETH_P_ARP, broadcastMAC, b))
	}
	const head = "ffffffffffff" + "02000000000b" + "0806" + "0001080006040"
	send(head + "001" + "02000000000c" + "c0000207" + "000000000000" + "c0000205")
	send(head + "001" + "02000000000d" + "00000000" + "000000000000" + "c0000205")
	send(head + "002" + "02000000000e" + "c0000205" + "02000000000a" + "c0000205")
	h.expect(t, "192.0.2.5 02:00:00:00:00:0e")
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.lines) != 1 {
		t.Errorf("heard %v", h.lines)
	}
}

func TestAnnouncementsWithOurVirtualMACAreSomebodyElses(t *testing.T) {
	ns, peer := newLink(t)
	table, other := newTable(t, ns), newTable(t, peer)
	for _, where := range []*Table{table, other} {
		v := vmac()
		v.IPv6 = true
		mustEnsure(t, where, v)
	}
	a4, a6 := at("vrrp.10", "192.0.2.5/32"), at("vrrp.10", "2001:db8::5/128")
	h := hear(t, table, a4.Key, a6.Key)
	for _, a := range []Address{a4, a6} {
		must(t, table.Announce(t.Context(), a))
	}
	must(t, other.Announce(t.Context(), a4))
	h.expect(t, "192.0.2.5 "+virtualMAC4)
	must(t, other.Announce(t.Context(), a6))
	h.expect(t, "2001:db8::5 "+virtualMAC4)
	if got := h.count("192.0.2.5 " + virtualMAC4); got != 1 {
		t.Errorf("heard %d times, one was ours", got)
	}
}

func TestAnnouncementsInAFloodAreHeard(t *testing.T) {
	ns, peer := newLink(t)
	table, other := newTable(t, ns), newTable(t, peer)
	l, err := other.link("eth0")
	if err != nil {
		t.Fatal(err)
	}
	h := hear(t, table, vip("192.0.2.5/32").Key)
	frame, err := gratuitousARP(net.HardwareAddr{2, 0, 0, 0, 0, 0x66}, netip.MustParseAddr("192.0.2.99"))
	if err != nil {
		t.Fatal(err)
	}
	for n := range 5000 {
		if n == 4000 {
			must(t, other.Announce(t.Context(), vip("192.0.2.5/32")))
		}
		_ = other.send(l, unix.ETH_P_ARP, broadcastMAC, frame) // a slow machine cannot send them all
	}
	h.expect(t, "192.0.2.5 "+l.MAC.String())
}

func TestAnnouncementsAreWatchedOnInterfacesThatExist(t *testing.T) {
	ns := nstest.New(t)
	table := newTable(t, ns)
	if _, err := table.WatchAnnouncements(t.Context(), []Key{vip("192.0.2.5/32").Key}, nil); err == nil ||
		err.Error() != "listen for announcements on eth0: no such interface" {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done, err := table.WatchAnnouncements(ctx, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	<-done
}

func FuzzAnnounced(f *testing.F) {
	mac := net.HardwareAddr{2, 0, 0, 0, 0, 1}
	v4, err4 := gratuitousARP(mac, netip.MustParseAddr("192.0.2.5"))
	v6, err6 := unsolicitedNA(mac, netip.MustParseAddr("2001:db8::5"), true)
	if err4 != nil || err6 != nil {
		f.Fatal(err4, err6)
	}
	f.Add(v4)
	f.Add(v6)
	f.Add(v6[:60])
	f.Fuzz(func(t *testing.T, frame []byte) {
		if ip, mac, ok := announced(frame); ok && (!ip.IsValid() || len(mac) == 0) {
			t.Errorf("%v %v", ip, mac)
		}
	})
}
