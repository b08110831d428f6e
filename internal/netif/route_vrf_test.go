package netif

import (
	"strings"
	"testing"

	"director/internal/nstest"
)

// TestRouteInATableOfAVRF needs a kernel with VRFs: it runs in the guest.
func TestRouteInATableOfAVRF(t *testing.T) {
	ns, table := newRouter(t)
	made := false
	ns.Do(func() { made = runs("ip", "link", "add", "vrf7", "type", "vrf", "table", "1007") })
	if !made {
		nstest.Missing(t, "vrf", "this kernel has no VRF")
	}
	ns.Run(t, "ip", "link", "set", "vrf7", "up")
	ns.Run(t, "ip", "link", "set", "eth1", "master", "vrf7")
	r := Route{Dest: prefix("192.0.2.0/24"), Via: addr("10.0.1.2"), Dev: "eth1", VRF: "vrf7"}
	mustRoute(t, table, r, Added)
	mustRoute(t, table, r, AlreadyOurs)
	if got := ns.Run(t, "ip", "route", "show", "table", "1007"); !strings.Contains(got, "192.0.2.0/24 via 10.0.1.2") {
		t.Error(got)
	}
	k, err := table.RouteKey(r)
	if err != nil || k.Table != 1007 {
		t.Errorf("%v, %v", k, err)
	}
	// The device may go first; the route goes with its key's table.
	r = Route{Type: "unreachable", Dest: r.Dest, VRF: "vrf7"}
	mustRoute(t, table, r, AlreadyOurs)
	ns.Run(t, "ip", "link", "del", "vrf7")
	if err := table.DeleteRoute(t.Context(), r); err != nil {
		t.Error(err)
	}
	if ours, err := table.OurRoutes(t.Context()); err != nil || len(ours) != 0 {
		t.Errorf("%v, %v", ours, err)
	}
}
