package integration

import (
	"encoding/json"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"director/integration/lab"
)

// macOf is the hardware address of an interface, "" if there is none.
func macOf(h *lab.Host, ifname string) string {
	link, err := h.Links().LinkByName(ifname)
	if err != nil {
		return ""
	}
	return link.Attrs().HardwareAddr.String()
}

// holdsOn reports whether an interface of a host has an address.
func holdsOn(h *lab.Host, ifname string, want netip.Addr) bool {
	list, _ := h.Try("ip", "-oneline", "address", "show", "dev", ifname, "to", want.String())
	return strings.Contains(list, want.String())
}

// testXmitBase lets both send their adverts from the interface below.
func testXmitBase(t *testing.T) {
	w := vmacWires[0]
	p := newVMACPair(t, w, "keepalived", "director")
	p.low.useVMAC("vmac_xmit_base")
	p.high.useVMAC("vmac_xmit_base = true")
	p.low.start()
	p.becomesMaster(p.low, w.down(p.low.priority))
	p.high.start()
	p.becomesMaster(p.high, w.down(p.high.priority))
	p.oneMaster(p.high)
	p.high.Crash()
	p.becomesMaster(p.low, w.down(p.low.priority))
	p.fromBelow(t)
	lab.Claim(t, "vmac_xmit_base on director and keepalived: adverts have the MAC of eth0, announcements the virtual one; preemption and crash work")
}

// fromBelow demands adverts from the routers' own hardware addresses and
// announcements from the virtual one.
func (p *vmacPair) fromBelow(t *testing.T) {
	t.Helper()
	for _, a := range p.witness.Adverts(time.Time{}) {
		for _, r := range []*router{p.low, p.high} {
			if a.Source == r.source() && a.MAC.String() != macOf(r.Host, "eth0") {
				t.Fatalf("an advert of %s from %s", r, a.MAC)
			}
		}
	}
	for _, a := range p.witness.Announcements(time.Time{}) {
		if a.Address == p.wire.pinged() && a.MAC.String() != p.wire.mac() {
			t.Fatalf("%s announced from %s", a.Address, a.MAC)
		}
	}
}

// testXmitBaseOneSide shows why both must have it, or none.
func testXmitBaseOneSide(t *testing.T) {
	w := vmacWires[0]
	for _, program := range []string{"director", "keepalived"} {
		p := newVMACPair(t, w, program, program)
		p.low.useVMAC(map[string]string{"director": "vmac_xmit_base = true", "keepalived": "vmac_xmit_base"}[program])
		p.high.useVMAC()
		p.high.start()
		p.becomesMaster(p.high, w.down(p.high.priority))
		p.low.start()
		p.becomesMaster(p.low, w.down(p.low.priority))
		begin := time.Now()
		p.lab.Eventually(room, "both advertise", func() bool { return len(p.witness.Masters(begin)) == 2 })
		p.low.process.Kill()
		p.high.process.Kill()
	}
	lab.Claim(t, "vmac_xmit_base on the lower priority only makes two masters, with director as with keepalived: the kernel hands adverts that come from the virtual MAC to its own virtual MAC alone; both or none")
}

// testVMACUnicast has peers by address: adverts go from below by themselves.
func testVMACUnicast(t *testing.T) {
	w := wires[3]
	p := newVMACPair(t, w, "keepalived", "director")
	p.low.useVMAC()
	p.high.useVMAC()
	p.low.start()
	p.becomesMaster(p.low, w.down(p.low.priority))
	p.high.start()
	p.becomesMaster(p.high, w.down(p.high.priority))
	p.oneMaster(p.high)
	p.fromBelow(t)
	lab.Claim(t, "use_vmac with unicast_peer: adverts have the MAC of eth0, announcements the virtual one, beside keepalived")
}

