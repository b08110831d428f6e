package integration

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"director/integration/lab"
)

// same demands that a host's kernel variables are what they were.
func same(t *testing.T, h *lab.Host, before lab.Sysctls, when string) {
	t.Helper()
	if differ := h.Sysctls().Since(before); len(differ) > 0 {
		t.Errorf("%s, below /proc/sys/net:\n%s", when, strings.Join(differ, "\n"))
	}
}

var (
	withVMAC    = virtualRouter("use_vmac {}", "virtual_ipaddress \"10.99.0.100/24\" {}\n  virtual_ipaddress_excluded \"fd99::100/64\" {}")
	withoutVMAC = virtualRouter("virtual_ipaddress \"10.99.0.100/24\" {}\n  virtual_ipaddress_excluded \"fd99::100/64\" {}")
)

// between is a machine with two interfaces, whose reverse path filters differ,
// and all its kernel variables.
func between(t *testing.T) (*lab.Lab, *lab.Host, lab.Sysctls) {
	l := lab.New(t)
	host := l.Host("lvs1", l.Segment("lan").At("10.99.0.2/24", "fd99::2/64"), l.Segment("inside").At("10.88.0.2/24"))
	host.Sysctl("net.ipv4.conf.all.rp_filter", "1")
	host.Sysctl("net.ipv4.conf.eth0.rp_filter", "0")
	host.Sysctl("net.ipv4.conf.eth1.rp_filter", "2")
	// The kernel takes its time with IPv6.
	l.Eventually(room, "the link-local address is there", func() bool { return host.Has(host.LinkLocal("eth0")) })
	return l, host, host.Sysctls()
}

// testVMACSettings looks at what changes while director runs, and that nothing
// has changed when it has stopped.
func testVMACSettings(t *testing.T) {
	l, host, before := between(t)
	b := newBalancer(l, host, withVMAC)
	b.becomes("MASTER", 5*time.Second+room)
	b.master(announced...)
	now := host.Sysctls()
	for name, want := range map[string]string{
		"all/rp_filter": "0", "default/rp_filter": "1", "lo/rp_filter": "1", "eth0/rp_filter": "1", "eth1/rp_filter": "2",
		"eth0/arp_ignore": "1", "eth0/arp_filter": "1",
		"vrrp.51/rp_filter": "0", "vrrp.51/arp_ignore": "1", "vrrp.51/accept_local": "1", "vrrp.51/promote_secondaries": "1",
	} {
		if got := now["net/ipv4/conf/"+name]; got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	lab.Claim(t, "with a virtual MAC: rp_filter of all moves to each interface, which filters as strictly as before; the link's settings are keepalived's")
	b.director.Stop()
	same(t, host, before, "after a stop")
	lab.Claim(t, "after a stop each of %d variables below /proc/sys/net is what it was", len(before))
}

// testVMACKilled kills the dataplane and starts it again with the same
// configuration.
func testVMACKilled(t *testing.T) {
	l, host, before := between(t)
	b := newBalancer(l, host, withVMAC)
	b.becomes("MASTER", 5*time.Second+room)
	b.master(announced...)
	link, err := host.Links().LinkByName("vrrp.51")
	if err != nil {
		t.Fatal(err)
	}
	b.director.Kill()
	l.Eventually(room, "no process is left", func() bool { return len(host.Processes()) == 0 })
	for _, a := range announced {
		if !holdsOn(host, "vrrp.51", a) {
			t.Errorf("the kernel has dropped %s by itself", a)
		}
	}
	b.start(withVMAC)
	b.becomes("MASTER", 5*time.Second+room)
	b.master(announced...)
	again, err := host.Links().LinkByName("vrrp.51")
	if err != nil || again.Attrs().Index != link.Attrs().Index {
		t.Errorf("the link was made anew: %v", err)
	}
	b.director.Stop()
	if left := virtualLinks(t, host); len(left) > 0 || host.Has(announced[0]) || host.Has(announced[1]) {
		t.Errorf("left: %+v, %v", left, host.Addresses())
	}
	same(t, host, before, "after kill -9, another start, and a stop")
	lab.Claim(t, "kill -9: the link and its addresses stay, the next start adopts them; after its stop all are gone, and each of %d variables below /proc/sys/net is what it was before the first start", len(before))
}

// testVMACNotWanted starts with a configuration that has no virtual MAC any more.
func testVMACNotWanted(t *testing.T) {
	l, host, before := between(t)
	b := newBalancer(l, host, withVMAC)
	b.becomes("MASTER", 5*time.Second+room)
	b.master(announced...)
	b.director.Kill()
	l.Eventually(room, "no process is left", func() bool { return len(host.Processes()) == 0 })
	b.start(withoutVMAC)
	b.becomes("MASTER", 5*time.Second+room)
	l.Eventually(5*time.Second+room, "the addresses are on eth0", func() bool {
		return holdsOn(host, "eth0", announced[0]) && holdsOn(host, "eth0", announced[1])
	})
	if left := virtualLinks(t, host); len(left) > 0 {
		t.Errorf("left: %+v", left)
	}
	same(t, host, before, "after kill -9 and a start without use_vmac")
	b.director.Stop()
	same(t, host, before, "after the stop")
	lab.Claim(t, "kill -9, and a start with a configuration without use_vmac: the link is gone, the addresses are on eth0, the variables what they were")
}

// testVMACReloaded brings a virtual MAC by a reload, and takes it away by another.
func testVMACReloaded(t *testing.T) {
	l, host, before := between(t)
	b := newBalancer(l, host, withoutVMAC)
	b.becomes("MASTER", 5*time.Second+room)
	b.master(announced...)
	for _, step := range []struct{ config, on, off string }{{withVMAC, "vrrp.51", "eth0"}, {withoutVMAC, "eth0", "vrrp.51"}} {
		l.File(host.Name+"/director.hcl", step.config)
		b.director.Signal(unix.SIGHUP)
		l.Eventually(10*time.Second+room, "the addresses are on "+step.on, func() bool {
			return holdsOn(host, step.on, announced[0]) && holdsOn(host, step.on, announced[1]) &&
				!holdsOn(host, step.off, announced[0]) && !holdsOn(host, step.off, announced[1])
		})
		b.becomes("MASTER", 5*time.Second+room)
	}
	l.Eventually(room, "the link is gone", func() bool { return len(virtualLinks(t, host)) == 0 })
	same(t, host, before, "without it again")
	lab.Claim(t, "a reload brings the virtual MAC, another one takes it away: the addresses move, and the variables are what they were")
}
