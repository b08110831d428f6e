package integration

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"director/integration/lab"
)

// TestVMACGuest shows what needs links that a kernel may lack: ipvlan, VRF, bond.
// The guest has them.
func TestVMACGuest(t *testing.T) {
	lab.Need(t, lab.Netns, lab.IPVS)
	t.Run("ipvlan", testIPVLAN)
	t.Run("VRF", testVRF)
	t.Run("bond", testBond)
}

// guestInterval is the advertisement interval in the guest.
const guestInterval = 300 * time.Millisecond

// twoNodes are two machines, not yet running, on a segment with a witness and a
// client; lvs1 has the higher priority.
type twoNodes struct {
	lab        *lab.Lab
	lvs1, lvs2 *balancer
	client     *lab.Host
	witness    *lab.Witness
}

func newTwoNodes(t *testing.T) *twoNodes {
	l := lab.New(t)
	lan := l.Segment("lan")
	host := func(name, last string) *balancer {
		return &balancer{Host: l.Host(name, lan.At("10.99.0."+last+"/24")), lab: l}
	}
	return &twoNodes{lab: l, lvs1: host("lvs1", "2"), lvs2: host("lvs2", "3"),
		client: l.Host("client", lan.At("10.99.0.9/24")), witness: lan.Witness()}
}

// run starts both with the lines of an instance.
func (n *twoNodes) run(lines ...string) {
	for _, b := range []*balancer{n.lvs1, n.lvs2} {
		b.start(fmt.Sprintf("vrrp_instance \"VI_1\" {\n interface = \"eth0\"\n virtual_router_id = 51\n advert_int = %v\n"+
			" priority = { lvs1 = 150, lvs2 = 100 }[hostname]\n virtual_ipaddress \"10.99.0.100/24\" {}\n %s\n}\n",
			guestInterval.Seconds(), strings.Join(lines, "\n ")))
	}
}

// only waits until one holds the address and the other does not, and the client
// has an answer there.
func (n *twoNodes) only(on, off *balancer) {
	eventually(n.lab, "only "+on.Name+" holds the address", func() bool { return on.Has(vip1) && !off.Has(vip1) })
	eventually(n.lab, "the client has an answer", func() bool { return pings(n.client, vip1) })
}

// testIPVLAN has two directors with an ipvlan each.
func testIPVLAN(t *testing.T) {
	n := newTwoNodes(t)
	n.run("use_ipvlan {\n address = { lvs1 = \"10.99.0.7/24\", lvs2 = \"10.99.0.8/24\" }[hostname]\n mode = \"private\"\n }")
	n.only(n.lvs1, n.lvs2)
	if link := n.lvs1.Run("ip", "-details", "link", "show", "vrrp.51"); !strings.Contains(link, "ipvlan  mode l2 private") || !holdsOn(n.lvs1.Host, "vrrp.51", vip1) {
		t.Errorf("the link is %s", link)
	}
	if a, ok := n.witness.FirstFrom(addr("10.99.0.7"), time.Time{}); !ok || a.MAC.String() != macOf(n.lvs1.Host, "eth0") {
		t.Errorf("no advert of 10.99.0.7 with the MAC of eth0: %v", n.witness.Masters(time.Time{}))
	}
	n.lvs1.director.Kill()
	eventually(n.lab, "no process is left", func() bool { return len(n.lvs1.Processes()) == 0 })
	eventually(n.lab, "lvs2 takes over", func() bool { return n.lvs2.Has(vip1) })
	n.again(n.lvs1)
	n.only(n.lvs1, n.lvs2)
	n.lvs1.director.Stop()
	n.only(n.lvs2, n.lvs1)
	if left, _ := n.lvs1.Try("ip", "link", "show", "vrrp.51"); strings.Contains(left, "mtu") || n.lvs1.Has(addr("10.99.0.7")) {
		t.Errorf("left: %s", left)
	}
	lab.Claim(t, "use_ipvlan: adverts come from its address and the MAC of eth0, the address is on it and answers; kill -9, return and stop: one master each time, and nothing left")
}

