package integration

import (
	"fmt"
	"math"
	"net/netip"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"director/integration/lab"
)

// testAddressOptions looks at virtual addresses as the kernel has them.
func testAddressOptions(t *testing.T) {
	r := newRig(t, "10.99.0.2/24", "fd99::2/64")
	const flags = unix.IFA_F_HOMEADDRESS | unix.IFA_F_MANAGETEMPADDR | unix.IFA_F_NOPREFIXROUTE | unix.IFA_F_MCAUTOJOIN |
		unix.IFA_F_NODAD | unix.IFA_F_DEPRECATED
	type wanted struct {
		address, options string
		flags            int
		// preferred is the lifetime that is left, at most; -1: for ever.
		preferred int
		peer      string
	}
	all := []wanted{
		{"fd99::1:1/64", "", unix.IFA_F_NODAD, -1, ""},
		{"fd99::1:2/128", "", unix.IFA_F_NODAD | unix.IFA_F_DEPRECATED, 0, ""},
		{"fd99::1:3/128", `preferred_lft = "forever"`, unix.IFA_F_NODAD, -1, ""},
		{"fd99::1:4/64", "preferred_lft = 0", unix.IFA_F_NODAD | unix.IFA_F_DEPRECATED, 0, ""},
		{"fd99::1:5/64", "preferred_lft = 300", unix.IFA_F_NODAD, 300, ""},
		{"fd99::1:6/64", "home = true", unix.IFA_F_NODAD | unix.IFA_F_HOMEADDRESS, -1, ""},
		{"fd99::1:7/64", "mngtmpaddr = true", unix.IFA_F_NODAD | unix.IFA_F_MANAGETEMPADDR, -1, ""},
		{"fd97::1:8/64", "noprefixroute = true", unix.IFA_F_NODAD | unix.IFA_F_NOPREFIXROUTE, -1, ""},
		{"fd99::1:9/64", "dad = true", 0, -1, ""},
		{"ff05::1:10/128", "autojoin = true", unix.IFA_F_NODAD | unix.IFA_F_MCAUTOJOIN | unix.IFA_F_DEPRECATED, 0, ""},
		{"10.99.1.20/32", `peer = "10.99.2.1/32"`, 0, -1, "10.99.2.1/32"},
		{"10.96.0.1/24", "noprefixroute = true", unix.IFA_F_NOPREFIXROUTE, -1, ""},
	}
	// The lab has switched it off: here it would be performed.
	r.Sysctl("net.ipv6.conf.all.accept_dad", "1")
	r.Sysctl("net.ipv6.conf.eth0.accept_dad", "1")
	lines := []string{"priority = 255", `virtual_ipaddress "10.99.1.1/24" {}`}
	for _, w := range all {
		lines = append(lines, fmt.Sprintf("virtual_ipaddress_excluded %q {\n    %s\n  }", w.address, w.options))
	}
	r.start(numbered(1, lines...))
	for _, w := range all {
		of := netip.MustParsePrefix(w.address)
		if !r.lab.Becomes(5*time.Second+room, func() bool { return kernelAddress(t, r.Host, of.Addr()) != nil }) {
			t.Errorf("%s { %s }: not there: %s", w.address, w.options, r.address(w.address).Error)
			continue
		}
		a := kernelAddress(t, r.Host, of.Addr())
		preferred := a.PreferedLft
		if preferred == math.MaxInt32 || uint32(preferred) == math.MaxUint32 {
			preferred = -1
		}
		if of.Addr().Is6() && (preferred > w.preferred || preferred < w.preferred-60) || a.Flags&flags != w.flags {
			t.Errorf("%s { %s }: flags %#x, preferred for %d, want %#x and %d", w.address, w.options, a.Flags&flags, preferred, w.flags, w.preferred)
		}
		if w.peer != "" && (a.Peer == nil || a.Peer.String() != w.peer) {
			t.Errorf("%s: peer %v, want %s", w.address, a.Peer, w.peer)
		}
	}
	r.lab.Eventually(room, "the kernel looks for duplicates of one address", func() bool { return len(r.solicited("fd99::1:9")) > 0 })
	if got := r.solicited("fd99::1:1"); len(got) != 0 {
		t.Errorf("duplicates of fd99::1:1 were looked for: %v", got)
	}
	if got := routes(r.Host, "main"); strings.Contains(got, "fd97::/64") || strings.Contains(got, "10.96.0.0/24") {
		t.Errorf("routes of addresses with noprefixroute:\n%s", got)
	}
	if got := r.Run("ip", "maddress", "show", "dev", "eth0"); !strings.Contains(got, "ff05::1:10") {
		t.Errorf("the group of the address with autojoin is not joined:\n%s", got)
	}
	lab.Claim(t, "preferred_lft (a number, 0, forever, 0 for a /128), home, mngtmpaddr, noprefixroute, autojoin, peer and dad are as the kernel lists the addresses; with dad it looks for duplicates on the wire, else not")
}

// solicited are the looks for duplicates of an address.
func (r *rig) solicited(address string) []lab.Packet {
	target := addr(address).As16()
	return r.capture.Packets(time.Time{}, func(p lab.Packet) bool {
		const solicitation = 135
		return p.Protocol == lab.ICMPv6 && p.Source == netip.IPv6Unspecified() && len(p.Payload) >= 24 && p.Payload[0] == solicitation &&
			netip.AddrFrom16([16]byte(p.Payload[8:24])) == netip.AddrFrom16(target)
	})
}
