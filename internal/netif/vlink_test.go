package netif

import (
	"context"
	"errors"
	"strings"
	"testing"

	"director/internal/nstest"
)

const (
	virtualMAC4 = "00:00:5e:00:01:0a"
	virtualMAC6 = "00:00:5e:00:02:0a"
)

// vmac is a virtual MAC on eth0.
func vmac() VirtualLink {
	return VirtualLink{Name: "vrrp.10", Parent: "eth0", MAC: virtualMAC4, IPv4: true}
}

func mustEnsure(t *testing.T, table *Table, v VirtualLink) int {
	t.Helper()
	index, err := table.EnsureLink(t.Context(), v)
	if err != nil {
		t.Fatal(err)
	}
	return index
}

// sysctl returns a setting by its path below net.
func sysctl(t *testing.T, ns *nstest.NS, name string) string {
	t.Helper()
	return strings.TrimSpace(ns.Run(t, "cat", "/proc/sys/net/"+name))
}

// settings returns the values of those settings of keepalived's use_vmac that
// are compared.
func settings(t *testing.T, ns *nstest.NS, link string) string {
	t.Helper()
	var b strings.Builder
	for _, name := range []string{
		link + "/arp_ignore", link + "/accept_local", link + "/rp_filter", link + "/promote_secondaries",
		"eth0/arp_ignore", "eth0/arp_filter", "eth0/rp_filter", "all/rp_filter", "default/rp_filter", "lo/rp_filter",
	} {
		b.WriteString(name + "=" + sysctl(t, ns, "ipv4/conf/"+name) + " ")
	}
	return b.String()
}

func TestVirtualMACIsMadeAndTakenBack(t *testing.T) {
	ns, _ := newLink(t)
	for _, s := range []string{"all.rp_filter=1", "default.rp_filter=0", "eth0.rp_filter=2", "lo.rp_filter=0"} {
		ns.Run(t, "sysctl", "-qw", "net.ipv4.conf."+s)
	}
	ns.Run(t, "ip", "link", "set", "eth0", "group", "7")
	table := newTable(t, ns)
	index := mustEnsure(t, table, vmac())

	shown := ns.Run(t, "ip", "-d", "link", "show", "vrrp.10")
	for _, want := range []string{virtualMAC4, "mode private", "addrgenmode none", "group 7", "vrrp.10@eth0", "alias director", ",UP,LOWER_UP"} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q is not in\n%s", want, shown)
		}
	}
	if got := ns.Run(t, "ip", "addr", "show", "dev", "vrrp.10"); strings.Contains(got, "inet") {
		t.Errorf("the kernel gave it an address:\n%s", got)
	}
	const want = "vrrp.10/arp_ignore=1 vrrp.10/accept_local=1 vrrp.10/rp_filter=0 vrrp.10/promote_secondaries=1 " +
		"eth0/arp_ignore=1 eth0/arp_filter=1 eth0/rp_filter=2 all/rp_filter=0 default/rp_filter=1 lo/rp_filter=1 "
	if got := settings(t, ns, "vrrp.10"); got != want {
		t.Errorf("settings\n%s, want\n%s", got, want)
	}
	l, err := table.link("vrrp.10")
	if err != nil {
		t.Fatal(err)
	}
	if parent, _ := table.link("eth0"); !l.Ours || l.Index != index || l.Base != parent.Index {
		t.Errorf("%+v: not ours, or not on eth0", l)
	}

	if err := table.DeleteLink(t.Context(), vmac()); err != nil {
		t.Fatal(err)
	}
	if got := ns.Run(t, "sh", "-c", "cd /proc/sys/net/ipv4/conf; cat all/rp_filter default/rp_filter eth0/rp_filter lo/rp_filter eth0/arp_ignore eth0/arp_filter"); got != "1\n0\n2\n0\n0\n0\n" {
		t.Errorf("settings afterwards: %q", got)
	}
	if got := table.Sysctls().Changes(); len(got) != 0 {
		t.Errorf("left in the record: %v", got)
	}
	if err := table.DeleteLink(t.Context(), vmac()); err != nil {
		t.Errorf("once more: %v", err)
	}
}

