package netif

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"pgregory.net/rapid"
)

// TestRouteAnyIsListedAsItWasAdded draws routes that this kernel can hold. What
// the kernel refuses it has to refuse with an error; what it takes is listed
// as it was asked for.
func TestRouteAnyIsListedAsItWasAdded(t *testing.T) {
	_, table := newRouter(t)
	rapid.Check(t, func(t *rapid.T) {
		r := drawRoute(t)
		ctx := context.Background()
		if r.Check() != nil {
			t.Skip("not a route")
		}
		defer func() {
			if err := table.DeleteRoute(ctx, r); err != nil {
				t.Fatalf("delete %+v: %v", r, err)
			}
			if left, err := table.OurRoutes(ctx); err != nil || len(left) != 0 {
				t.Fatalf("left of %+v: %+v, %v", r, left, err)
			}
		}()
		if _, err := table.AddRoute(ctx, r); err != nil {
			t.Skip(err)
		}
		ours, err := table.OurRoutes(ctx)
		if err != nil || len(ours) != 1 {
			t.Fatalf("%+v: %d routes, %v", r, len(ours), err)
		}
		if want := r.asStored(); !want.stands(ours[0]) {
			t.Fatalf("want %+v\ngot  %+v", want, ours[0])
		}
	})
}

func drawRoute(t *rapid.T) Route {
	is6 := rapid.Bool().Draw(t, "is6")
	r := Route{
		Dest:     drawPrefix(t, is6),
		Table:    rapid.SampledFrom([]uint32{0, 100, 255, 256, 1 << 31}).Draw(t, "table"),
		Metric:   rapid.SampledFrom([]uint32{0, 1, 1024, 1 << 31}).Draw(t, "metric"),
		Protocol: rapid.SampledFrom([]uint8{0, 4, 200}).Draw(t, "protocol"),
		Type:     rapid.SampledFrom([]string{"", "unicast", "unicast", "blackhole", "prohibit", "unreachable", "throw"}).Draw(t, "type"),
		Insert:   rapid.SampledFrom([]string{"", "add", "append"}).Draw(t, "insert"),
	}
	if is6 {
		r.Pref = rapid.SampledFrom([]string{"", "low", "medium", "high"}).Draw(t, "pref")
		r.Expires = time.Duration(rapid.SampledFrom([]int{0, 0, 1000}).Draw(t, "expires")) * time.Second
	} else {
		r.TOS = rapid.SampledFrom([]uint8{0, 0x10, 0x28, 0xfc}).Draw(t, "tos")
		r.Realms = rapid.SampledFrom([]uint32{0, 1, 1<<16 | 2}).Draw(t, "realms")
	}
	drawMetrics(t, &r.Metrics)
	if r.goesNowhere() {
		r.Realms = 0
		return r
	}
	if rapid.Bool().Draw(t, "multipath") {
		r.Realms = 0
		for range rapid.IntRange(1, 4).Draw(t, "hops") {
			r.NextHops = append(r.NextHops, drawHop(t, is6))
		}
		return r
	}
	h := drawHop(t, is6)
	r.Via, r.Dev, r.OnLink, r.Encap = h.Via, h.Dev, h.OnLink, h.Encap
	return r
}

func drawPrefix(t *rapid.T, is6 bool) netip.Prefix {
	b := rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "address")
	if is6 {
		b[0], b[1] = 0x30, 0
		return netip.PrefixFrom(netip.AddrFrom16([16]byte(b)), rapid.IntRange(16, 128).Draw(t, "bits")).Masked()
	}
	b[0] = 100
	return netip.PrefixFrom(netip.AddrFrom4([4]byte(b)), rapid.IntRange(8, 32).Draw(t, "bits")).Masked()
}

func drawHop(t *rapid.T, is6 bool) NextHop {
	link := rapid.SampledFrom([]string{"eth0", "eth1"}).Draw(t, "link")
	near := map[string][2]string{"eth0": {"10.0.0.", "2001:db8::"}, "eth1": {"10.0.1.", "2001:db8:1::"}}[link]
	last := rapid.StringMatching("[2-9]").Draw(t, "last")
	h := NextHop{Via: netip.MustParseAddr(near[0] + last), Weight: rapid.IntRange(0, 256).Draw(t, "weight")}
	if is6 || rapid.Bool().Draw(t, "otherFamily") {
		h.Via = netip.MustParseAddr(near[1] + last)
		if !is6 {
			h.Dev = link
		}
	}
	if rapid.Bool().Draw(t, "dev") {
		h.Dev = link
		h.OnLink = rapid.Bool().Draw(t, "onlink")
	}
	if rapid.Bool().Draw(t, "tunnel") {
		h.Encap = Encap{Kind: "ip", ID: rapid.Uint64().Draw(t, "id"), TTL: rapid.Uint8().Draw(t, "ttl"), Dst: netip.MustParseAddr("10.0.0.9")}
		if rapid.Bool().Draw(t, "ip6") {
			h.Encap.Kind, h.Encap.Dst = "ip6", netip.MustParseAddr("2001:db8::9")
		}
	}
	return h
}

