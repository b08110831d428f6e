package netif

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"director/internal/nstest"
)

// stream sends one datagram a millisecond to an echo server on ip, both in
// namespaces of their own, and returns what came back until stop was called.
func stream(t *testing.T, server, client *nstest.NS, ip string) (stop func() (sent, lost int)) {
	t.Helper()
	var echo, conn net.PacketConn
	at := net.JoinHostPort(ip, "7")
	server.Do(func() { echo = listenUDP(t, at) })
	client.Do(func() { conn = listenUDP(t, ":0") })
	t.Cleanup(func() { echo.Close(); conn.Close() })
	go func() {
		buf := make([]byte, 64)
		for {
			n, from, err := echo.ReadFrom(buf)
			if err != nil {
				return
			}
			if _, err := echo.WriteTo(buf[:n], from); err != nil {
				return
			}
		}
	}()
	end, done := make(chan struct{}), make(chan uint32)
	to := net.UDPAddrFromAddrPort(netip.MustParseAddrPort(at))
	go func() {
		for n := uint32(0); ; n++ {
			select {
			case <-end:
				done <- n
				return
			case <-time.After(time.Millisecond):
			}
			// What cannot be sent is missing at the end.
			_, _ = conn.WriteTo(binary.BigEndian.AppendUint32(nil, n), to)
		}
	}()
	seen := make(chan int)
	go func() {
		numbers := map[uint32]bool{}
		buf := make([]byte, 64)
		for {
			size, _, err := conn.ReadFrom(buf)
			if err != nil {
				seen <- len(numbers)
				return
			}
			numbers[binary.BigEndian.Uint32(buf[:size])] = true
		}
	}()
	return func() (sent, lost int) {
		close(end)
		sent = int(<-done)
		_ = conn.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
		return sent, sent - <-seen
	}
}

