package netif

import (
	"bytes"
	"encoding/hex"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/mdlayher/packet"
	"golang.org/x/sys/unix"

	"director/internal/nstest"
)

// Frames that keepalived 2.2.7 sent.
const (
	keepalivedARP     = "ffffffffffff02000000000a0806000108000604000102000000000ac0000232ffffffffffffc0000232"
	keepalivedARPVMAC = "ffffffffffff00005e0001330806000108000604000100005e000133c0000232ffffffffffffc0000232"
	keepalivedNA      = "33330000000102000000000a86dd6000000000203aff20010db8000000000000000000000050ff0200000000000000000000000000018800f8832000000020010db8000000000000000000000050020102000000000a"
)

func TestFramesEqualKeepaliveds(t *testing.T) {
	own := net.HardwareAddr{2, 0, 0, 0, 0, 0xa}
	virtual := net.HardwareAddr{0, 0, 0x5e, 0, 1, 0x33}
	v4, v6 := netip.MustParseAddr("192.0.2.50"), netip.MustParseAddr("2001:db8::50")
	tests := []struct {
		name  string
		build func() ([]byte, error)
		want  string
	}{
		{"gratuitous ARP", func() ([]byte, error) { return gratuitousARP(own, v4) }, keepalivedARP},
		{"gratuitous ARP with the virtual MAC", func() ([]byte, error) { return gratuitousARP(virtual, v4) }, keepalivedARPVMAC},
		{"neighbour advertisement", func() ([]byte, error) { return unsolicitedNA(own, v6, false) }, keepalivedNA},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := test.build()
			if err != nil {
				t.Fatal(err)
			}
			if hex.EncodeToString(got) != test.want {
				t.Errorf("got  %x\nwant %s", got, test.want)
			}
		})
	}
	if _, err := gratuitousARP(own[:4], v4); err == nil {
		t.Error("a hardware address of four bytes was taken")
	}
}

// tap reads the frames of one EtherType that reach an interface.
func tap(t *testing.T, ns *nstest.NS, link string, kind int) *packet.Conn {
	t.Helper()
	var conn *packet.Conn
	var err error
	ns.Do(func() {
		var ifi *net.Interface
		if ifi, err = net.InterfaceByName(link); err == nil {
			conn, err = packet.Listen(ifi, packet.Raw, kind, nil)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// frameTo returns the first frame to a MAC.
func frameTo(t *testing.T, conn *packet.Conn, to net.HardwareAddr) []byte {
	t.Helper()
	buf := make([]byte, 2048)
	if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	for {
		n, _, err := conn.ReadFrom(buf)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.HasPrefix(buf[:n], to) {
			return buf[:n]
		}
	}
}

func TestAddressesAreAnnouncedOnTheirInterface(t *testing.T) {
	ns, peer := newLink(t)
	ns.Run(t, "ip", "link", "set", "eth0", "address", "02:00:00:00:00:0a")
	table := newTable(t, ns)
	arps, nas := tap(t, peer, "eth0", unix.ETH_P_ARP), tap(t, peer, "eth0", unix.ETH_P_IPV6)

	for range 2 { // the second time through the same socket
		if err := table.Announce(t.Context(), vip("192.0.2.50/32")); err != nil {
			t.Fatal(err)
		}
		if got := hex.EncodeToString(frameTo(t, arps, broadcastMAC)); got != keepalivedARP {
			t.Errorf("on the wire %s\nwant        %s", got, keepalivedARP)
		}
	}
	if err := table.Announce(t.Context(), vip("2001:db8::50/128")); err != nil {
		t.Fatal(err)
	}
	if got := hex.EncodeToString(frameTo(t, nas, allNodesMAC)); got != keepalivedNA {
		t.Errorf("on the wire %s\nwant        %s", got, keepalivedNA)
	}

	ns.Run(t, "sysctl", "-qw", "net.ipv6.conf.eth0.forwarding=1")
	if err := table.Announce(t.Context(), vip("2001:db8::50/128")); err != nil {
		t.Fatal(err)
	}
	if flags := frameTo(t, nas, allNodesMAC)[58]; flags != 0xa0 {
		t.Errorf("flags %#x while forwarding is on, want router and override", flags)
	}
}

func TestAddressesAnnouncedAreBelieved(t *testing.T) {
	ns, peer := newLink(t)
	ns.Run(t, "ip", "link", "set", "eth0", "address", "02:00:00:00:00:0a")
	table := newTable(t, ns)
	// Until then its kernel does not listen to IPv6.
	eventually(t, "the peer's link-local address", func() bool {
		return strings.Contains(peer.Run(t, "ip", "addr", "show", "dev", "eth0"), "fe80::")
	})
	for _, ip := range []string{"192.0.2.50", "2001:db8::50"} {
		peer.Run(t, "ip", "neigh", "replace", ip, "lladdr", "02:00:00:00:00:99", "dev", "eth0", "nud", "stale")
		if err := table.Announce(t.Context(), vip(netip.PrefixFrom(netip.MustParseAddr(ip), 32).String())); err != nil {
			t.Fatal(err)
		}
		eventually(t, ip+" has the new MAC", func() bool {
			return strings.Contains(peer.Run(t, "ip", "neigh", "show", ip), "02:00:00:00:00:0a")
		})
	}
}

func TestAddressesNobodyCanBeToldOfAreNoError(t *testing.T) {
	ns, _ := newLink(t)
	table := newTable(t, ns)
	lo := Address{Key: Key{Interface: "lo", Prefix: netip.MustParsePrefix("192.0.2.50/32")}}
	if err := table.Announce(t.Context(), lo); err != nil {
		t.Errorf("on loopback: %v", err)
	}
	ns.Run(t, "ip", "link", "set", "eth0", "down")
	if err := table.Announce(t.Context(), vip("192.0.2.50/32")); !errors.Is(err, unix.ENETDOWN) {
		t.Errorf("on an interface that is down: %v, want ENETDOWN", err)
	}
	ns.Run(t, "ip", "link", "set", "eth0", "up")
	eventually(t, "announced after the interface is up again", func() bool {
		return table.Announce(t.Context(), vip("192.0.2.50/32")) == nil
	})
}
