package netif

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

func ip(s string) netip.Addr {
	if s == "" {
		return netip.Addr{}
	}
	return netip.MustParseAddr(s)
}

func TestAddressesPrimarySourceIsNoVirtualOne(t *testing.T) {
	ns, _ := newLink(t)
	table := newTable(t, ns)
	none := func(netip.Addr) bool { return false }
	source := func(f Family, virtual func(netip.Addr) bool) (netip.Addr, error) {
		return table.PrimarySource(t.Context(), "eth0", f, virtual)
	}
	mustAdd(t, table, vip("192.0.2.100/24"), Added)
	mustAdd(t, table, vip("fe80::100/64"), Added)
	if got, err := source(IPv4, none); !errors.Is(err, ErrNoSource) {
		t.Errorf("only a VIP: %v, %v, want ErrNoSource", got, err)
	}
	ns.Run(t, "ip", "addr", "add", "192.0.2.1/24", "dev", "eth0")
	ns.Run(t, "ip", "addr", "add", "192.0.2.2/24", "dev", "eth0")
	if got, err := source(IPv4, none); err != nil || got != ip("192.0.2.1") {
		t.Errorf("a secondary beside a VIP: %v, %v, want 192.0.2.1", got, err)
	}
	first := func(a netip.Addr) bool { return a == ip("192.0.2.1") }
	if got, err := source(IPv4, first); err != nil || got != ip("192.0.2.2") {
		t.Errorf("the first is virtual: %v, %v, want 192.0.2.2", got, err)
	}

	ns.Run(t, "ip", "addr", "flush", "dev", "eth0", "scope", "link")
	mustAdd(t, table, vip("fe80::100/64"), Added)
	mustAdd(t, table, vip("2001:db8::100/64"), Added)
	ns.Run(t, "ip", "addr", "add", "2001:db8::1/64", "dev", "eth0")
	if got, err := source(IPv6, none); !errors.Is(err, ErrNoSource) {
		t.Errorf("no link-local address: %v, %v, want ErrNoSource", got, err)
	}
	ns.Run(t, "sysctl", "-qw", "net.ipv6.conf.all.accept_dad=1", "net.ipv6.conf.eth0.accept_dad=1",
		"net.ipv6.conf.eth0.dad_transmits=1000000")
	ns.Run(t, "ip", "addr", "add", "fe80::1/64", "dev", "eth0")
	if got, err := source(IPv6, none); !errors.Is(err, ErrNoSource) {
		t.Errorf("the link-local address is tentative: %v, %v, want ErrNoSource", got, err)
	}
	ns.Run(t, "ip", "addr", "add", "fe80::2/64", "dev", "eth0", "nodad")
	if got, err := source(IPv6, none); err != nil || got != ip("fe80::2") {
		t.Errorf("link-local: %v, %v, want fe80::2", got, err)
	}
	if _, err := table.PrimarySource(t.Context(), "eth9", IPv4, none); !errors.Is(err, ErrNoInterface) {
		t.Errorf("no interface: %v, want ErrNoInterface", err)
	}
}

