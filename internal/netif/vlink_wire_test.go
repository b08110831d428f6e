package netif

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"director/internal/nstest"
	"director/vrrp"
	"director/vrrp/rawsock"
)

// openVRRP opens a VRRP socket on an interface.
func openVRRP(t *testing.T, ns *nstest.NS, link string, family vrrp.Family) *rawsock.Conn {
	t.Helper()
	var conn *rawsock.Conn
	ns.Do(func() {
		ifi, err := net.InterfaceByName(link)
		if err != nil {
			t.Fatal(err)
		}
		conn, err = rawsock.Open(rawsock.Options{Interface: link, IfIndex: ifi.Index, Family: family, VRIDs: []uint8{10}})
		if err != nil {
			t.Fatal(err)
		}
	})
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// Adverts leave a virtual MAC with the parent's address as their source, which
// the virtual MAC has not, also for IPv6; and the other router hears them on its
// virtual MAC, where filtering by reverse path is strict otherwise.
func TestAdvertsGoFromVirtualMACToVirtualMAC(t *testing.T) {
	for _, c := range []struct {
		family        vrrp.Family
		mac, src, dst string
		kind          int
		a, b          string
	}{
		{vrrp.IPv4, virtualMAC4, "192.0.2.1", "224.0.0.18", unix.ETH_P_IP, "192.0.2.1/24", "192.0.2.2/24"},
		{vrrp.IPv6, virtualMAC6, "fe80::a", "ff02::12", unix.ETH_P_IPV6, "fe80::a/64", "fe80::b/64"},
	} {
		t.Run(fmt.Sprint(c.family), func(t *testing.T) {
			ns, peer := newLink(t)
			v := VirtualLink{Name: "vrrp.10", Parent: "eth0", MAC: c.mac, IPv4: c.family == vrrp.IPv4, IPv6: c.family == vrrp.IPv6}
			for where, address := range map[*nstest.NS]string{ns: c.a, peer: c.b} {
				where.Run(t, "ip", "addr", "add", address, "dev", "eth0")
				where.Run(t, "sysctl", "-qw", "net.ipv4.conf.all.rp_filter=1", "net.ipv4.conf.eth0.rp_filter=1")
				mustEnsure(t, newTable(t, where), v)
			}
			wire := tap(t, peer, "vrrp.10", c.kind)
			from, to := openVRRP(t, ns, "vrrp.10", c.family), openVRRP(t, peer, "vrrp.10", c.family)
			src, dst := netip.MustParseAddr(c.src), netip.MustParseAddr(c.dst)
			p := vrrp.Packet{Version: 3, VRID: 10, Priority: 100, Interval: time.Second, Addresses: []netip.Addr{src}}
			message, err := p.Append(nil, src, dst, 0)
			if err != nil {
				t.Fatal(err)
			}
			heard := make(chan netip.Addr, 10)
			ctx, cancel := context.WithCancel(context.Background())
			done := make(chan error)
			go func() { done <- to.Run(ctx, func(rx *vrrp.Received) { heard <- rx.Src }) }()
			defer func() { cancel(); <-done }()
			must(t, from.For(&vrrp.Config{Family: c.family, VRID: 10}).Send(src, dst, message))
			select {
			case got := <-heard:
				if got != src {
					t.Errorf("advert from %s", got)
				}
			case <-time.After(10 * time.Second):
				t.Fatal("no advert was heard")
			}
			mac, _ := net.ParseMAC(c.mac)
			for got := mac[:0]; !bytes.Equal(got, mac); got = frame(t, wire)[6:12] {
			}
		})
	}
}

// frame reads one frame.
func frame(t *testing.T, conn net.PacketConn) []byte {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 2048)
	n, _, err := conn.ReadFrom(buf)
	if err != nil {
		t.Fatal(err)
	}
	return buf[:n]
}

