package integration

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"director/integration/lab"
)

// With a link the kernel takes down its IPv6 addresses.
func testLinkDown(t *testing.T) {
	l, lan, host := alone(t, "10.99.0.2/24", "fd99::2/64")
	witness := lan.Witness()
	vips := []netip.Addr{addr("fe80::5:1"), addr("fd99::100")}
	b := newBalancer(l, host, virtualRouter(`virtual_ipaddress "fe80::5:1/64" {}`, `virtual_ipaddress "fd99::100/64" {}`))
	b.master(vips...)
	host.Run("ip", "link", "set", "eth0", "down")
	b.becomes("FAULT", room)
	if host.Has(vips[0]) || host.Has(vips[1]) {
		t.Errorf("addresses of a link that is down: %v", host.Addresses())
	}
	begin := time.Now()
	host.Run("ip", "link", "set", "eth0", "up")
	b.becomes("MASTER", 2*time.Second+room)
	b.master(vips...)
	var roles []string
	for _, line := range b.log("role change") {
		_, to, _ := strings.Cut(line, " to=")
		role, _, _ := strings.Cut(to, " ")
		roles = append(roles, role)
	}
	// At the start it may have waited for the link-local address.
	if want := []string{"MASTER", "FAULT", "BACKUP", "MASTER"}; !slices.Equal(roles[max(0, len(roles)-len(want)):], want) {
		t.Errorf("roles %v, want %v in the end", roles, want)
	}
	if got := witness.Masters(begin); !slices.Equal(got, []netip.Addr{host.LinkLocal("eth0")}) {
		t.Errorf("adverts of %v, want of %v only: no virtual address is their source", got, host.LinkLocal("eth0"))
	}
	lab.Claim(t, "link down takes IPv6 virtual addresses along; after up: FAULT, BACKUP, MASTER, and they are back")
}

// An address may be on another interface than the adverts.
func testOtherInterface(t *testing.T) {
	l := lab.New(t)
	outside, inside := l.Segment("outside"), l.Segment("inside")
	host := l.Host("lvs1", outside.At("10.99.0.2/24"), inside.At("10.88.0.2/24"))
	there, here := inside.Witness(), outside.Witness()
	b := newBalancer(l, host, virtualRouter("virtual_ipaddress \"10.88.0.100/24\" {\n dev = \"eth1\"\n }"))
	b.master(addr("10.88.0.100"))
	link, err := host.Links().LinkByName("eth1")
	if err != nil {
		t.Fatal(err)
	}
	l.Eventually(room, "it is announced there", func() bool { return len(there.Announcements(time.Time{})) > 0 })
	if a := there.Announcements(time.Time{})[0]; a.MAC.String() != link.Attrs().HardwareAddr.String() || len(here.Announcements(time.Time{})) > 0 {
		t.Errorf("announced from %s, and %d times on the adverts' interface", a.MAC, len(here.Announcements(time.Time{})))
	}
	b.becomes("MASTER", room)
	if a := b.address("10.88.0.100"); a.Interface != "eth1" || len(there.Adverts(time.Time{})) > 0 {
		t.Errorf("status says %+v; %d adverts on the address's interface", a, len(there.Adverts(time.Time{})))
	}
	host.Run("ip", "link", "set", "eth1", "down")
	b.becomes("FAULT", room)
	host.Run("ip", "link", "set", "eth1", "up")
	b.becomes("MASTER", 2*time.Second+room)
	b.master(addr("10.88.0.100"))
	lab.Claim(t, "an address on another interface (dev) is announced there, and with that interface its instance goes to FAULT and comes back")
}

