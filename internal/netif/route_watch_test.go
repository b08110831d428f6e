package netif

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// ofRoutes returns what a witness wrote down of routes and rules.
func (w *witness) ofRoutes() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var lines []string
	for _, l := range w.lines {
		if strings.HasPrefix(l, "route") || strings.HasPrefix(l, "rule") {
			lines = append(lines, l)
		}
	}
	return lines
}

func TestRouteChangesOfOursAreReported(t *testing.T) {
	ns, table := newRouter(t)
	w := watch(t, table)
	given := Route{Dest: prefix("192.0.2.0/24"), Via: addr("10.0.0.2"), Protocol: 4}
	mustRoute(t, table, given, Added)
	mustRoute(t, table, routeCases["default6"], Added)
	ns.Run(t, "ip", "route", "add", "198.51.100.0/24", "via", "10.0.0.2", "proto", "static")
	ns.Run(t, "ip", "route", "del", "192.0.2.0/24")
	mustRoute(t, table, given, Added)
	given.Metrics.MTU = 1400
	mustRoute(t, table, given, AlreadyOurs)
	ns.Run(t, "ip", "-6", "route", "flush", "proto", fmt.Sprint(Mark))
	if _, err := table.AddRule(t.Context(), ruleCases["from"]); err != nil {
		t.Fatal(err)
	}
	ns.Run(t, "ip", "rule", "add", "pref", "7", "lookup", "9")
	ns.Run(t, "ip", "rule", "del", "pref", "100")
	w.expect(t, "rule gone 100: from 192.0.2.0/24 lookup 300 (IPv4)")
	want := []string{
		"route 192.0.2.0/24",
		"route ::/0 metric 1024",
		"route gone 192.0.2.0/24",
		"route 192.0.2.0/24",
		"route 192.0.2.0/24",
		"route gone ::/0 metric 1024",
		"rule 100: from 192.0.2.0/24 lookup 300 (IPv4)",
		"rule gone 100: from 192.0.2.0/24 lookup 300 (IPv4)",
	}
	if diff := cmp.Diff(want, w.ofRoutes()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestRouteFloodOfOthersIsNotEvenReceived has a socket that overruns at once,
// and a reader that does not read, while others change routes.
func TestRouteFloodOfOthersIsNotEvenReceived(t *testing.T) {
	ns, table := newRouter(t)
	table.receiveBuffer = 1
	hold := make(chan struct{})
	w := watchHeld(t, table, hold)
	ns.Run(t, "sh", "-c", "for i in $(seq 200); do echo route add 10.9.$i.0/24 via 10.0.0.2 proto bgp; done | ip -batch -; ip route flush proto bgp")
	mustRoute(t, table, routeCases["gateway"], Added)
	close(hold)
	w.expect(t, "route 192.0.2.0/24")
	if w.has("resync after an overrun") {
		t.Error("the socket overran")
	}
}

// TestRouteIsPutBackAfterWhatTheKernelDid takes an interface or an address from
// below routes, and adds them again when it is back. What the kernel told is in
// the log (-v): it differs from kernel to kernel.
func TestRouteIsPutBackAfterWhatTheKernelDid(t *testing.T) {
	routes := map[string]Route{
		"v4":      {Dest: prefix("192.0.2.0/24"), Via: addr("10.0.1.2")},
		"v4 src":  {Dest: prefix("192.0.2.0/24"), Via: addr("10.0.0.2"), Src: addr("10.0.1.1")},
		"v4 hops": {Dest: prefix("192.0.2.0/24"), NextHops: []NextHop{{Via: addr("10.0.1.2")}, {Via: addr("10.0.0.2")}}},
		"v6":      {Dest: prefix("2001:db8:9::/48"), Via: addr("2001:db8:1::2")},
		"v6 src":  {Dest: prefix("2001:db8:9::/48"), Via: addr("2001:db8::2"), Src: addr("2001:db8:1::1")},
		"v6 hops": {Dest: prefix("2001:db8:9::/48"), NextHops: []NextHop{{Via: addr("2001:db8:1::2")}, {Via: addr("2001:db8::2")}}},
	}
	for cause, script := range map[string]struct{ happen, undo string }{
		"down":    {"link set eth1 down", "link set eth1 up\naddr replace 2001:db8:1::1/64 dev eth1 nodad"},
		"address": {"addr flush dev eth1", "addr add 10.0.1.1/24 dev eth1\naddr add 2001:db8:1::1/64 dev eth1 nodad"},
		"deleted": {"link del eth1", "link add eth1 type veth peer name other1\nlink set other1 up\nlink set eth1 up\n" +
			"addr add 10.0.1.1/24 dev eth1\naddr add 2001:db8:1::1/64 dev eth1 nodad"},
	} {
		for name, r := range routes {
			t.Run(cause+" "+name, func(t *testing.T) {
				ns, table := newRouter(t)
				w := watch(t, table)
				mustRoute(t, table, r, Added)
				ns.Run(t, "sh", "-c", "printf '"+script.happen+"\n' | ip -batch -")
				end := Route{Type: "blackhole", Dest: prefix("203.0.113.0/24")}
				mustRoute(t, table, end, Added)
				w.expect(t, "route 203.0.113.0/24")
				told := w.ofRoutes()[1:]
				t.Logf("stands: %t; events: %q", stands(t, table, r), told[:len(told)-1])
				ns.Run(t, "sh", "-c", "printf '"+script.undo+"\n' | ip -batch -")
				if _, err := table.AddRoute(t.Context(), r); err != nil {
					t.Fatal(err)
				}
				if !stands(t, table, r) {
					t.Errorf("is not back\n%s", routesShown(t, ns))
				}
			})
		}
	}
}

// stands reports whether a route is among ours as it is wanted.
func stands(t *testing.T, table *Table, r Route) bool {
	t.Helper()
	ours, err := table.OurRoutes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, have := range ours {
		if r.asStored().stands(have) {
			return true
		}
	}
	return false
}