// testVMACAddress puts an address with a virtual MAC onto another interface.
func testVMACAddress(t *testing.T) {
	const own, virtual = "02:00:00:00:00", "00:00:5e:00:01:33"
	for _, c := range []struct {
		name, address, adverts string
		lines                  []string
	}{
		{"use_vmac of the address", "use_vmac = true", own, nil},
		{"use_vmac_addr", "", own, []string{"use_vmac_addr = true"}},
		{"use_vmac_addr beside use_vmac", "", virtual, []string{"use_vmac {}", "use_vmac_addr = true"}},
	} {
		l := lab.New(t)
		outside, inside := l.Segment("outside"), l.Segment("inside")
		host := l.Host("lvs1", outside.At("10.99.0.2/24"), inside.At("10.88.0.2/24"))
		strict(host)
		there, here := inside.Witness(), outside.Witness()
		before := host.Sysctls()
		b := newBalancer(l, host, virtualRouter(append(c.lines, "virtual_ipaddress \"10.88.0.100/24\" {\n dev = \"eth1\"\n "+c.address+"\n }")...))
		b.becomes("MASTER", 5*time.Second+room)
		b.master(addr("10.88.0.100"))
		l.Eventually(room, "it is announced there, and adverts are seen here", func() bool {
			return len(there.Announcements(time.Time{})) > 0 && len(here.Adverts(time.Time{})) > 0
		})
		if got := there.Announcements(time.Time{})[0].MAC.String(); got != virtual {
			t.Errorf("%s: announced from %s", c.name, got)
		}
		if got := here.Adverts(time.Time{})[0].MAC.String(); !strings.HasPrefix(got, c.adverts) {
			t.Errorf("%s: an advert from %s", c.name, got)
		}
		if i := b.instance().Addresses[0].Interface; macOf(host, i) != virtual || !holdsOn(host, i, addr("10.88.0.100")) {
			t.Errorf("%s: status says it is on %s, which has %s", c.name, i, macOf(host, i))
		}
		b.director.Stop()
		if differ := host.Sysctls().Since(before); len(differ) > 0 {
			t.Errorf("%s: after the stop:\n%s", c.name, strings.Join(differ, "\n"))
		}
	}
	lab.Claim(t, "use_vmac of an address on another interface, and use_vmac_addr, make a virtual MAC there; adverts of the instance are as before")
}

// shown is a link as ip(8) prints it.
type shown struct {
	Name  string `json:"ifname"`
	Below string `json:"link"`
	MAC   string `json:"address"`
	Group string `json:"group"`
	Alias string `json:"ifalias"`
}

// virtualLinks are the macvlans of a host by their names.
func virtualLinks(t *testing.T, h *lab.Host) map[string]shown {
	t.Helper()
	var list []shown
	if err := json.Unmarshal([]byte(h.Run("ip", "-json", "-details", "link", "show", "type", "macvlan")), &list); err != nil {
		t.Fatal(err)
	}
	all := map[string]shown{}
	for _, l := range list {
		if l.Name != "" {
			all[l.Name] = l
		}
	}
	return all
}

// testVMACNames gives names, addresses and groups.
func testVMACNames(t *testing.T) {
	l, _, host := alone(t, "10.99.0.2/24", "fd99::2/64")
	host.Run("ip", "link", "set", "eth0", "group", "5")
	instance := func(name, vrid, vmac, vip string) string {
		return "vrrp_instance \"" + name + "\" {\n interface = \"eth0\"\n virtual_router_id = " + vrid + "\n advert_int = 0.1\n" +
			vmac + "\n virtual_ipaddress \"" + vip + "\" {}\n}\n"
	}
	b := newBalancer(l, host, "global {\n vmac_prefix = \"vip\"\n}\n"+
		instance("four", "51", "use_vmac {}", "10.99.0.100/24")+
		instance("six", "51", "use_vmac {}", "fe80::5:1/64")+
		instance("named", "52", "use_vmac {\n name = \"web0\"\n mac = \"02:00:5e:10:20\"\n group = 7\n }", "10.99.0.101/24")+
		instance("whole", "53", "use_vmac {\n mac = \"02:00:5e:10:20:30\"\n }", "10.99.0.102/24"))
	b.master(addr("10.99.0.100"), addr("fe80::5:1"), addr("10.99.0.101"), addr("10.99.0.102"))
	want := map[string]shown{
		"vip.51":  {"vip.51", "eth0", "00:00:5e:00:01:33", "5", "director"},
		"vip6.51": {"vip6.51", "eth0", "00:00:5e:00:02:33", "5", "director"},
		"web0":    {"web0", "eth0", "02:00:5e:10:20:34", "7", "director"},
		"vip.53":  {"vip.53", "eth0", "02:00:5e:10:20:30", "5", "director"},
	}
	got := virtualLinks(t, host)
	for name, link := range want {
		if got[name] != link {
			t.Errorf("%s is %+v, want %+v", name, got[name], link)
		}
	}
	if len(got) != len(want) {
		t.Errorf("links %+v", got)
	}
	b.director.Stop()
	if left := virtualLinks(t, host); len(left) > 0 {
		t.Errorf("left: %+v", left)
	}
	lab.Claim(t, "vmac_prefix, name, mac (six octets, or five and the VRID), group (else that of the interface below), and IPv4 and IPv6 with one VRID: each link is as asked for, and gone after a stop")
}