// again starts a node's director once more with its configuration.
func (n *twoNodes) again(b *balancer) {
	b.director = b.Director(n.lab.Dir() + "/" + b.Name + "/director.hcl")
	b.director.EventuallyReady(30 * time.Second)
}

// testVRF has the interfaces of both directors in a VRF.
func testVRF(t *testing.T) {
	n := newTwoNodes(t)
	for _, b := range []*balancer{n.lvs1, n.lvs2} {
		b.Run("ip", "link", "add", "blue", "type", "vrf", "table", "10")
		b.Run("ip", "link", "set", "blue", "up")
		b.Run("ip", "link", "set", "eth0", "master", "blue")
	}
	n.run("virtual_routes \"192.0.2.0/24\" {\n via = \"10.99.0.9\"\n dev = \"eth0\"\n vrf = \"blue\"\n }")
	n.only(n.lvs1, n.lvs2)
	inVRF := func(b *balancer) bool { return strings.Contains(routes(b.Host, "10"), "192.0.2.0/24 via 10.99.0.9") }
	eventually(n.lab, "the route is in the table of the VRF", func() bool { return inVRF(n.lvs1) && !inVRF(n.lvs2) })
	n.lvs1.Run("ip", "route", "del", "192.0.2.0/24", "vrf", "blue")
	eventually(n.lab, "the route is back", func() bool { return inVRF(n.lvs1) })
	n.lvs1.director.Stop()
	n.only(n.lvs2, n.lvs1)
	eventually(n.lab, "the route is on lvs2 only", func() bool { return inVRF(n.lvs2) && !inVRF(n.lvs1) })
	lab.Claim(t, "interfaces in a VRF: one master, the address answers, a route with vrf is in the VRF's table, is put back, and moves at a stop")
}

// testBond has a bond of two ports below a virtual MAC.
func testBond(t *testing.T) {
	l := lab.New(t)
	lan := l.Segment("lan")
	host := l.Host("lvs1", lan.At(), lan.At())
	witness := lan.Witness()
	host.Run("ip", "link", "add", "bond0", "type", "bond", "mode", "active-backup", "miimon", "50")
	for _, port := range []string{"eth0", "eth1"} {
		host.Run("ip", "link", "set", port, "down")
		host.Run("ip", "link", "set", port, "master", "bond0")
	}
	host.Run("ip", "link", "set", "bond0", "up")
	host.Run("ip", "address", "add", "10.99.0.2/24", "dev", "bond0")
	const vips = `virtual_ipaddress "10.99.0.100/24" {}
  virtual_ipaddress "10.99.0.101/24" {}`
	conf := func(lines string) string {
		return strings.Replace(virtualRouter("garp_master_delay = 0", lines, vips), `"eth0"`, `"bond0"`, 1)
	}
	for _, c := range []struct{ name, lines string }{{"use_vmac", "use_vmac {}"}, {"no virtual MAC", ""}} {
		host.Run("ip", "link", "set", "bond0", "type", "bond", "active_slave", "eth0")
		b := newBalancer(l, host, conf(c.lines))
		b.becomes("MASTER", long)
		eventually(l, "both addresses are announced", func() bool { return announcedAgain(witness, time.Time{}) })
		begin := time.Now()
		host.Run("ip", "link", "set", "bond0", "type", "bond", "active_slave", "eth1")
		eventually(l, "both addresses are announced again", func() bool { return announcedAgain(witness, begin) })
		if i := b.instance(); i.State != "MASTER" || len(b.log("role change", "from=MASTER")) > 0 {
			t.Errorf("%s: the change of the port was a role change: %s", c.name, i.State)
		}
		b.director.Stop()
	}
	lab.Claim(t, "a bond changes its active port: each address on it, and on a virtual MAC above it, is announced again garp_master_repeat times, without a role change")
}

// announcedAgain reports whether both addresses have been announced as often as
// by a new master. The kernel itself announces one, once.
func announcedAgain(w *lab.Witness, since time.Time) bool {
	said := map[string]int{}
	for _, a := range w.Announcements(since) {
		said[a.Address.String()]++
	}
	return said[vip1.String()] >= 5 && said[vip2.String()] >= 5
}