func listenUDP(t *testing.T, at string) net.PacketConn {
	t.Helper()
	conn, err := net.ListenPacket("udp", at)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// joined returns a Table in a namespace joined to a client's, with an address
// each, and the virtual address added and known to the client for good.
func joined(t *testing.T, a Address) (table *Table, ns, client *nstest.NS) {
	t.Helper()
	ns, client = newLink(t)
	ns.Run(t, "ip", "link", "set", "eth0", "address", "02:00:00:00:00:0a")
	own, others := []string{"192.0.2.1/24", "2001:db8::1/64"}, []string{"192.0.2.2/24", "2001:db8::2/64"}
	for i := range own {
		ns.Run(t, "ip", "addr", "add", own[i], "dev", "eth0")
		client.Run(t, "ip", "addr", "add", others[i], "dev", "eth0")
	}
	table = newTable(t, ns)
	mustAdd(t, table, a, Added)
	client.Run(t, "ip", "neigh", "replace", a.Prefix.Addr().String(), "lladdr", "02:00:00:00:00:0a", "dev", "eth0", "nud", "permanent")
	return table, ns, client
}

func TestHideLosesNoPacket(t *testing.T) {
	for _, a := range []Address{vip("192.0.2.5/24"), vip("192.0.2.5/32"), vip("2001:db8::5/64"), vip("2001:db8::5/128")} {
		t.Run(a.Prefix.String(), func(t *testing.T) {
			table, ns, client := joined(t, a)
			stop := stream(t, ns, client, a.Prefix.Addr().String())
			for range 5 {
				time.Sleep(60 * time.Millisecond) // the stream's time, which is real
				if err := table.Hide(t.Context(), a); err != nil {
					t.Fatal(err)
				}
				time.Sleep(60 * time.Millisecond)
				if got := strings.Join(shown(t, ns), "\n"); strings.Contains(got, a.Prefix.Addr().String()+"/") {
					t.Fatalf("still on eth0:\n%s", got)
				}
				if outcome, err := table.Reveal(t.Context(), a); err != nil || outcome != Added {
					t.Fatal(outcome, err)
				}
			}
			if sent, lost := stop(); lost > 0 || sent < 100 {
				t.Errorf("lost %d of %d", lost, sent)
			}
		})
	}
}

// answers reports whether a neighbour that asks anew gets an answer within a
// time; its kernel asks once a second.
func answers(t *testing.T, client *nstest.NS, ip string, within time.Duration) bool {
	t.Helper()
	client.Run(t, "sh", "-c", "ip neigh del "+ip+" dev eth0 2>&1 || true") // it may not know it yet
	var conn net.Conn
	client.Do(func() {
		var err error
		if conn, err = net.Dial("udp", net.JoinHostPort(ip, "7")); err != nil {
			t.Fatal(err)
		}
	})
	defer conn.Close()
	for end := time.Now().Add(within); time.Now().Before(end); {
		_, _ = conn.Write([]byte("?"))
		if got := client.Run(t, "ip", "neigh", "show", ip, "dev", "eth0"); strings.Contains(got, "lladdr") {
			return true
		}
		time.Sleep(5 * time.Millisecond)
	}
	return false
}

func TestHiddenAddressAnswersNobody(t *testing.T) {
	for _, a := range []Address{vip("192.0.2.5/24"), vip("2001:db8::5/128")} {
		t.Run(a.Prefix.String(), func(t *testing.T) {
			table, ns, client := joined(t, a)
			ip := a.Prefix.Addr().String()
			if !answers(t, client, ip, 10*time.Second) {
				t.Fatal("no answer before it is hidden")
			}
			if err := table.Hide(t.Context(), a); err != nil {
				t.Fatal(err)
			}
			if answers(t, client, ip, 200*time.Millisecond) {
				t.Error("answered while hidden")
			}
			if a.Prefix.Addr().Is4() {
				asksInOwnName(t, ns, client)
			}
			client.Run(t, "ip", "neigh", "replace", ip, "lladdr", "02:00:00:00:00:0a", "dev", "eth0", "nud", "stale")
			if _, err := table.Reveal(t.Context(), a); err != nil {
				t.Fatal(err)
			}
			if !answers(t, client, ip, 10*time.Second) {
				t.Error("no answer after it was revealed")
			}
		})
	}
}

// asksInOwnName checks that what we send from the hidden address does not make
// our kernel ask ARP in its name: the neighbours would learn the wrong way.
func asksInOwnName(t *testing.T, ns, client *nstest.NS) {
	t.Helper()
	requests := tap(t, client, "eth0", 0x0806)
	ns.Run(t, "ip", "neigh", "flush", "dev", "eth0")
	ns.Do(func() {
		from := &net.UDPAddr{IP: net.IPv4(192, 0, 2, 5)}
		c, err := net.DialUDP("udp", from, &net.UDPAddr{IP: net.IPv4(192, 0, 2, 77), Port: 9})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := c.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
	})
	frame := frameTo(t, requests, broadcastMAC)
	if sender := netip.AddrFrom4([4]byte(frame[arpSenderIP : arpSenderIP+4])); sender.String() != "192.0.2.1" {
		t.Errorf("ARP request in the name of %s", sender)
	}
}

func TestHiddenAddressIsFoundAfterACrash(t *testing.T) {
	for _, a := range []Address{vip("192.0.2.5/24"), vip("2001:db8::5/128")} {
		table, ns, _ := joined(t, a)
		if err := table.Hide(t.Context(), a); err != nil {
			t.Fatal(err)
		}
		record := table.Sysctls().Changes()
		after := newTable(t, ns)
		if err := after.Sysctls().Restore(record); err != nil {
			t.Fatal(err)
		}
		ours, err := after.Ours(t.Context())
		hidden, _ := a.Hidden()
		if err != nil || fmt.Sprint(ours) != fmt.Sprint([]Key{hidden.Key}) {
			t.Errorf("ours: %v, %v", ours, err)
		}
		for _, k := range ours {
			mustDelete(t, after, Address{Key: k})
		}
		if got := ns.Run(t, "ip", "addr", "show", "dev", "lo"); strings.Contains(got, a.Prefix.Addr().String()) {
			t.Errorf("left:\n%s", got)
		}
		if got := sysctl(t, ns, "ipv4/conf/eth0/arp_ignore") + sysctl(t, ns, "ipv4/conf/eth0/arp_announce"); got != "00" {
			t.Errorf("arp_ignore and arp_announce %s", got)
		}
	}
}

func TestUnhideLetsTheAddressGo(t *testing.T) {
	table, ns, _ := joined(t, vip("192.0.2.5/24"))
	other := vip("192.0.2.6/24")
	mustAdd(t, table, other, Added)
	for _, a := range []Address{vip("192.0.2.5/24"), other} {
		if err := table.Hide(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	if err := table.Unhide(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	if got := sysctl(t, ns, "ipv4/conf/eth0/arp_ignore"); got != "1" {
		t.Errorf("arp_ignore is %s while one is hidden", got)
	}
	for range 2 {
		if err := table.Unhide(t.Context(), vip("192.0.2.5/24")); err != nil {
			t.Fatal(err)
		}
	}
	if got := ns.Run(t, "ip", "addr", "show"); strings.Contains(got, "192.0.2.5") || strings.Contains(got, "192.0.2.6") {
		t.Errorf("left:\n%s", got)
	}
	if got := sysctl(t, ns, "ipv4/conf/eth0/arp_ignore"); got != "0" {
		t.Errorf("arp_ignore is %s", got)
	}
}

func TestHideThatFailsChangesNothing(t *testing.T) {
	table, ns, _ := joined(t, vip("192.0.2.5/24"))
	before := shown(t, ns)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := table.Hide(ended, vip("192.0.2.5/24")); err == nil {
		t.Error("no error")
	}
	gone := vip("192.0.2.5/24")
	gone.Interface = "eth7"
	if err := table.Hide(t.Context(), gone); err == nil {
		t.Error("no error for an interface that is not there")
	}
	if after := shown(t, ns); strings.Join(before, "\n") != strings.Join(after, "\n") {
		t.Errorf("was %q is %q", before, after)
	}
	if got := ns.Run(t, "ip", "addr", "show", "dev", "lo"); strings.Contains(got, "192.0.2.5") {
		t.Errorf("on loopback:\n%s", got)
	}
	if got := table.Sysctls().Changes(); len(got) > 0 {
		t.Errorf("settings are left: %v", got)
	}
	local := vip("fe80::5/64")
	mustAdd(t, table, local, Added)
	if err := table.Hide(t.Context(), local); err != nil {
		t.Fatal(err)
	}
	if got := ns.Run(t, "ip", "addr", "show"); strings.Contains(got, "fe80::5/") {
		t.Errorf("a link-local address is left:\n%s", got)
	}
}

func TestLocalRoutesAreWaitedFor(t *testing.T) {
	table, ns, _ := joined(t, vip("2001:db8::5/64"))
	ip := netip.MustParseAddr("2001:db8::5")
	lo, err := table.link("lo")
	must(t, err)
	if table.isLocal(ip, lo.Index) {
		t.Error("local by loopback before it is there")
	}
	ns.Run(t, "ip", "addr", "add", "2001:db8::5/128", "dev", "lo")
	hidden, _ := vip("2001:db8::5/64").Hidden()
	must(t, table.waitLocal(t.Context(), hidden))
	must(t, table.waitLocal(t.Context(), vip("2001:db8::5/64")))
	if !table.isLocal(ip, lo.Index) {
		t.Error("not local by loopback after the wait")
	}
}