func TestVirtualMACsShareTheirParent(t *testing.T) {
	ns, _ := newLink(t)
	ns.Run(t, "sysctl", "-qw", "net.ipv4.conf.all.rp_filter=1", "net.ipv4.conf.eth0.rp_filter=0")
	table := newTable(t, ns)
	other := vmac()
	other.Name, other.MAC = "vrrp.11", "00:00:5e:00:01:0b"
	mustEnsure(t, table, vmac())
	mustEnsure(t, table, other)
	if err := table.DeleteLink(t.Context(), vmac()); err != nil {
		t.Fatal(err)
	}
	want := "eth0/arp_ignore=1 eth0/arp_filter=1 eth0/rp_filter=1 all/rp_filter=0 "
	if got := settings(t, ns, "vrrp.11"); !strings.Contains(got, want) {
		t.Errorf("with one left: %s, want %s", got, want)
	}
	if err := table.DeleteLink(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	if got := ns.Run(t, "sh", "-c", "cd /proc/sys/net/ipv4/conf; cat all/rp_filter eth0/rp_filter eth0/arp_ignore"); got != "1\n0\n0\n" {
		t.Errorf("with none left: %q", got)
	}
}

func TestVirtualLinkIsAskedForAgain(t *testing.T) {
	ns, _ := newLink(t)
	first := newTable(t, ns)
	index := mustEnsure(t, first, vmac())
	record := first.Sysctls().Changes()

	table := newTable(t, ns) // after a crash
	if err := table.Sysctls().Restore(record); err != nil {
		t.Fatal(err)
	}
	if got := sysctl(t, ns, "ipv4/conf/eth0/arp_ignore"); got != "0" {
		t.Errorf("arp_ignore of the parent after the crash is %s", got)
	}
	if names, err := table.OurLinks(t.Context()); err != nil || len(names) != 1 || names[0] != "vrrp.10" {
		t.Errorf("left behind: %v, %v", names, err)
	}
	if got := mustEnsure(t, table, vmac()); got != index {
		t.Error("one that matches was made anew")
	}
	if got := sysctl(t, ns, "ipv4/conf/eth0/arp_ignore"); got != "1" {
		t.Errorf("arp_ignore of the parent is %s", got)
	}
	eventually(t, "up", func() bool { return up(t, table, "vrrp.10") }) // which is an event of its own
	w := watch(t, table)
	mustEnsure(t, table, vmac())
	ns.Run(t, "ip", "addr", "add", "192.0.2.9/32", "dev", "lo")
	w.expect(t, "address 192.0.2.9/32 on lo ours=false")
	if w.has("link vrrp.10 up=true") {
		t.Error("asking again is a change that the kernel reports")
	}
	changed := vmac()
	changed.MAC = "00:00:5e:00:01:0b"
	if got := mustEnsure(t, table, changed); got == index {
		t.Error("one with another MAC address was not made anew")
	}
	regrouped := changed
	regrouped.Group, regrouped.GroupGiven = 9, true
	mustEnsure(t, table, regrouped)
	ns.Run(t, "ip", "link", "set", "vrrp.10", "down")
	mustEnsure(t, table, regrouped)
	if got := ns.Run(t, "ip", "link", "show", "vrrp.10"); !strings.Contains(got, "group 9") || !strings.Contains(got, ",UP") {
		t.Errorf("not in line:\n%s", got)
	}
}

func TestVirtualLinkHalfMadeByACrashIsAdopted(t *testing.T) {
	ns, _ := newLink(t)
	table := newTable(t, ns)
	make := []string{"ip", "link", "add", "vrrp.10", "link", "eth0", "address", virtualMAC4, "type", "macvlan", "mode", "private"}
	ns.Run(t, make...)
	mustEnsure(t, table, vmac())
	ns.Run(t, "ip", "link", "del", "vrrp.10")
	ns.Run(t, make...)
	ns.Run(t, "ip", "addr", "add", "192.0.2.9/32", "dev", "vrrp.10")
	if _, err := table.EnsureLink(t.Context(), vmac()); !errors.Is(err, ErrForeignLink) {
		t.Errorf("one that has an address: %v", err)
	}
}

func TestVirtualLinkOfSomebodyElseIsLeftAlone(t *testing.T) {
	ns, _ := newLink(t)
	ns.Run(t, "ip", "link", "add", "vrrp.10", "type", "veth", "peer", "name", "x0")
	before := ns.Run(t, "ip", "link", "show", "vrrp.10")
	table := newTable(t, ns)
	if _, err := table.EnsureLink(t.Context(), vmac()); !errors.Is(err, ErrForeignLink) {
		t.Errorf("EnsureLink: %v", err)
	}
	if err := table.DeleteLink(t.Context(), vmac()); err != nil {
		t.Errorf("DeleteLink: %v", err)
	}
	if got := ns.Run(t, "ip", "link", "show", "vrrp.10"); got != before {
		t.Errorf("was\n%s is\n%s", before, got)
	}
	if got := table.Sysctls().Changes(); len(got) != 0 {
		t.Errorf("changed for nothing: %v", got)
	}
}

func TestVirtualLinkThatCannotBe(t *testing.T) {
	ns, _ := newLink(t)
	table := newTable(t, ns)
	with := func(f func(*VirtualLink)) VirtualLink { v := vmac(); f(&v); return v }
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, test := range []struct {
		name string
		link VirtualLink
		want string
	}{
		{"no parent", with(func(v *VirtualLink) { v.Parent = "eth7" }), "virtual link vrrp.10: parent eth7: no such interface"},
		{"loopback", with(func(v *VirtualLink) { v.Parent = "lo" }), "virtual link vrrp.10: parent lo: not an Ethernet interface"},
		{"a multicast MAC", with(func(v *VirtualLink) { v.MAC = "01:00:5e:00:01:0a" }), "virtual link vrrp.10: MAC address 01:00:5e:00:01:0a: invalid argument"},
		{"a name too long", with(func(v *VirtualLink) { v.Name = "vrrp.10.on.eth0.x" }), "virtual link vrrp.10.on.eth0.x: name of 17 bytes: invalid argument"},
		{"an unknown mode", VirtualLink{Name: "ipv0", Parent: "eth0", IPVLANMode: "source"}, `virtual link ipv0: ipvlan mode "source": invalid argument`},
	} {
		if _, err := table.EnsureLink(ended, test.link); err == nil || err.Error() != test.want {
			t.Errorf("%s: %v, want %s", test.name, err, test.want)
		}
	}
	if got := ns.Run(t, "ip", "-o", "link"); strings.Contains(got, "vrrp") || strings.Contains(got, "ipv0") {
		t.Errorf("interfaces:\n%s", got)
	}
}

func TestVirtualLinkThatFailsHalfwayIsGone(t *testing.T) {
	ns, _ := newLink(t)
	ns.Run(t, "sysctl", "-qw", "net.ipv4.conf.all.rp_filter=1")
	table := newTable(t, ns)
	table.Sysctls().Record(func(c []SysctlChange) error {
		if len(c) == 3 {
			return errors.New("disk full")
		}
		return nil
	})
	if _, err := table.EnsureLink(t.Context(), vmac()); err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("%v", err)
	}
	if got := ns.Run(t, "ip", "-o", "link"); strings.Contains(got, "vrrp.10") {
		t.Errorf("the link is left:\n%s", got)
	}
	if got := ns.Run(t, "sh", "-c", "cd /proc/sys/net/ipv4/conf; cat all/rp_filter eth0/arp_ignore eth0/arp_filter"); got != "1\n0\n0\n" {
		t.Errorf("settings are left: %q", got)
	}
}

