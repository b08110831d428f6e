package integration

import (
	"bufio"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"director/integration/lab"
)

// TestAddresses walks through what kernels do with addresses that nobody
// expects, and what a director must make of it.
func TestAddresses(t *testing.T) {
	lab.Need(t, lab.Netns)
	for _, c := range []struct {
		name string
		test func(*testing.T)
	}{
		{"first of its subnet", testFirstOfSubnet},
		{"second of its subnet", testSecondOfSubnet},
		{"source of checks", testSourceOfChecks},
		{"held by somebody else", testHeldByOthers},
		{"attributes", testAttributes},
		{"flushed", testFlushed},
		{"reloaded", testReloaded},
		{"announcements", testAnnouncements},
		{"refreshed announcements", testRefresh},
		{"carrier returns", testCarrier},
		{"link goes down", testLinkDown},
		{"another interface", testOtherInterface},
		{"none can be brought up", testNone},
		{"interface deleted", testInterfaceDeleted},
		{"interface renamed", testInterfaceRenamed},
		{"events lost", testEventsLost},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(t)
		})
	}
}

// virtualRouter is a vrrp_instance on eth0, with further lines.
func virtualRouter(lines ...string) string {
	return "vrrp_instance \"VI_1\" {\n  interface = \"eth0\"\n  virtual_router_id = 51\n  advert_int = 0.1\n  " +
		strings.Join(lines, "\n  ") + "\n}\n"
}

// alone makes a network with a director's machine on it, not yet running.
func alone(t *testing.T, addresses ...string) (*lab.Lab, *lab.Segment, *lab.Host) {
	l := lab.New(t)
	lan := l.Segment("lan")
	return l, lan, l.Host("lvs1", lan.At(addresses...))
}

// kernelAddress is an address as the kernel lists it; nil: it is not there.
func kernelAddress(t *testing.T, h *lab.Host, want netip.Addr) *netlink.Addr {
	t.Helper()
	list, err := h.Links().AddrList(nil, netlink.FAMILY_ALL)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range list {
		if a.IP.Equal(want.AsSlice()) {
			return &a
		}
	}
	return nil
}

func promotes(h *lab.Host) string {
	return strings.TrimSpace(h.Run("cat", "/proc/sys/net/ipv4/conf/eth0/promote_secondaries"))
}

// With the first address of a subnet the kernel removes all others of it.
func testFirstOfSubnet(t *testing.T) {
	l, _, host := alone(t, "10.99.0.2/24")
	host.Sysctl("net.ipv4.conf.eth0.promote_secondaries", "0")
	b := newBalancer(l, host, virtualRouter(`virtual_ipaddress "10.77.0.100/24" {}`))
	b.master(addr("10.77.0.100"))
	host.AddAddress("eth0", prefix("10.77.0.5/24"))
	if a := kernelAddress(t, host, addr("10.77.0.5")); a == nil || a.Flags&unix.IFA_F_SECONDARY == 0 {
		t.Fatalf("the administrator's address is not the second of its subnet: %v", a)
	}
	b.director.Stop()
	if host.Has(addr("10.77.0.100")) || !host.Has(addr("10.77.0.5")) || promotes(host) != "0" {
		t.Errorf("after the stop: %v, promote_secondaries %s", host.Addresses(), promotes(host))
	}
	lab.Claim(t, "giving up the first address of a subnet leaves the administrator's second one, and promote_secondaries as it was (0)")
}

// The same the other way round: the administrator's address goes, and the
// kernel takes the virtual one of its subnet along.
func testSecondOfSubnet(t *testing.T) {
	l, _, host := alone(t, "10.98.0.2/24", "10.99.0.2/24")
	host.Sysctl("net.ipv4.conf.eth0.promote_secondaries", "0")
	b := newBalancer(l, host, virtualRouter(`virtual_ipaddress "10.99.0.100/24" {}`, `virtual_ipaddress "10.99.0.101/24" {}`))
	b.master(addr("10.99.0.100"), addr("10.99.0.101"))
	host.Run("ip", "address", "del", "10.99.0.2/24", "dev", "eth0")
	l.Eventually(room, "both are back", func() bool {
		return b.address("10.99.0.100").State == "ours" && b.address("10.99.0.101").State == "ours" &&
			host.Has(addr("10.99.0.100")) && host.Has(addr("10.99.0.101"))
	})
	l.Eventually(room, "both are counted", func() bool { return b.status().Dataplane.Repairs.Addresses == 2 })
	if i := b.instance(); i.State != "MASTER" || i.Transitions != 2 {
		t.Errorf("%s after %d role changes, want MASTER after 2", i.State, i.Transitions)
	}
	lab.Claim(t, "virtual addresses that the kernel removed with the administrator's first of their subnet are back, and counted")
}

