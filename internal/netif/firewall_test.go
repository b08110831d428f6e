package netif

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"director/internal/nstest"
)

// newGuard returns a namespace whose eth0 has the virtual addresses
// 192.0.2.50, 2001:db8::50 and fe80::50 besides others, its Table, and a
// client.
func newGuard(t *testing.T) (ns, client *nstest.NS, table *Table) {
	t.Helper()
	ns, client = newLink(t)
	for _, a := range []string{"192.0.2.1/24", "192.0.2.50/24", "192.0.2.51/24", "2001:db8::1/64", "2001:db8::50/64", "fe80::50/64"} {
		ns.Run(t, "ip", "addr", "add", a, "dev", "eth0")
	}
	for _, a := range []string{"192.0.2.9/24", "2001:db8::9/64", "fe80::9/64"} {
		client.Run(t, "ip", "addr", "add", a, "dev", "eth0")
	}
	table = newTable(t, ns)
	if err := table.Refuse(t.Context(), Firewall{}, []Refusal{refusal("probe", "192.0.2.99/32")}); errors.Is(err, ErrNoFirewall) {
		nstest.Missing(t, "nftables", err.Error())
	}
	if got := ruleset(t, ns); !strings.Contains(got, "192.0.2.99") {
		t.Fatal(got)
	}
	mustRefuse(t, table, Firewall{})
	if got := ruleset(t, ns); got != "" {
		t.Fatalf("left behind:\n%s", got)
	}
	return ns, client, table
}

func refusal(instance string, addresses ...string) Refusal {
	r := Refusal{Instance: instance}
	for _, a := range addresses {
		r.Addresses = append(r.Addresses, vip(a).Key)
	}
	return r
}

var theVIPs = refusal("VI_1", "192.0.2.50/24", "2001:db8::50/64", "fe80::50/64")

func mustRefuse(t testing.TB, table *Table, fw Firewall, refusals ...Refusal) {
	t.Helper()
	if err := table.Refuse(t.Context(), fw, refusals); err != nil {
		t.Fatal(err)
	}
}

func ruleset(t testing.TB, ns *nstest.NS) string {
	t.Helper()
	return ns.Run(t, "nft", "list", "ruleset")
}

// pinged reports whether an address answers one of two pings.
func pinged(ns *nstest.NS, address string) bool {
	ok := false
	ns.Do(func() {
		for try := 0; try < 2 && !ok; try++ {
			ok = runs("ping", "-c1", "-W0.4", address)
		}
	})
	return ok
}

func TestFirewallRefusesWhatIsNotVRRP(t *testing.T) {
	ns, client, table := newGuard(t)
	refused := []string{"192.0.2.50", "2001:db8::50", "fe80::50%eth0"}
	others := []string{"192.0.2.1", "192.0.2.51", "2001:db8::1"}
	for _, fw := range []Firewall{{}, {Table: "x", Priority: -300, Counters: true, ByIndex: true}} {
		for _, a := range append(refused, others...) {
			if !pinged(client, a) {
				t.Fatalf("%s does not answer at first", a)
			}
		}
		mustRefuse(t, table, fw, theVIPs)
		// The neighbours are looked for anew: discovery passes.
		client.Run(t, "ip", "neigh", "flush", "dev", "eth0")
		for _, a := range refused {
			if pinged(client, a) {
				t.Errorf("%s answers\n%s", a, ruleset(t, ns))
			}
		}
		for _, a := range others {
			if !pinged(client, a) {
				t.Errorf("%s does not answer\n%s", a, ruleset(t, ns))
			}
		}
		neighbours := client.Run(t, "ip", "neigh", "show", "dev", "eth0")
		for _, a := range []string{"192.0.2.50", "2001:db8::50", "fe80::50"} {
			if !strings.Contains(neighbours, a+" lladdr") {
				t.Errorf("%s was not found by its neighbour\n%s", a, neighbours)
			}
		}
		for _, a := range []string{"192.0.2.50", "2001:db8::50"} {
			tcpIsRefused(t, ns, client, a)
			vrrpPasses(t, ns, client, a)
		}
		mustRefuse(t, table, fw)
		if got := ruleset(t, ns); got != "" {
			t.Errorf("left behind:\n%s", got)
		}
	}
}

// tcpIsRefused tries to reach a listener, which answers at another address.
func tcpIsRefused(t *testing.T, ns, client *nstest.NS, address string) {
	t.Helper()
	var l net.Listener
	var err error
	ns.Do(func() { l, err = net.Listen("tcp", net.JoinHostPort(address, "80")) })
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client.Do(func() {
		c, err := net.DialTimeout("tcp", l.Addr().String(), 300*time.Millisecond)
		if err == nil {
			c.Close()
			t.Errorf("TCP to %s is accepted", address)
		}
	})
}

// vrrpPasses sends a packet of protocol 112 to an address and one back.
func vrrpPasses(t *testing.T, ns, client *nstest.NS, address string) {
	t.Helper()
	ip := netip.MustParseAddr(address)
	network, other := "ip4:112", "192.0.2.9"
	if ip.Is6() {
		network, other = "ip6:112", "2001:db8::9"
	}
	var here, there net.PacketConn
	listen := func(conn *net.PacketConn, address string) func() {
		return func() {
			c, err := net.ListenPacket(network, address)
			if err != nil {
				t.Fatal(err)
			}
			*conn = c
		}
	}
	ns.Do(listen(&here, address))
	defer here.Close()
	client.Do(listen(&there, other))
	defer there.Close()
	exchange(t, there, here)
	exchange(t, here, there)
}

