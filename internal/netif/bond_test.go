package netif

import (
	"strings"
	"testing"

	"director/internal/nstest"
)

// needsLink ends the test where the kernel cannot make links of a kind.
func needsLink(t *testing.T, ns *nstest.NS, kind string, add ...string) {
	t.Helper()
	script := "ip link add " + strings.Join(add, " ") + " type " + kind + " 2>&1 || true"
	out := ns.Run(t, "sh", "-c", script)
	if strings.Contains(out, "Unknown device type") || strings.Contains(out, "not supported") {
		t.Skipf("this kernel has no %s: %s", kind, out)
	}
	if out != "" {
		t.Fatal(out)
	}
}

// newBond returns a namespace with bond0 over port0 and port1, active is port0,
// and one with the other ends in a bridge.
func newBond(t *testing.T) (ns, peer *nstest.NS) {
	t.Helper()
	ns, peer = nstest.New(t), nstest.New(t)
	needsLink(t, ns, "bond mode active-backup miimon 20", "bond0")
	peer.Run(t, "ip", "link", "add", "br0", "type", "bridge")
	peer.Run(t, "ip", "link", "set", "br0", "up")
	for _, port := range []string{"port0", "port1"} {
		nstest.Veth(t, ns, port, peer, port)
		peer.Run(t, "ip", "link", "set", port, "master", "br0")
		ns.Run(t, "ip", "link", "set", port, "down")
		ns.Run(t, "ip", "link", "set", port, "master", "bond0")
	}
	ns.Run(t, "ip", "link", "set", "bond0", "up")
	eventually(t, "port0 is active", func() bool {
		return strings.Contains(ns.Run(t, "ip", "-d", "link", "show", "bond0"), "active_slave port0")
	})
	return ns, peer
}

func TestBondThatChangesItsPortAsksForAnnouncements(t *testing.T) {
	ns, peer := newBond(t)
	table := newTable(t, ns)
	v := vmac()
	v.Parent = "bond0"
	mustEnsure(t, table, v)
	eventually(t, "bond0 is up", func() bool { return up(t, table, "bond0") && up(t, table, "vrrp.10") })
	w := watch(t, table)
	peer.Run(t, "ip", "link", "set", "port0", "down")
	w.expect(t, "peers asked bond0")
	w.expect(t, "peers asked vrrp.10")
	if w.has("link bond0 up=false") {
		t.Error("bond0 was down in between: that would be announced anyway")
	}
	if got := ns.Run(t, "ip", "-d", "link", "show", "bond0"); !strings.Contains(got, "active_slave port1") {
		t.Errorf("port1 is not active:\n%s", got)
	}
	before := len(w.all())
	ns.Run(t, "ip", "link", "set", "bond0", "type", "bond", "active_slave", "port1")
	ns.Run(t, "ip", "addr", "add", "192.0.2.9/32", "dev", "lo")
	w.expect(t, "address 192.0.2.9/32 on lo ours=false")
	for _, line := range w.all()[before:] {
		if strings.HasPrefix(line, "peers asked") {
			t.Errorf("nothing changed, but %q", line)
		}
	}
}

func TestIPVLANIsMadeAndTakenBack(t *testing.T) {
	ns, peer := newLink(t)
	needsLink(t, ns, "ipvlan mode l2", "probe0", "link", "eth0")
	ns.Run(t, "ip", "link", "del", "probe0")
	peer.Run(t, "ip", "addr", "add", "192.0.2.2/24", "dev", "eth0")
	table := newTable(t, ns)
	v := VirtualLink{Name: "vrrp.10", Parent: "eth0", IPVLANMode: "private", IPv4: true}
	v.Address = vip("192.0.2.7/24").Prefix
	index := mustEnsure(t, table, v)
	shown := ns.Run(t, "ip", "-d", "addr", "show", "vrrp.10")
	parent, err := table.link("eth0")
	must(t, err)
	for _, want := range []string{"ipvlan  mode l2 private", "192.0.2.7/24", ",UP", parent.MAC.String()} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q is not in\n%s", want, shown)
		}
	}
	if strings.Contains(shown, "inet6") {
		t.Errorf("the kernel gave it an address:\n%s", shown)
	}
	if mustEnsure(t, table, v) != index {
		t.Error("asked again, it was made anew")
	}
	mustAdd(t, table, at("vrrp.10", "192.0.2.5/32"), Added)
	peer.Run(t, "ping", "-c", "1", "-W", "5", "192.0.2.5")
	v.IPVLANMode = "vepa"
	if mustEnsure(t, table, v) == index {
		t.Error("another mode, but the same link")
	}
	must(t, table.DeleteLink(t.Context(), v))
	if got := ns.Run(t, "ip", "-o", "link"); strings.Contains(got, "vrrp.10") {
		t.Errorf("left:\n%s", got)
	}
}