// A virtual address alone in its subnet is what the kernel would send from.
func testSourceOfChecks(t *testing.T) {
	l, lan, host := alone(t, "10.99.0.2/24", "fd99::2/64")
	witness := lan.Witness()
	web := l.Host("web1", lan.At("10.99.0.11/24", "10.77.0.11/24", "fd99::11/64", "fd77::11/64"))
	web.AddAddress("lo", prefix("10.77.0.100/32"))
	web.AddAddress("lo", prefix("fd77::100/128"))
	web.Sysctl("net.ipv4.conf.all.arp_ignore", "1")
	callers4, callers6 := listenFor(t, web, "10.77.0.11:80"), listenFor(t, web, "[fd77::11]:80")
	service := func(name, vip, server string) string {
		return fmt.Sprintf("virtual_server %q {\n  address = %q\n  lb_kind = \"DR\"\n  delay_loop = 0.1\n  connect_timeout = 1\n"+
			"  real_server %q {\n    TCP_CHECK {}\n  }\n}\n", name, vip, server)
	}
	b := newBalancer(l, host, virtualRouter(`virtual_ipaddress "10.77.0.100/24" {}`, `virtual_ipaddress_excluded "fd77::100/64" {}`)+
		service("web4", "10.77.0.100:80", "10.77.0.11:80")+service("web6", "[fd77::100]:80", "[fd77::11]:80"))
	b.master(addr("10.77.0.100"), addr("fd77::100"))
	for server, vip := range map[string]string{"10.77.0.11": "10.77.0.100", "fd77::11": "fd77::100"} {
		if route := host.Run("ip", "route", "get", server); !strings.Contains(route, "src "+vip) {
			t.Fatalf("the kernel would not use the virtual address: %s", route)
		}
	}
	callers4.reset()
	callers6.reset()
	l.Eventually(15*time.Second, "ten checks have come to each", func() bool { return callers4.count() >= 10 && callers6.count() >= 10 })
	if got := append(callers4.all(), callers6.all()...); !slices.Equal(got, []string{"10.99.0.2", "fd99::2"}) {
		t.Errorf("checks came from %v, want from 10.99.0.2 and fd99::2 only", got)
	}
	for _, name := range []string{"web4", "web6"} {
		if s := b.service(name); len(s.Servers) != 1 || !s.Servers[0].Healthy {
			t.Errorf("%s: the server is not in order: %+v", name, s.Servers)
		}
	}
	if got := witness.Masters(time.Time{}); !slices.Equal(got, []netip.Addr{addr("10.99.0.2")}) {
		t.Errorf("adverts came from %v, want from 10.99.0.2 only", got)
	}
	lab.Claim(t, "checks of servers that hold the virtual address too, and adverts, come from the machine's own addresses, where the kernel would take the virtual ones")
}

// callers counts who connects to a listener.
type callers struct {
	mu    sync.Mutex // guards from
	from  map[string]int
	total int
}

func listenFor(t *testing.T, h *lab.Host, at string) *callers {
	t.Helper()
	c := &callers{}
	c.reset()
	serveOn(t, h, at, func(conn net.Conn) {
		host, _, _ := net.SplitHostPort(conn.RemoteAddr().String())
		c.mu.Lock()
		c.from[host]++
		c.total++
		c.mu.Unlock()
	})
	return c
}

// serveOn calls a function for each connection to an address of a host, and
// closes it when that returns.
func serveOn(t *testing.T, h *lab.Host, at string, serve func(net.Conn)) {
	t.Helper()
	var listener net.Listener
	err := h.Do(func() (err error) {
		listener, err = net.Listen("tcp", at)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var open sync.WaitGroup
	open.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			open.Go(func() {
				defer func() { _ = conn.Close() }()
				serve(conn)
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		open.Wait()
	})
}

func (c *callers) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.from, c.total = map[string]int{}, 0
}

func (c *callers) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.total
}

func (c *callers) all() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []string
	for host := range c.from {
		all = append(all, host)
	}
	slices.Sort(all)
	return all
}