func exchange(t *testing.T, from, to net.PacketConn) {
	t.Helper()
	if _, err := from.WriteTo([]byte("vrrp"), to.LocalAddr()); err != nil {
		t.Errorf("send to %s: %v", to.LocalAddr(), err)
		return
	}
	if err := to.SetReadDeadline(time.Now().Add(3 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := to.ReadFrom(make([]byte, 100)); err != nil {
		t.Errorf("protocol 112 from %s to %s: %v", from.LocalAddr(), to.LocalAddr(), err)
	}
}

func TestFirewallRulesAsNftShowsThem(t *testing.T) {
	ns, _, table := newGuard(t)
	mustRefuse(t, table, Firewall{Counters: true}, theVIPs, refusal("VI_2", "192.0.2.60/24", "192.0.2.61/24"))
	want, err := os.ReadFile("testdata/firewall.nft")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), ruleset(t, ns)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestFirewallOfOthersIsLeftAlone(t *testing.T) {
	ns, _, table := newGuard(t)
	ns.Run(t, "nft", "add table ip director; add set ip director s { type ipv4_addr; }; add table ip6 keep;"+
		"add chain ip director in { type filter hook input priority 0; policy accept; };"+
		"add rule ip director in tcp dport 9 drop comment \"mine\"")
	before := ruleset(t, ns)
	mustRefuse(t, table, Firewall{}, theVIPs)
	if got := ruleset(t, ns); !strings.Contains(got, "192.0.2.50") || !strings.Contains(got, "mine") {
		t.Error(got)
	}
	mustRefuse(t, table, Firewall{Table: "other"}, theVIPs)
	mustRefuse(t, table, Firewall{Table: "other"})
	if diff := cmp.Diff(before, ruleset(t, ns)); diff != "" {
		t.Errorf("(-before +after)\n%s", diff)
	}
	if err := table.Refuse(t.Context(), Firewall{Priority: 5}, []Refusal{theVIPs}); !errors.Is(err, ErrForeignChain) {
		t.Errorf("a chain of another priority: %v", err)
	}
	if diff := cmp.Diff(before, ruleset(t, ns)); diff != "" {
		t.Errorf("after an error (-before +after)\n%s", diff)
	}
}

func TestFirewallLeftByACrashGoes(t *testing.T) {
	ns, _, table := newGuard(t)
	mustRefuse(t, table, Firewall{Table: "old", Priority: -7}, theVIPs)
	next := newTable(t, ns)
	mustRefuse(t, next, Firewall{}, refusal("VI_2", "192.0.2.60/24"))
	got := ruleset(t, ns)
	if strings.Contains(got, "old") || strings.Contains(got, "VI_1") || !strings.Contains(got, "VI_2") {
		t.Error(got)
	}
	// The priority is part of the chain, which is made anew.
	mustRefuse(t, next, Firewall{Priority: 9}, refusal("VI_2", "192.0.2.60/24"))
	if got := ruleset(t, ns); !strings.Contains(got, "priority filter + 9") || strings.Contains(got, "priority filter;") {
		t.Error(got)
	}
}

func TestFirewallManyInstancesAreOneTransaction(t *testing.T) {
	ns, _, table := newGuard(t)
	var all []Refusal
	for i := range 500 {
		r := Refusal{Instance: fmt.Sprintf("VI_%d", i)}
		for j := range 20 {
			r.Addresses = append(r.Addresses, vip(fmt.Sprintf("10.%d.%d.%d/32", i/250, i%250, j)).Key)
		}
		all = append(all, r)
	}
	began := time.Now()
	mustRefuse(t, table, Firewall{}, all...)
	t.Logf("500 instances of 20 addresses: %s", time.Since(began))
	began = time.Now()
	mustRefuse(t, table, Firewall{}, all[1:]...)
	t.Logf("one less: %s", time.Since(began))
	if got := strings.Count(ruleset(t, ns), "accept = false"); got != 2*499 {
		t.Errorf("%d rules", got)
	}
	mustRefuse(t, table, Firewall{})
	if got := ruleset(t, ns); got != "" {
		t.Errorf("left behind:\n%s", got)
	}
}

func TestFirewallNothingToRefuseNeedsNoNftables(t *testing.T) {
	table := newTable(t, nstest.New(t))
	mustRefuse(t, table, Firewall{})
	err := table.Refuse(t.Context(), Firewall{}, []Refusal{theVIPs})
	if err != nil && !errors.Is(err, ErrNoFirewall) {
		t.Error(err)
	}
}

func TestFirewallTakesARefusalTwice(t *testing.T) {
	ns, _, table := newGuard(t)
	mustRefuse(t, table, Firewall{}, theVIPs)
	once := ruleset(t, ns)
	mustRefuse(t, table, Firewall{}, theVIPs, theVIPs)
	if diff := cmp.Diff(once, ruleset(t, ns)); diff != "" {
		t.Error(diff)
	}
	mustRefuse(t, table, Firewall{})
	if got := ruleset(t, ns); got != "" {
		t.Errorf("left behind:\n%s", got)
	}
}

func TestFirewallCountersGoOn(t *testing.T) {
	ns, client, table := newGuard(t)
	fw := Firewall{Counters: true}
	mustRefuse(t, table, fw, refusal("VI_1", "192.0.2.50/24"))
	if pinged(client, "192.0.2.50") {
		t.Error("it answers")
	}
	mustRefuse(t, table, fw, refusal("VI_1", "192.0.2.50/24"), refusal("VI_2", "192.0.2.51/24"))
	if got := ruleset(t, ns); !strings.Contains(got, "counter packets 2 ") {
		t.Error(got)
	}
}
