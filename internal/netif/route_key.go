package netif

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"golang.org/x/sys/unix"
)

// RouteKey is what tells routes apart; everything else about a route is an
// attribute of it. The kernel allows several routes of one key (in IPv4), a
// Table only one of ours. It is comparable.
type RouteKey struct {
	// Table is the routing table's number.
	Table uint32
	Dest  netip.Prefix
	// From is the source-specific prefix of an IPv6 route; invalid: none.
	From netip.Prefix
	TOS  uint8
	// Metric is the kernel's: of IPv6 never 0.
	Metric uint32
}

// String returns the key in the words of ip-route(8).
func (k RouteKey) String() string {
	s := k.Dest.String()
	if k.From.IsValid() {
		s += " from " + k.From.String()
	}
	if k.TOS != 0 {
		s += fmt.Sprintf(" tos %#x", k.TOS)
	}
	if k.Table != unix.RT_TABLE_MAIN {
		s += fmt.Sprintf(" table %d", k.Table)
	}
	if k.Metric != 0 {
		s += fmt.Sprintf(" metric %d", k.Metric)
	}
	return s
}

// defaultMetric6 is what an IPv6 route gets that is given no metric
// (IP6_RT_PRIO_USER of linux/ipv6_route.h).
const defaultMetric6 = 1024

// RouteKey returns the key under which a route is listed and reported. An error
// wraps ErrNoInterface when the route is in the table of a VRF that there has
// never been since the Table was opened.
func (t *Table) RouteKey(r Route) (RouteKey, error) {
	if r.VRF != "" {
		table, err := t.tableOf(r.VRF)
		if err != nil {
			return RouteKey{}, err
		}
		r.Table, r.VRF = table, ""
	}
	return r.asStored().key(), nil
}

// key returns the key of a route that is as stored.
func (r Route) key() RouteKey {
	return RouteKey{Table: r.Table, Dest: r.Dest, From: r.From, TOS: r.TOS, Metric: r.Metric}
}

// is6 reports whether the route is of IPv6.
func (r Route) is6() bool { return r.Dest.Addr().Is6() }

// asStored returns the route as the kernel would list it, but for interfaces
// that the kernel chooses. Its table is known: VRF is empty.
func (r Route) asStored() Route {
	if r.Type == "" {
		r.Type = "unicast"
	}
	if r.Table == 0 {
		r.Table = unix.RT_TABLE_MAIN
	}
	if r.Protocol == 0 {
		r.Protocol = Mark
	}
	// What is left of a life is not compared.
	r.Expires, r.Insert, r.NoTrack = 0, "", false
	r.Encap = r.Encap.asStored()
	r.NextHops = slices.Clone(r.NextHops)
	for i := range r.NextHops {
		r.NextHops[i].Weight = max(r.NextHops[i].Weight, 1)
		r.NextHops[i].Encap = r.NextHops[i].Encap.asStored()
	}
	r.Scope, r.HasScope = r.storedScope(), true
	if r.is6() {
		r.Scope, r.HasScope = 0, false
		if r.Metric == 0 {
			r.Metric = defaultMetric6
		}
		if r.Pref == "" {
			r.Pref = "medium"
		}
	}
	if len(r.NextHops) == 1 {
		h := r.NextHops[0]
		r.Via, r.Dev, r.OnLink, r.Realms, r.Encap, r.NextHops = h.Via, h.Dev, h.OnLink, h.Realms, h.Encap, nil
	}
	if len(r.NextHops) == 0 {
		r.NextHops = nil
	}
	slices.SortStableFunc(r.NextHops, compareHops)
	return r
}

// storedScope returns the scope that is given, or what ip-route(8) gives.
func (r Route) storedScope() Scope {
	switch {
	case r.HasScope:
		return r.Scope
	case r.Type == "local":
		return ScopeHost
	case r.Type == "broadcast" || r.Type == "multicast" || r.Type == "anycast":
		return ScopeLink
	case r.Type == "unicast" && !r.Via.IsValid() && len(r.NextHops) == 0:
		return ScopeLink
	default:
		return ScopeGlobal
	}
}

// compareHops puts hops into an order of their own: the kernel's differs from
// family to family and says nothing.
func compareHops(a, b NextHop) int {
	return cmp.Or(a.Via.Compare(b.Via), cmp.Compare(a.Dev, b.Dev), cmp.Compare(a.Weight, b.Weight))
}
