package netif

import (
	"errors"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"director/internal/nstest"
)

// newRouter returns a namespace with eth0 and eth1, addressed, and its Table.
func newRouter(t *testing.T) (*nstest.NS, *Table) {
	t.Helper()
	ns, peer := nstest.New(t), nstest.New(t)
	nstest.Veth(t, ns, "eth0", peer, "eth0")
	nstest.Veth(t, ns, "eth1", peer, "eth1")
	for _, a := range []string{"10.0.0.1/24 dev eth0", "10.0.1.1/24 dev eth1", "2001:db8::1/64 dev eth0 nodad", "2001:db8:1::1/64 dev eth1 nodad"} {
		ns.Run(t, append([]string{"ip", "addr", "add"}, strings.Fields(a)...)...)
	}
	eventually(t, "addresses of IPv6", func() bool {
		return strings.Count(ns.Run(t, "ip", "-6", "route", "show", "table", "local"), "local 2001:") == 2
	})
	return ns, newTable(t, ns)
}

func prefix(s string) netip.Prefix { return netip.MustParsePrefix(s) }
func addr(s string) netip.Addr     { return netip.MustParseAddr(s) }

// routeCases are routes that this kernel can hold.
var routeCases = map[string]Route{
	"gateway":  {Dest: prefix("192.0.2.0/24"), Via: addr("10.0.0.2")},
	"default":  {Dest: prefix("0.0.0.0/0"), Via: addr("10.0.0.2"), Metric: 7},
	"default6": {Dest: prefix("::/0"), Via: addr("2001:db8::2"), Pref: "high"},
	"device":   {Dest: prefix("192.0.2.0/24"), Dev: "eth0"},
	"attributes": {Dest: prefix("192.0.2.0/24"), Via: addr("10.0.0.2"), Dev: "eth0", Src: addr("10.0.1.1"),
		Table: 1000, Metric: 5, TOS: 0x10, Realms: 1<<16 | 2, Protocol: 4},
	"scope":     {Dest: prefix("192.0.2.0/24"), Dev: "eth0", Scope: ScopeGlobal, HasScope: true},
	"onlink":    {Dest: prefix("192.0.2.0/24"), Via: addr("203.0.113.1"), Dev: "eth0", OnLink: true},
	"onlink6":   {Dest: prefix("2001:db8:9::/48"), Via: addr("2001:db8:77::1"), Dev: "eth0", OnLink: true},
	"blackhole": {Type: "blackhole", Dest: prefix("192.0.2.0/24")},
	"prohibit6": {Type: "prohibit", Dest: prefix("2001:db8:9::/48")},
	"throw6":    {Type: "throw", Dest: prefix("2001:db8:9::/48"), Table: 77},
	"local":     {Type: "local", Dest: prefix("192.0.2.0/24"), Dev: "lo", Table: 100},
	"local6":    {Type: "local", Dest: prefix("2001:db8:9::/48"), Dev: "lo", Table: 100},
	"source":    {Dest: prefix("2001:db8:9::/48"), From: prefix("2001:db8:8::/48"), Via: addr("2001:db8::2")},
	"src6":      {Dest: prefix("2001:db8:9::/48"), Via: addr("2001:db8::2"), Src: addr("2001:db8:1::1"), Metric: 3},
	"otherHop":  {Dest: prefix("192.0.2.0/24"), Via: addr("fe80::1"), Dev: "eth0"},
	"expires":   {Dest: prefix("2001:db8:9::/48"), Via: addr("2001:db8::2"), Pref: "low", Expires: time.Hour},
	"metrics": {Dest: prefix("192.0.2.0/24"), Via: addr("10.0.0.2"), Metrics: RouteMetrics{
		MTU: 1400, AdvMSS: 1300, Window: 100, Cwnd: 4, InitCwnd: 5, InitRwnd: 6, SSThresh: 7, Reordering: 8, HopLimit: 9,
		RTT: 250 * time.Microsecond, RTTVar: time.Millisecond, RTOMin: 40 * time.Millisecond,
		QuickAck: true, FastOpenNoCookie: true, Features: 1, CongCtl: "reno",
		Lock: 1<<unix.RTAX_MTU | 1<<unix.RTAX_RTT,
	}},
	"metrics6": {Dest: prefix("2001:db8:9::/48"), Dev: "eth0", Metrics: RouteMetrics{
		MTU: 1400, HopLimit: 9, QuickAck: true, FastOpenNoCookie: true, CongCtl: "cubic", Lock: 1 << unix.RTAX_MTU,
	}},
	"multipath": {Dest: prefix("192.0.2.0/24"), NextHops: []NextHop{
		{Via: addr("10.0.1.2"), Weight: 256}, {Via: addr("10.0.0.2"), Dev: "eth0", Realms: 3},
		{Via: addr("2001:db8::5"), Dev: "eth0", Weight: 2}, {Via: addr("203.0.113.1"), Dev: "eth1", OnLink: true},
	}},
	"multipath6": {Dest: prefix("2001:db8:9::/48"), NextHops: []NextHop{
		{Via: addr("2001:db8:1::2"), Weight: 20}, {Via: addr("2001:db8::2"), Dev: "eth0"},
	}},
	"oneHop": {Dest: prefix("192.0.2.0/24"), NextHops: []NextHop{{Via: addr("10.0.0.2"), Weight: 5}}},
	"encapIP": {Dest: prefix("192.0.2.0/24"), Dev: "eth0",
		Encap: Encap{Kind: "ip", ID: 1 << 33, Src: addr("10.0.0.1"), Dst: addr("10.0.0.9"), TOS: 4, TTL: 63}},
	"encapIP6": {Dest: prefix("2001:db8:9::/48"), Dev: "eth0", Encap: Encap{Kind: "ip6", ID: 5, Dst: addr("2001:db8::9")}},
	"encapHop": {Dest: prefix("192.0.2.0/24"), NextHops: []NextHop{
		{Via: addr("10.0.0.2"), Encap: Encap{Kind: "ip", ID: 5, Dst: addr("10.0.0.9")}}, {Via: addr("10.0.1.2")},
	}},
}

