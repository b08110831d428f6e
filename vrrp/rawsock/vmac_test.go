package rawsock_test

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"

	"director/internal/nstest"
	"director/vrrp"
	"director/vrrp/rawsock"
)

// frame is an advert as it is on the wire.
type frame struct {
	from, to net.HardwareAddr
	src      netip.Addr
	priority uint8
}

// capture reads every frame of an interface of ns and returns those that hold
// adverts.
func capture(t *testing.T, ns *nstest.NS, link string) func() frame {
	t.Helper()
	fd := -1
	ns.Do(func() {
		ifi, err := net.InterfaceByName(link)
		if err != nil {
			t.Fatal(err)
		}
		all := uint16(unix.ETH_P_ALL<<8 | unix.ETH_P_ALL>>8)
		if fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, int(all)); err != nil {
			t.Fatal(err)
		}
		if err := unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: all, Ifindex: ifi.Index}); err != nil {
			t.Fatal(err)
		}
	})
	t.Cleanup(func() { _ = unix.Close(fd) })
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 10}); err != nil {
		t.Fatal(err)
	}
	return func() frame {
		t.Helper()
		for b := make([]byte, 2048); ; {
			n, _, err := unix.Recvfrom(fd, b, 0)
			if errors.Is(err, unix.EINTR) {
				continue
			}
			if err != nil {
				t.Fatal("no advert was captured: ", err)
			}
			if f, ok := parseFrame(b[:n]); ok {
				return f
			}
		}
	}
}

func parseFrame(b []byte) (frame, bool) {
	const ethernet = 14
	if len(b) < ethernet+48 {
		b = append(b, make([]byte, ethernet+48-len(b))...)
	}
	f, ip := frame{to: b[:6], from: b[6:12]}, b[ethernet:]
	switch kind := binary.BigEndian.Uint16(b[12:]); {
	case kind == unix.ETH_P_IP && ip[9] == vrrp.ProtocolVRRP:
		f.src, f.priority = netip.AddrFrom4([4]byte(ip[12:])), ip[20+2]
	case kind == unix.ETH_P_IPV6 && ip[6] == vrrp.ProtocolVRRP:
		f.src, f.priority = netip.AddrFrom16([16]byte(ip[8:])), ip[40+2]
	default:
		return frame{}, false
	}
	return f, true
}

const (
	vmacName = "vrrp.51"
	vmac4    = "00:00:5e:00:01:33"
	vmac6    = "00:00:5e:00:02:33"
)

// addVMAC gives the host the macvlan of a virtual router, without addresses.
func (h host) addVMAC(mac string) {
	h.t.Helper()
	h.ns.Run(h.t, "ip", "link", "add", vmacName, "link", "eth0", "address", mac, "type", "macvlan", "mode", "private")
	h.ns.Run(h.t, "ip", "link", "set", vmacName, "addrgenmode", "none")
	h.ns.Run(h.t, "sysctl", "-q", "-w", "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.vrrp/51.rp_filter=0")
	h.ns.Run(h.t, "ip", "link", "set", vmacName, "up")
}

// An advert sent on a macvlan has its MAC and the parent's address, and is heard
// on the other router's macvlan, whose MAC is the same. With vmac_xmit_base both
// are on the parent.
func TestVirtualMAC(t *testing.T) {
	for _, c := range []struct {
		name     string
		cfg      *vrrp.Config
		link     string
		mac      string // of the macvlan
		src, dst netip.Addr
	}{
		{"IPv4", config4(), vmacName, vmac4, a4, vrrp.GroupIPv4},
		{"IPv4 on the parent", config4(), "eth0", vmac4, a4, vrrp.GroupIPv4},
		{"IPv6", config6(), vmacName, vmac6, aL, vrrp.GroupIPv6},
		{"IPv6 on the parent", config6(), "eth0", vmac6, aL, vrrp.GroupIPv6},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, b := newPair(t)
			a.addVMAC(c.mac)
			b.addVMAC(c.mac)
			opts := rawsock.Options{Interface: c.link, Family: c.cfg.Family, VRIDs: []uint8{51}}
			tr := a.open(opts).For(c.cfg)
			arrived, wire := listen(t, b.open(opts)), capture(t, b.ns, "eth0")
			send(t, tr, c.cfg, c.src, c.dst)
			want := c.mac
			if c.link == "eth0" {
				a.ns.Do(func() {
					ifi, err := net.InterfaceByName("eth0")
					if err != nil {
						t.Fatal(err)
					}
					want = ifi.HardwareAddr.String()
				})
			}
			if f := wire(); f.from.String() != want || f.src != c.src {
				t.Errorf("from %v, %v, want %v, %v", f.from, f.src, want, c.src)
			}
			rx := next(t, arrived)
			if _, drop := vrrp.NewReceiver(c.cfg).Check(rx); drop != vrrp.Accepted || rx.Src != c.src || rx.TTL != 255 {
				t.Errorf("from %v, TTL %d: %v", rx.Src, rx.TTL, drop)
			}
		})
	}
}

// Who hears whom when the routers are not configured alike. The kernel gives what
// has the MAC of a macvlan of its own to that macvlan only, so a router with
// vmac_xmit_base is deaf to one without: both must have it, or none.
func TestVirtualMACAndParentMixed(t *testing.T) {
	for _, c := range []struct {
		name, from, to string
		macvlan        bool // at the receiver
		heard          bool
	}{
		{"from a macvlan to a router that has none", vmacName, "eth0", false, true},
		{"from the parent to a macvlan", "eth0", vmacName, true, true},
		{"from a macvlan to the parent of one", vmacName, "eth0", true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, b := newPair(t)
			a.addVMAC(vmac4)
			cfg, opts := config4(), rawsock.Options{Interface: c.to, Family: vrrp.IPv4, VRIDs: []uint8{51}}
			witness := opts
			if c.macvlan {
				b.addVMAC(vmac4)
				witness.Interface = vmacName
			}
			conn := b.open(opts)
			arrived, seen := listen(t, conn), listen(t, b.open(witness))
			opts.Interface = c.from
			send(t, a.open(opts).For(cfg), cfg, a4, vrrp.GroupIPv4)
			next(t, seen) // all sockets have it by now that are to get it
			if c.heard {
				next(t, arrived)
				return
			}
			conn.Drain()
			if len(arrived) > 0 {
				t.Error("the kernel has changed: say so in the documentation")
			}
		})
	}
}