func drawMetrics(t *rapid.T, m *RouteMetrics) {
	for _, n := range routeMetricNumbers {
		if rapid.IntRange(0, 3).Draw(t, n.name) != 0 {
			continue
		}
		most := n.most
		switch n.kind {
		case unix.RTAX_LOCK, unix.RTAX_FEATURES:
			most = 1
		default:
			if most == 0 {
				most = 1 << 31
			}
		}
		*n.value(m) = rapid.Uint32Range(1, most).Draw(t, n.name)
	}
	for _, n := range routeMetricTimes {
		*n.value(m) = time.Duration(rapid.IntRange(0, 5).Draw(t, n.name)) * n.unit
	}
	for _, n := range routeMetricFlags {
		*n.value(m) = rapid.Bool().Draw(t, "flag")
	}
	m.CongCtl = rapid.SampledFrom([]string{"", "reno", "cubic", "none"}).Draw(t, "congctl")
}

// TestRuleAnyIsListedAsItWasAdded is the same for rules.
func TestRuleAnyIsListedAsItWasAdded(t *testing.T) {
	_, table := newRouter(t)
	rapid.Check(t, func(t *rapid.T) {
		r := drawRule(t)
		ctx := context.Background()
		if r.Check() != nil {
			t.Skip("not a rule")
		}
		if _, err := table.AddRule(ctx, r); err != nil {
			t.Skip(err)
		}
		ours, err := table.OurRules(ctx)
		if err != nil || len(ours) != 1 || ours[0].Key() != r.Key() {
			t.Fatalf("want %+v\ngot  %+v, %v", r.Key(), ours, err)
		}
		if err := table.DeleteRule(ctx, r); err != nil {
			t.Fatalf("delete %+v: %v", r, err)
		}
		if left, err := table.OurRules(ctx); err != nil || len(left) != 0 {
			t.Fatalf("left of %+v: %+v, %v", r, left, err)
		}
	})
}

func drawRule(t *rapid.T) Rule {
	is6 := rapid.Bool().Draw(t, "is6")
	maybe := func(what string, f func()) {
		if rapid.Bool().Draw(t, what) {
			f()
		}
	}
	ports := func() (low, high uint16) {
		low = rapid.Uint16Range(1, 60000).Draw(t, "low")
		return low, rapid.Uint16Range(low, 65534).Draw(t, "high")
	}
	r := Rule{Family: 4, Preference: rapid.Uint32Range(1, 30000).Draw(t, "preference"), SuppressPrefixLength: -1, SuppressIfGroup: -1}
	if is6 {
		r.Family = 6
	}
	maybe("not", func() { r.Not = true })
	maybe("from", func() { r.From = drawPrefix(t, is6) })
	maybe("to", func() { r.To = drawPrefix(t, is6) })
	maybe("tos", func() { r.TOS = rapid.Uint8().Draw(t, "tos") & 0xfc })
	maybe("mark", func() {
		r.HasMark, r.FWMark, r.FWMask = true, rapid.Uint32().Draw(t, "mark"), rapid.Uint32().Draw(t, "mask")
	})
	maybe("iif", func() { r.IIF = "eth0" })
	maybe("oif", func() { r.OIF = "eth1" })
	maybe("uid", func() { r.HasUID, r.UIDLow, r.UIDHigh = true, 5, rapid.Uint32Range(5, 1<<31).Draw(t, "uid") })
	maybe("sport", func() { r.SPortLow, r.SPortHigh = ports() })
	maybe("dport", func() { r.DPortLow, r.DPortHigh = ports() })
	maybe("proto", func() { r.IPProto = rapid.Uint8().Draw(t, "proto") })
	maybe("tunnel", func() { r.TunnelID = rapid.Uint64().Draw(t, "tunnel") })
	maybe("suppress", func() { r.SuppressPrefixLength = rapid.IntRange(0, 128).Draw(t, "suppress") })
	maybe("group", func() { r.SuppressIfGroup = rapid.IntRange(0, 1<<30).Draw(t, "group") })
	if !is6 {
		maybe("realms", func() { r.Realms = rapid.Uint32().Draw(t, "realms") })
	}
	switch rapid.IntRange(0, 4).Draw(t, "action") {
	case 0:
		r.Type = rapid.SampledFrom([]string{"nop", "blackhole", "unreachable", "prohibit"}).Draw(t, "type")
	case 1:
		r.Goto = r.Preference + rapid.Uint32Range(1, 9).Draw(t, "goto")
	case 2:
		r.L3MDev = true
	default:
		r.Table = rapid.SampledFrom([]uint32{0, 1, 255, 256, 1 << 31}).Draw(t, "table")
	}
	return r
}