func TestAddressesSourceOfChecks(t *testing.T) {
	ns, _ := newLink(t)
	for _, command := range []string{
		"addr add 10.0.0.1/24 dev eth0", "addr add 10.0.0.2/24 dev eth0",
		"addr add 2001:db8::1/64 dev eth0 nodad",
		"route add default via 10.0.0.254", "route add 203.0.113.0/24 via 10.0.0.254 src 10.0.0.2",
		"route add unreachable 198.51.100.0/24",
		"link add lonely0 type veth peer name lonely1", "link set lonely0 up", "link set lonely1 up",
	} {
		ns.Run(t, "sh", "-c", "ip "+command)
	}
	table := newTable(t, ns)
	mustAdd(t, table, vip("192.0.2.100/24"), Added)
	mustAdd(t, table, vip("2001:db8:1::100/64"), Added)
	alone := vip("172.16.0.100/24")
	alone.Interface = "lonely0"
	mustAdd(t, table, alone, Added)
	sources := NewSources(table)
	sources.SetVirtual([]netip.Addr{ip("10.0.0.2")})

	tests := []struct{ name, dst, src, err string }{
		{"the kernel's choice is an address of its own", "10.0.0.9", "", ""},
		{"behind the default gateway", "8.8.8.8", "", ""},
		{"a VIP alone in its subnet gives way to the interface's own address", "192.0.2.9", "10.0.0.1", ""},
		{"a route that names a virtual source", "203.0.113.9", "10.0.0.1", ""},
		{"IPv6 in an own subnet", "2001:db8::9", "", ""},
		{"IPv6 in a VIP's subnet", "2001:db8:1::9", "2001:db8::1", ""},
		{"an address of this machine", "10.0.0.1", "", ""},
		{"a VIP of this machine", "192.0.2.100", "", ""},
		{"an IPv4 address written as IPv6", "::ffff:192.0.2.9", "10.0.0.1", ""},
		{"an interface with nothing but a VIP", "172.16.0.9", "", "no address but virtual ones reaches it"},
		{"no way there", "198.51.100.9", "", "host"},
	}
	for _, cached := range []bool{false, true} {
		t.Run(fmt.Sprintf("cached=%v", cached), func(t *testing.T) {
			if cached {
				runSources(t, sources)
			}
			for _, test := range tests {
				for range 2 {
					got, err := sources.SourceFor(ip(test.dst))
					if got != ip(test.src) || (err == nil) != (test.err == "") {
						t.Errorf("%s: from %v to %s (%v), want %q", test.name, got, test.dst, err, test.src)
					} else if err != nil && !strings.Contains(err.Error(), test.err) {
						t.Errorf("%s: %v, want %q in it", test.name, err, test.err)
					}
				}
			}
		})
	}
	if _, err := sources.SourceFor(ip("172.16.0.9")); !errors.Is(err, ErrNoSource) {
		t.Errorf("only virtual addresses: %v, want ErrNoSource", err)
	}
}

// runSources runs the cache until the test ends.
func runSources(t *testing.T, s *Sources) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Run(ctx)
	}()
	t.Cleanup(func() { cancel(); <-done })
	eventually(t, "the cache is kept", func() bool {
		s.mu.RLock()
		defer s.mu.RUnlock()
		return s.listening
	})
}

func TestAddressesSourcesFollowChanges(t *testing.T) {
	ns, _ := newLink(t)
	ns.Run(t, "ip", "addr", "add", "10.0.0.1/24", "dev", "eth0")
	table := newTable(t, ns)
	sources := NewSources(table)
	runSources(t, sources)
	expect := func(what, want string) {
		t.Helper()
		var got netip.Addr
		eventually(t, what, func() bool {
			var err error
			got, err = sources.SourceFor(ip("192.0.2.9"))
			return err == nil && got == ip(want)
		})
	}
	ns.Run(t, "ip", "route", "add", "default", "via", "10.0.0.254")
	expect("the default route", "")
	mustAdd(t, table, vip("192.0.2.100/24"), Added)
	expect("a VIP in its own subnet", "10.0.0.1")
	ns.Run(t, "ip", "addr", "add", "192.0.2.1/25", "dev", "eth0")
	expect("an own address in that subnet", "")
	sources.SetVirtual([]netip.Addr{ip("192.0.2.1")})
	expect("which turns out to be virtual", "10.0.0.1")
	mustDelete(t, table, vip("192.0.2.100/24"))
	sources.SetVirtual(nil)
	expect("all back", "")
}