// An address that somebody else has given the machine is his.
func testHeldByOthers(t *testing.T) {
	l, _, host := alone(t, "10.99.0.2/24", "10.99.0.100/24", "10.99.0.102/32", "10.99.0.103/24", "10.99.0.104/32")
	b := newBalancer(l, host, virtualRouter(`virtual_ipaddress "10.99.0.100/24" {}`, `virtual_ipaddress "10.99.0.101/24" {}`,
		`virtual_ipaddress "10.99.0.102/24" {}`, `virtual_ipaddress "10.99.0.103/24" {}`,
		`virtual_ipaddress "10.99.0.104/24" {}`))
	b.master(addr("10.99.0.101"))
	want := map[string]string{"10.99.0.100": "foreign", "10.99.0.101": "ours", "10.99.0.102": "foreign",
		"10.99.0.103": "foreign", "10.99.0.104": "foreign"}
	l.Eventually(15*time.Second, "status says whose the addresses are", func() bool {
		for of, state := range want {
			if b.address(of).State != state {
				return false
			}
		}
		return true
	})
	if n := len(b.log("held by somebody else", "10.99.0.100")); n != 1 {
		t.Errorf("the log says %d times that the address is held by somebody else, want once", n)
	}
	lab.Claim(t, "a virtual address that somebody else holds on the machine, with this or another prefix length, is left alone; status says foreign")

	for _, p := range []string{"10.99.0.103/24", "10.99.0.104/32"} {
		host.Run("ip", "address", "del", p, "dev", "eth0")
		of := prefix(p).Addr()
		l.Eventually(3*time.Second, p+", which its holder lets go, is taken", func() bool {
			return b.address(of.String()).State == "ours" && host.Has(of)
		})
	}
	lab.Claim(t, "it is taken when its holder lets go")

	b.director.Stop()
	got := host.Addresses()
	for _, p := range []string{"10.99.0.2/24", "10.99.0.100/24", "10.99.0.102/32"} {
		if !slices.Contains(got, prefix(p)) {
			t.Errorf("%s is gone with the director: %v", p, got)
		}
	}
	if host.Has(addr("10.99.0.101")) || host.Has(addr("10.99.0.103")) || host.Has(addr("10.99.0.104")) {
		t.Errorf("left by the director: %v", got)
	}
	lab.Claim(t, "a stop takes away what is ours and leaves what is not")
}

func testAttributes(t *testing.T) {
	l, _, host := alone(t, "10.99.0.2/24", "fd99::2/64")
	// The lab has switched it off: here it would be performed.
	host.Sysctl("net.ipv6.conf.all.accept_dad", "1")
	host.Sysctl("net.ipv6.conf.eth0.accept_dad", "1")
	b := newBalancer(l, host, virtualRouter(
		"virtual_ipaddress \"10.97.0.100/24\" {\n label = \"eth0:vip\"\n scope = \"link\"\n brd = \"+\"\n }",
		// The kernel wants one scope for all addresses of a subnet.
		"virtual_ipaddress \"10.99.0.100/24\" {\n scope = \"link\"\n }",
		"virtual_ipaddress \"10.98.0.1/16\" {\n brd = \"10.98.255.254\"\n }",
		`virtual_ipaddress "10.99.0.101/32" {}`,
		`virtual_ipaddress_excluded "fd99::100/64" {}`,
		`virtual_ipaddress_excluded "fd99::101/128" {}`))
	// All are looked at as soon as they are there: detection would still run.
	l.Eventually(10*time.Second, "the last address is there", func() bool { return host.Has(addr("fd99::101")) })
	for of, want := range map[string]string{
		"10.97.0.100": "10.97.0.100/24 label eth0:vip scope 253 brd 10.97.0.255",
		"10.98.0.1":   "10.98.0.1/16 label eth0 scope 0 brd 10.98.255.254",
		"10.99.0.101": "10.99.0.101/32 label eth0 scope 0 brd <nil>",
		"fd99::100":   "fd99::100/64 label  scope 0 brd <nil>",
		"fd99::101":   "fd99::101/128 label  scope 0 brd <nil>",
	} {
		a := kernelAddress(t, host, addr(of))
		if a == nil {
			t.Errorf("%s is not there", of)
			continue
		}
		if got := fmt.Sprintf("%s label %s scope %d brd %v", a.IPNet, a.Label, a.Scope, a.Broadcast); got != want {
			t.Errorf("%s, want %s", got, want)
		}
		if addr(of).Is6() && (a.Flags&unix.IFA_F_NODAD == 0 || a.Flags&unix.IFA_F_TENTATIVE != 0) {
			t.Errorf("%s has flags %#x, want nodad and not tentative", of, a.Flags)
		}
	}
	if a := kernelAddress(t, host, addr("fd99::101")); a != nil && a.PreferedLft != 0 {
		t.Errorf("fd99::101/128 has a preferred lifetime of %d, want 0: it would be a source address", a.PreferedLft)
	}
	lab.Claim(t, "label, scope, broadcast and prefix length are as configured; IPv6 addresses are usable at once, without duplicate address detection")

	l.Eventually(room, "status has the kernel's error", func() bool {
		return strings.Contains(b.address("10.99.0.100").Error, "Invalid scope value")
	})
	if i := b.instance(); i.State != "MASTER" || host.Has(addr("10.99.0.100")) {
		t.Errorf("%s with %v", i.State, host.Addresses())
	}
	lab.Claim(t, "an address that the kernel refuses carries the kernel's error in status, and the others are there")
}