func TestRouteWhatIsAddedIsListedAndGoes(t *testing.T) {
	ns, table := newRouter(t)
	before := routesShown(t, ns)
	for name, r := range routeCases {
		t.Run(name, func(t *testing.T) { roundTrip(t, ns, table, r) })
	}
	if diff := cmp.Diff(before, routesShown(t, ns)); diff != "" {
		t.Errorf("something is left, or gone (-before +after)\n%s", diff)
	}
}

// roundTrip adds a route twice, finds it as it should be, and deletes it twice.
func roundTrip(t testing.TB, ns *nstest.NS, table *Table, r Route) {
	t.Helper()
	for _, want := range []Outcome{Added, AlreadyOurs} {
		if got, err := table.AddRoute(t.Context(), r); err != nil || got != want {
			t.Fatalf("AddRoute: %s, %v; want %s\n%s", got, err, want, routesShown(t, ns))
		}
	}
	ours, err := table.OurRoutes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(ours) != 1 {
		t.Fatalf("%d routes of ours, want 1\n%s", len(ours), routesShown(t, ns))
	}
	if want := r.asStored(); !want.stands(ours[0]) {
		t.Fatalf("listed otherwise (-want +got)\n%s", cmp.Diff(want, ours[0], equateNetip))
	}
	for range 2 {
		if err := table.DeleteRoute(t.Context(), r); err != nil {
			t.Fatalf("DeleteRoute: %v", err)
		}
	}
	if ours, err = table.OurRoutes(t.Context()); err != nil || len(ours) != 0 {
		t.Fatalf("left behind: %v, %v", ours, err)
	}
}

// routesShown returns all routes as ip(8) shows them.
func routesShown(t testing.TB, ns *nstest.NS) string {
	t.Helper()
	return ns.Run(t, "ip", "route", "show", "table", "all") + ns.Run(t, "ip", "-6", "route", "show", "table", "all")
}