// A master without addresses would be a black hole.
func testNone(t *testing.T) {
	l := lab.New(t)
	outside, inside := l.Segment("outside"), l.Segment("inside")
	host := l.Host("lvs1", outside.At("10.99.0.2/24", "fd99::2/64"), inside.At("10.88.0.2/24"))
	witness := outside.Witness()
	host.Sysctl("net.ipv6.conf.eth1.disable_ipv6", "1")
	b := newBalancer(l, host, virtualRouter("virtual_ipaddress \"fe80::5:1/64\" {\n dev = \"eth1\"\n }",
		"virtual_ipaddress \"fd88::100/64\" {\n dev = \"eth1\"\n }"))
	b.becomes("FAULT", 3*time.Second+room)
	begin := time.Now()
	i := b.instance()
	if len(i.Faults) != 1 || i.Addresses[0].Error == "" || i.Addresses[1].Error == "" {
		t.Errorf("status says faults %q, addresses %+v: want the fault, and the kernel's error at each", i.Faults, i.Addresses)
	}
	time.Sleep(3 * time.Second)
	if got := witness.Masters(begin); len(got) != 0 {
		t.Errorf("an instance in FAULT advertises: %v", got)
	}
	if before := witness.Adverts(time.Time{}); len(before) == 0 || before[len(before)-1].Priority != 0 {
		t.Errorf("adverts before: %+v, want the last with priority 0", before)
	}
	lab.Claim(t, "an instance that can bring up none of its addresses leaves with priority 0, is in FAULT, says why, and does not advertise")
	host.Sysctl("net.ipv6.conf.eth1.disable_ipv6", "0")
	b.becomes("MASTER", 10*time.Second+room)
	b.master(addr("fe80::5:1"), addr("fd88::100"))
	lab.Claim(t, "it tries again after a while, and is MASTER %s later", ms(b.instance().Since.Sub(begin)))
}

// An interface comes later than the director, goes, and comes again.
func testInterfaceDeleted(t *testing.T) {
	l, lan, host := alone(t, "10.99.0.2/24")
	witness := lan.Witness()
	b := newBalancer(l, host, strings.Replace(virtualRouter(`virtual_ipaddress "10.99.0.100/24" {}`), `"eth0"`, `"mv0"`, 1))
	b.becomes("FAULT", room)
	if i := b.instance(); !slices.Contains(i.Faults, "interface mv0 does not exist") {
		t.Errorf("without its interface: %q", i.Faults)
	}
	lab.Claim(t, "no such interface: FAULT, and it waits")
	for _, when := range []string{"made", "made again"} {
		begin := time.Now()
		host.Run("ip", "link", "add", "mv0", "link", "eth0", "type", "macvlan", "mode", "bridge")
		host.Run("ip", "address", "add", "10.99.0.7/24", "dev", "mv0")
		host.Run("ip", "link", "set", "mv0", "up")
		b.becomes("MASTER", 2*time.Second+room)
		b.master(addr("10.99.0.100"))
		l.Eventually(room, "it advertises", func() bool {
			_, ok := witness.FirstFrom(addr("10.99.0.7"), begin)
			return ok
		})
		lab.Claim(t, "its interface is %s: MASTER, with its address, and it advertises", when)
		host.Run("ip", "link", "del", "mv0")
		b.becomes("FAULT", room)
		if host.Has(addr("10.99.0.100")) {
			t.Error("the address is still there")
		}
	}
	lab.Claim(t, "its interface is deleted: FAULT")
}

// An interface gets another name, and its own again.
func testInterfaceRenamed(t *testing.T) {
	l, _, host := alone(t, "10.99.0.2/24")
	b := newBalancer(l, host, virtualRouter(`virtual_ipaddress "10.99.0.100/24" {}`))
	b.master(addr("10.99.0.100"))
	rename := func(from, to string) {
		// Linux before 6.2 renames only what is down.
		if _, err := host.Try("ip", "link", "set", from, "name", to); err != nil {
			host.Run("ip", "link", "set", from, "down")
			host.Run("ip", "link", "set", from, "name", to)
			host.Run("ip", "link", "set", to, "up")
		}
	}
	rename("eth0", "other0")
	b.becomes("FAULT", room)
	l.Eventually(room, "status says why", func() bool {
		return slices.Equal(b.instance().Faults, []string{"interface eth0 does not exist"})
	})
	b.EventuallyLacks(addr("10.99.0.100"), room)
	rename("other0", "eth0")
	b.becomes("MASTER", 2*time.Second+room)
	b.master(addr("10.99.0.100"))
	lab.Claim(t, "an interface that gets another name is gone (FAULT), and works again under its own")
}