// Somebody takes away everything, also what adverts come from.
func testFlushed(t *testing.T) {
	l, _, host := alone(t, "10.99.0.2/24")
	b := newBalancer(l, host, virtualRouter(`virtual_ipaddress "10.99.0.100/24" {}`))
	b.master(addr("10.99.0.100"))
	_, _ = host.Try("ip", "-loops", "1", "address", "flush", "dev", "eth0")
	b.becomes("FAULT", room)
	if host.Has(addr("10.99.0.100")) {
		t.Error("an instance in FAULT holds its address")
	}
	if faults := b.instance().Faults; !slices.Contains(faults, "no usable IPv4 source address on eth0") {
		t.Errorf("faults %q", faults)
	}
	host.AddAddress("eth0", prefix("10.99.0.2/24"))
	b.becomes("MASTER", room)
	b.master(addr("10.99.0.100"))
	lab.Claim(t, "without an own address there is nothing to advertise from: FAULT; MASTER again when it returns")
}

// A reload changes one address, takes one away and brings another.
func testReloaded(t *testing.T) {
	l, _, host := alone(t, "10.99.0.2/24")
	conf := func(lines ...string) string {
		return virtualRouter(append(lines, `virtual_ipaddress "10.99.0.103/24" {}`)...)
	}
	b := newBalancer(l, host, conf(`virtual_ipaddress "10.99.0.100/24" {}`, `virtual_ipaddress "10.99.0.101/24" {}`))
	b.master(addr("10.99.0.103"))
	l.File(host.Name+"/director.hcl", conf("virtual_ipaddress \"10.99.0.100/24\" {\n label = \"eth0:new\"\n }", `virtual_ipaddress "10.99.0.102/24" {}`))
	b.director.Signal(unix.SIGHUP)
	l.Eventually(15*time.Second, "the new addresses are in force", func() bool {
		a := kernelAddress(t, host, addr("10.99.0.100"))
		return a != nil && a.Label == "eth0:new" && host.Has(addr("10.99.0.102")) && !host.Has(addr("10.99.0.101"))
	})
	if i := b.instance(); i.State != "MASTER" || i.Transitions != 2 || b.status().Dataplane.Repairs.Addresses != 0 {
		t.Errorf("%s after %d role changes, repairs %+v", i.State, i.Transitions, b.status().Dataplane.Repairs)
	}
	b.director.Stop()
	if got := host.Addresses(); slices.ContainsFunc(got, func(p netip.Prefix) bool { return prefix("10.99.0.96/28").Contains(p.Addr()) }) {
		t.Errorf("left by the stop: %v", got)
	}
	lab.Claim(t, "a reload changes the label of an address, takes one away and brings another, without a role change")
}

// testEventsLost stops the dataplane while more changes happen than its socket
// can hold; the last of them is the loss of the address.
func testEventsLost(t *testing.T) {
	l, _, host := alone(t, "10.99.0.2/24")
	b := newBalancer(l, host, virtualRouter(`virtual_ipaddress "10.99.0.100/24" {}`))
	b.master(addr("10.99.0.100"))
	var batch strings.Builder
	w := bufio.NewWriter(&batch)
	for range 40 {
		for n := range 254 {
			fmt.Fprintf(w, "address add 10.55.0.%d/24 dev lo\n", n+1)
		}
		fmt.Fprintln(w, "address flush dev lo to 10.55.0.0/24")
	}
	fmt.Fprintln(w, "address del 10.99.0.100/24 dev eth0")
	_ = w.Flush()
	file := l.File("batch", batch.String())
	b.director.Signal(unix.SIGSTOP)
	host.Run("ip", "-force", "-batch", file)
	if host.Has(addr("10.99.0.100")) {
		t.Error("the address is still there")
	}
	b.director.Signal(unix.SIGCONT)
	b.EventuallyHas(addr("10.99.0.100"), 15*time.Second)
	l.Eventually(15*time.Second, "the log tells of lost events", func() bool {
		return len(b.log("more changes than the socket could hold")) > 0
	})
	lab.Claim(t, "after an overrun of the netlink socket everything is listed anew: an address that went meanwhile is back")
}