func mustRoute(t *testing.T, table *Table, r Route, want Outcome) {
	t.Helper()
	got, err := table.AddRoute(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if got != want {
		t.Fatalf("AddRoute(%s): %s, want %s", r.Dest, got, want)
	}
}

func TestRouteOfOursIsReplacedWhereItDiffers(t *testing.T) {
	for name, change := range map[string]struct{ from, to Route }{
		"metrics": {routeCases["gateway"], routeCases["metrics"]},
		"back":    {routeCases["metrics"], routeCases["gateway"]},
		"type":    {routeCases["gateway"], routeCases["blackhole"]},
		"hops":    {routeCases["gateway"], routeCases["multipath"]},
		"hops6":   {routeCases["expires"], routeCases["multipath6"]},
		"back6":   {routeCases["multipath6"], routeCases["prohibit6"]},
	} {
		t.Run(name, func(t *testing.T) {
			ns, table := newRouter(t)
			mustRoute(t, table, change.from, Added)
			mustRoute(t, table, change.to, AlreadyOurs)
			ours, err := table.OurRoutes(t.Context())
			if err != nil || len(ours) != 1 || !change.to.asStored().stands(ours[0]) {
				t.Errorf("%v %+v\n%s", err, ours, routesShown(t, ns))
			}
		})
	}
}

func TestRouteOfOthersIsLeftAlone(t *testing.T) {
	ns, table := newRouter(t)
	ns.Run(t, "ip", "route", "add", "192.0.2.0/24", "via", "10.0.0.2", "proto", "static")
	ns.Run(t, "ip", "-6", "route", "add", "2001:db8:9::/48", "via", "2001:db8::2")
	before := routesShown(t, ns)
	same, same6 := routeCases["gateway"], Route{Dest: prefix("2001:db8:9::/48"), Via: addr("2001:db8::2")}
	mustRoute(t, table, same, Foreign)
	mustRoute(t, table, same6, Foreign)
	for _, r := range []Route{same, same6} {
		if err := table.DeleteRoute(t.Context(), r); err != nil {
			t.Error(err)
		}
	}
	if diff := cmp.Diff(before, routesShown(t, ns)); diff != "" {
		t.Errorf("(-before +after)\n%s", diff)
	}
	// Another next hop: IPv6 would merge the two.
	same6.Via = addr("2001:db8::3")
	if _, err := table.AddRoute(t.Context(), same6); !errors.Is(err, ErrRouteTaken) {
		t.Errorf("beside a route it would be merged with: %v", err)
	}
}

func TestRouteStandsWhereInsertSays(t *testing.T) {
	for insert, want := range map[string][]string{
		"":        {"10.0.0.3", "10.0.0.2"},
		"prepend": {"10.0.0.3", "10.0.0.2"},
		"append":  {"10.0.0.2", "10.0.0.3"},
	} {
		ns, table := newRouter(t)
		ns.Run(t, "ip", "route", "add", "192.0.2.0/24", "via", "10.0.0.2")
		r := Route{Dest: prefix("192.0.2.0/24"), Via: addr("10.0.0.3"), Insert: insert}
		mustRoute(t, table, r, Added)
		hops := func() (all []string) {
			for line := range strings.Lines(ns.Run(t, "ip", "route", "show", "192.0.2.0/24")) {
				all = append(all, strings.Fields(line)[2])
			}
			return all
		}
		if diff := cmp.Diff(want, hops()); diff != "" {
			t.Errorf("%q: %s", insert, diff)
		}
		// Changing ours changes nothing of the other.
		r.Metrics.MTU = 1400
		mustRoute(t, table, r, AlreadyOurs)
		if diff := cmp.Diff(want, hops()); diff != "" {
			t.Errorf("%q, changed: %s", insert, diff)
		}
		if err := table.DeleteRoute(t.Context(), r); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff([]string{"10.0.0.2"}, hops()); diff != "" {
			t.Errorf("%q, deleted: %s", insert, diff)
		}
	}
	ns, table := newRouter(t)
	ns.Run(t, "ip", "route", "add", "192.0.2.0/24", "via", "10.0.0.2")
	r := Route{Dest: prefix("192.0.2.0/24"), Via: addr("10.0.0.3"), Insert: "add"}
	if _, err := table.AddRoute(t.Context(), r); !errors.Is(err, ErrRouteTaken) {
		t.Errorf("add: %v", err)
	}
}

func TestRouteLeftByACrashIsFound(t *testing.T) {
	ns, table := newRouter(t)
	mustRoute(t, table, routeCases["multipath"], Added)
	mustRoute(t, table, routeCases["local6"], Added)
	next := newTable(t, ns)
	left, err := next.OurRoutes(t.Context())
	if err != nil || len(left) != 2 {
		t.Fatalf("%v, %v", left, err)
	}
	for _, r := range left {
		if err := next.DeleteRoute(t.Context(), r); err != nil {
			t.Error(err)
		}
	}
	if left, err = next.OurRoutes(t.Context()); err != nil || len(left) != 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

func TestRouteErrorsSayWhat(t *testing.T) {
	_, table := newRouter(t)
	for want, r := range map[string]Route{
		"no such interface":         {Dest: prefix("192.0.2.0/24"), Dev: "none0"},
		"VRF none0":                 {Dest: prefix("192.0.2.0/24"), Dev: "eth0", VRF: "none0"},
		"is a veth, not a VRF":      {Dest: prefix("192.0.2.0/24"), Dev: "eth0", VRF: "eth0"},
		"invalid gateway":           {Dest: prefix("192.0.2.0/24"), Via: addr("203.0.113.9")},
		"Invalid prefsrc":           {Dest: prefix("192.0.2.0/24"), Dev: "eth0", Src: addr("203.0.113.9")},
		"ttl-propagate":             {Dest: prefix("192.0.2.0/24"), Dev: "eth0", TTLPropagate: "enabled"},
		"expires":                   {Dest: prefix("192.0.2.0/24"), Dev: "eth0", Expires: time.Second},
		"realms":                    {Dest: prefix("2001:db8::/32"), Dev: "eth0", Realms: 1},
		"bits are set":              {Dest: prefix("192.0.2.1/24"), Dev: "eth0"},
		"multiples of 125µs":        {Dest: prefix("192.0.2.0/24"), Dev: "eth0", Metrics: RouteMetrics{RTT: time.Microsecond}},
		"hoplimit 256":              {Dest: prefix("192.0.2.0/24"), Dev: "eth0", Metrics: RouteMetrics{HopLimit: 256}},
		"no next hop":               {Type: "blackhole", Dest: prefix("192.0.2.0/24"), Dev: "eth0"},
		"weight 257":                {Dest: prefix("192.0.2.0/24"), NextHops: []NextHop{{Dev: "eth0", Weight: 257}}},
		"labels belong":             {Dest: prefix("192.0.2.0/24"), Dev: "eth0", Encap: Encap{Kind: "mpls"}},
		"four groups":               {Dest: prefix("2001:db8::/32"), Dev: "eth0", Encap: Encap{Kind: "ila", Locator: "1:2"}},
		"an interface is missing":   {Dest: prefix("192.0.2.0/24")},
		"the destination is missin": {},
	} {
		_, err := table.AddRoute(t.Context(), r)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
		if errors.Is(err, ErrNoInterface) != (r.Dev == "none0" || r.VRF == "none0") {
			t.Errorf("ErrNoInterface: %v", err)
		}
	}
	if got, err := table.OurRoutes(t.Context()); err != nil || len(got) != 0 {
		t.Errorf("%v, %v", got, err)
	}
}

func TestRouteAsStoredTwiceIsTheSame(t *testing.T) {
	for name, r := range routeCases {
		if once := r.asStored(); !reflect.DeepEqual(once, once.asStored()) {
			t.Errorf("%s: %+v", name, once)
		}
	}
}