// testVMACNameTaken has an interface of somebody else in the way.
func testVMACNameTaken(t *testing.T) {
	l, _, host := alone(t, "10.99.0.2/24")
	host.Run("ip", "link", "add", "vrrp.51", "type", "bridge")
	host.Run("ip", "link", "set", "vrrp.51", "up")
	b := newBalancer(l, host, virtualRouter("use_vmac {}", `virtual_ipaddress "10.99.0.100/24" {}`))
	b.becomes("FAULT", 5*time.Second+room)
	l.Eventually(room, "status says why", func() bool {
		return slices.ContainsFunc(b.instance().Faults, func(f string) bool { return strings.Contains(f, "director did not make") })
	})
	if host.Has(addr("10.99.0.100")) {
		t.Error("the address is there")
	}
	if kind := host.Run("ip", "-details", "link", "show", "vrrp.51"); !strings.Contains(kind, "bridge") {
		t.Errorf("it is no longer somebody else's: %s", kind)
	}
	host.Run("ip", "link", "del", "vrrp.51")
	b.becomes("MASTER", 30*time.Second+room)
	b.master(addr("10.99.0.100"))
	if got := macOf(host, "vrrp.51"); got != vmacWires[0].mac() {
		t.Errorf("vrrp.51 has %s", got)
	}
	lab.Claim(t, "an interface of somebody else with the name of the virtual link is left alone: FAULT, and status says why; MASTER when it is gone")
}

// testVMACDeleted takes the virtual link away from a master.
func testVMACDeleted(t *testing.T) {
	l, lan, host := alone(t, "10.99.0.2/24")
	witness := lan.Witness()
	b := newBalancer(l, host, virtualRouter("use_vmac {}", `virtual_ipaddress "10.99.0.100/24" {}`))
	b.master(addr("10.99.0.100"))
	begin := time.Now()
	host.Run("ip", "link", "del", "vrrp.51")
	l.Eventually(5*time.Second+room, "the link is back, with its address", func() bool { return holdsOn(host, "vrrp.51", addr("10.99.0.100")) })
	b.becomes("MASTER", 5*time.Second+room)
	l.Eventually(room, "it is announced again", func() bool { return len(witness.Announcements(begin)) > 0 })
	for _, a := range witness.Announcements(begin) {
		if a.Address == addr("10.99.0.100") && a.MAC.String() != vmacWires[0].mac() {
			t.Errorf("announced from %s", a.MAC)
		}
	}
	lab.Claim(t, "a virtual link that somebody deletes is made again: MASTER with its address")
}

// testVMACMistakes asks for what cannot be.
func testVMACMistakes(t *testing.T) {
	l, _, host := alone(t, "10.99.0.2/24")
	const vip = "virtual_ipaddress \"10.99.0.100/24\" {}"
	for config, want := range map[string]string{
		virtualRouter("use_vmac {\n netlink_notify_msg = true\n }", vip):                   "netlink_notify_msg",
		virtualRouter("use_vmac {\n mac = \"01:00:5e:00:00:01\"\n }", vip):                 "mac",
		virtualRouter("use_vmac {\n mac = \"00:00:5e:00:01:07\"\n }", vip):                 "RFC 9568 gives this one 00:00:5e:00:01:33",
		virtualRouter("vmac_xmit_base = true", vip):                                        "it needs use_vmac or use_ipvlan",
		virtualRouter("use_vmac {}", "use_ipvlan {\n address = \"10.99.0.5/24\"\n }", vip): "exclude each other",
		virtualRouter("use_ipvlan {}", vip):                                                "use_ipvlan needs an address",
		virtualRouter("use_vmac {\n name = \"eth0\"\n }", vip):                             "an instance is on the interface eth0",
		virtualRouter("use_vmac {\n name = \"vip0\"\n }", vip) + strings.NewReplacer("VI_1", "VI_2", "= 51", "= 52", ".100", ".101").
			Replace(virtualRouter("use_vmac {\n name = \"vip0\"\n }", vip)): "Two virtual links have the same name",
	} {
		output, err := host.DirectorCommand("validate", l.File("bad.hcl", config))
		if err == nil || !strings.Contains(output, want) || !strings.Contains(output, "bad.hcl line") {
			t.Errorf("%s\n%v: %s\nwant %q", config, err, output, want)
		}
	}
	lab.Claim(t, "names and MAC addresses that clash, a MAC of the RFC for another VRID, use_vmac with use_ipvlan, netlink_notify_msg: errors with their place")
}