// A client on the segment reaches the virtual address by the virtual MAC, from
// the first question on, and nobody answers with the parent's.
func TestVirtualAddressIsReachedByItsVirtualMAC(t *testing.T) {
	ns, client := newLink(t)
	ns.Run(t, "ip", "addr", "add", "192.0.2.1/24", "dev", "eth0")
	ns.Run(t, "sysctl", "-qw", "net.ipv4.conf.all.rp_filter=1")
	client.Run(t, "ip", "addr", "add", "192.0.2.2/24", "dev", "eth0")
	client.Run(t, "ip", "addr", "add", "2001:db8::2/64", "dev", "eth0")
	table := newTable(t, ns)
	v := vmac()
	v.IPv6 = true
	mustEnsure(t, table, v)
	for _, a := range []Address{at("vrrp.10", "192.0.2.5/32"), at("vrrp.10", "2001:db8::5/64")} {
		mustAdd(t, table, a, Added)
		ip := a.Prefix.Addr().String()
		arps := tap(t, client, "eth0", unix.ETH_P_ARP)
		if !answers(t, client, ip, 10*time.Second) {
			t.Fatalf("no answer for %s", ip)
		}
		if got := client.Run(t, "ip", "neigh", "show", ip); !strings.Contains(got, virtualMAC4) {
			t.Errorf("the client has %s", got)
		}
		client.Run(t, "ping", "-c", "2", "-i", "0.05", "-W", "5", ip)
		must(t, table.Announce(t.Context(), a))
		if a.Prefix.Addr().Is4() {
			var f []byte
			for sender := ""; sender != ip; sender = netip.AddrFrom4([4]byte(f[arpSenderIP : arpSenderIP+4])).String() {
				f = frameTo(t, arps, broadcastMAC)
			}
			if got := net.HardwareAddr(f[6:12]).String(); got != virtualMAC4 {
				t.Errorf("announced, or asked for somebody, from %s", got)
			}
		}
	}
	must(t, table.Hide(t.Context(), at("vrrp.10", "192.0.2.5/32")))
	if answers(t, client, "192.0.2.5", 200*time.Millisecond) {
		t.Error("hidden, it is answered for")
	}
}

// Beside keepalived's use_vmac: the same settings on link, parent and all. Only
// loopback, which keepalived leaves out, goes on filtering as before with us, and
// arp_announce of the parent is not among them.
func TestVirtualMACHasKeepalivedsSettings(t *testing.T) {
	if _, err := exec.LookPath("keepalived"); err != nil {
		nstest.Missing(t, "keepalived", err.Error())
	}
	prepared := func() *nstest.NS {
		ns, _ := newLink(t)
		ns.Run(t, "ip", "addr", "add", "192.0.2.1/24", "dev", "eth0")
		ns.Run(t, "sysctl", "-qw", "net.ipv4.conf.all.rp_filter=1", "net.ipv4.conf.eth0.rp_filter=0")
		return ns
	}
	theirs, ours := prepared(), prepared()
	dir := t.TempDir()
	file := filepath.Join(dir, "keepalived.conf")
	const config = `vrrp_instance V { interface eth0
		virtual_router_id 10
		use_vmac
		virtual_ipaddress { 192.0.2.5/32 }
	}`
	must(t, os.WriteFile(file, []byte(config), 0o600))
	var daemon *exec.Cmd
	theirs.Do(func() {
		daemon = exec.Command("keepalived", "--vrrp", "-n", "-l", "-f", file,
			"-p", filepath.Join(dir, "pid"), "-r", filepath.Join(dir, "vrrp.pid"))
		must(t, daemon.Start())
	})
	t.Cleanup(func() {
		_ = daemon.Process.Signal(unix.SIGTERM)
		_ = daemon.Wait()
	})
	eventually(t, "keepalived is master", func() bool {
		return strings.Contains(theirs.Run(t, "ip", "addr"), "192.0.2.5/32")
	})
	mustEnsure(t, newTable(t, ours), vmac())
	a, b := settings(t, theirs, "vrrp.10"), settings(t, ours, "vrrp.10")
	if strings.Replace(a, "lo/rp_filter=0", "lo/rp_filter=1", 1) != b {
		t.Errorf("keepalived:\n%s\ndirector:\n%s", a, b)
	}
}