func TestVirtualMACOverAMacvlanIsOnTheRealParent(t *testing.T) {
	ns, _ := newLink(t)
	ns.Run(t, "ip", "link", "add", "m0", "link", "eth0", "type", "macvlan", "mode", "bridge")
	ns.Run(t, "ip", "link", "set", "m0", "up")
	table := newTable(t, ns)
	v := vmac()
	v.Parent = "m0"
	index := mustEnsure(t, table, v)
	if got := ns.Run(t, "ip", "link", "show", "vrrp.10"); !strings.Contains(got, "vrrp.10@eth0") {
		t.Errorf("not on eth0:\n%s", got)
	}
	if got := sysctl(t, ns, "ipv4/conf/m0/arp_ignore"); got != "1" {
		t.Errorf("arp_ignore of m0, which has the addresses, is %s", got)
	}
	if mustEnsure(t, table, v) != index {
		t.Error("asked again, it was made anew")
	}
}

func TestVirtualMACGoesDownWithItsBase(t *testing.T) {
	ns, peer := newLink(t)
	table := newTable(t, ns)
	mustEnsure(t, table, vmac())
	is := func(want bool) func() bool { return func() bool { return up(t, table, "vrrp.10") == want } }
	eventually(t, "up at first", is(true))
	peer.Run(t, "ip", "link", "set", "eth0", "down")
	eventually(t, "down without carrier", is(false))
	peer.Run(t, "ip", "link", "set", "eth0", "up")
	eventually(t, "up with carrier", is(true))
	ns.Run(t, "ip", "link", "set", "eth0", "down")
	eventually(t, "down with its parent", is(false))
	ns.Run(t, "ip", "link", "set", "eth0", "up")
	eventually(t, "up with its parent", is(true))
	w := watch(t, table)
	ns.Run(t, "ip", "link", "del", "eth0")
	w.expect(t, "link gone vrrp.10")
	nstest.Veth(t, ns, "eth0", peer, "eth0")
	mustEnsure(t, table, vmac())
	eventually(t, "up when made anew", is(true))
	if got := sysctl(t, ns, "ipv4/conf/eth0/arp_ignore"); got != "1" {
		t.Errorf("arp_ignore of the new parent is %s", got)
	}
}