func TestAddressesLinkLocalSourceKeepsItsZone(t *testing.T) {
	ns, _ := newLink(t)
	ns.Run(t, "ip", "addr", "flush", "dev", "eth0")
	ns.Run(t, "ip", "addr", "add", "fe80::1/64", "dev", "eth0", "nodad")
	table := newTable(t, ns)
	sources := NewSources(table)
	if got, err := sources.SourceFor(ip("fe80::9%eth0")); err != nil || got.IsValid() {
		t.Errorf("%v, %v, want the kernel's choice", got, err)
	}
	mustAdd(t, table, vip("fe80::100/64"), Added)
	ns.Run(t, "ip", "addr", "del", "fe80::1/64", "dev", "eth0")
	if got, err := sources.SourceFor(ip("fe80::9%eth0")); !errors.Is(err, ErrNoSource) {
		t.Errorf("only a VIP: %v, %v, want ErrNoSource", got, err)
	}
	ns.Run(t, "ip", "addr", "add", "fe80::2/64", "dev", "eth0", "nodad")
	sources.SetVirtual([]netip.Addr{ip("fe80::100")})
	if got, err := sources.SourceFor(ip("fe80::9%eth0")); err != nil || got.IsValid() && got != ip("fe80::2%eth0") {
		t.Errorf("%v, %v, want fe80::2%%eth0 or the kernel's choice of it", got, err)
	}
	if _, err := sources.SourceFor(ip("fe80::9%eth9")); !errors.Is(err, ErrNoInterface) {
		t.Errorf("unknown zone: %v, want ErrNoInterface", err)
	}
}

func TestPickSource(t *testing.T) {
	present := func(prefix string, change ...func(*Present)) Present {
		p := Present{Address: vip(prefix)}
		if p.Prefix.Addr().IsLinkLocalUnicast() {
			p.Scope = ScopeLink
		}
		for _, f := range change {
			f(&p)
		}
		return p
	}
	tentative := func(p *Present) { p.Tentative = true }
	deprecated := func(p *Present) { p.Deprecated = true }
	temporary := func(p *Present) { p.Temporary = true }
	host := func(p *Present) { p.Scope = ScopeHost }
	ours := func(p *Present) { p.Ours = true }
	tests := []struct {
		name, dst, next, want string
		have                  []Present
	}{
		{"the gateway's subnet goes first", "8.8.8.8", "10.1.0.254", "10.1.0.1",
			[]Present{present("10.0.0.1/24"), present("10.1.0.1/24")}},
		{"the first of equals", "10.0.0.9", "10.0.0.9", "10.0.0.1",
			[]Present{present("10.0.0.1/24"), present("10.0.0.2/24")}},
		{"not ours", "10.0.0.9", "10.0.0.9", "10.0.0.2",
			[]Present{present("10.0.0.1/24", ours), present("10.0.0.2/24")}},
		{"not one for this host only", "10.0.0.9", "10.0.0.9", "",
			[]Present{present("10.0.0.1/24", host)}},
		{"not of the other family", "10.0.0.9", "10.0.0.9", "",
			[]Present{present("2001:db8::1/64")}},
		{"not tentative", "2001:db8::9", "2001:db8::9", "2001:db8:1::1",
			[]Present{present("2001:db8::1/64", tentative), present("2001:db8:1::1/64")}},
		{"deprecated before nothing", "2001:db8::9", "2001:db8::9", "2001:db8::1",
			[]Present{present("2001:db8::1/64", deprecated), present("fe80::1/64")}},
		{"stable before temporary before deprecated", "2001:db8::9", "2001:db8::9", "2001:db8::3",
			[]Present{present("2001:db8::1/64", deprecated), present("2001:db8::2/64", temporary), present("2001:db8::3/64")}},
		{"link-local to link-local", "fe80::9", "fe80::9", "fe80::1",
			[]Present{present("2001:db8::1/64"), present("fe80::1/64")}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			before := slices.Clone(test.have)
			got, ok := pickSource(test.have, ip(test.dst), ip(test.next), func(p Present) bool { return p.Ours })
			if got != ip(test.want) || ok != (test.want != "") {
				t.Errorf("%v, %v, want %q", got, ok, test.want)
			}
			if !slices.Equal(before, test.have) {
				t.Error("the list was changed")
			}
		})
	}
}
