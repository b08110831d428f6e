package config

import (
	"fmt"
	"net/netip"
	"time"

	"director/internal/netif"
)

// rtax are the kernel's numbers of the metrics that can be locked
// (RTAX_ in linux/rtnetlink.h).
var rtax = map[string]uint{
	"mtu": 2, "window": 3, "rtt": 4, "rttvar": 5, "ssthresh": 6, "cwnd": 7, "advmss": 8, "reordering": 9,
	"hoplimit": 10, "rto_min": 13, "congctl": 16,
}

// metrics reads the metrics of a route.
func (b *builder) metrics(n *node) netif.RouteMetrics {
	number := func(name string) uint32 { return uint32(or(n, name, int64(0))) }
	duration := func(name string) time.Duration { return or(n, name, time.Duration(0)) }
	m := netif.RouteMetrics{
		MTU: number("mtu"), AdvMSS: number("advmss"), Window: number("window"), Cwnd: number("cwnd"),
		InitCwnd: number("initcwnd"), InitRwnd: number("initrwnd"), SSThresh: number("ssthresh"),
		Reordering: number("reordering"), HopLimit: number("hoplimit"),
		RTT: duration("rtt"), RTTVar: duration("rttvar"), RTOMin: duration("rto_min"),
		QuickAck: or(n, "quickack", false), FastOpenNoCookie: or(n, "fastopen_no_cookie", false),
		CongCtl: or(n, "congctl", ""),
	}
	if len(or(n, "features", []any(nil))) > 0 {
		m.Features = 1 // ecn is the only one
	}
	for i, v := range or(n, "lock", []any(nil)) {
		name := v.(string)
		m.Lock |= 1 << rtax[name]
		if !n.has(name) && !n.misspelt(name) {
			b.fail(n.values["lock"].elems[i], fmt.Sprintf("lock needs %s", name), "there is none in this route")
		}
	}
	if n.has("cwnd") && m.Lock&(1<<rtax["cwnd"]) == 0 && !n.misspelt("lock") {
		b.fail(n.values["cwnd"].name, "cwnd has no effect without its lock", `write lock = ["cwnd"]`)
	}
	return m
}

// encapWords are the arguments of each kind of tunnel.
var encapWords = map[string][]string{
	"ip": {"id", "src", "dst", "tos", "ttl"}, "ip6": {"id", "src", "dst", "tc", "hoplimit"},
	"mpls": {"labels", "ttl"}, "ila": {"locator"},
}

// encap reads the lightweight tunnel of a route or a hop.
func (b *builder) encap(n *node) netif.Encap {
	k := n.one("encap")
	if k == nil {
		return netif.Encap{}
	}
	words := encapWords[k.label]
	if words == nil {
		b.fail(k.labelRange, "Invalid kind of encap", `needs one of "ip", "ip6", "mpls", "ila"`)
		return netif.Encap{}
	}
	fits := map[string]bool{}
	for _, w := range words {
		fits[w] = true
	}
	for name, v := range k.values {
		if !fits[name] {
			b.fail(v.name, fmt.Sprintf("%s does not fit here", name), "encap %q has %s", k.label, quoted(words))
		}
	}
	e := netif.Encap{
		Kind: k.label, ID: uint64(or(k, "id", int64(0))), Src: or(k, "src", netip.Addr{}), Dst: or(k, "dst", netip.Addr{}),
		Locator: or(k, "locator", ""),
	}
	tos, _ := b.number(k, "tos", "rt_dsfield")
	if k.label == "ip6" {
		tos, _ = b.number(k, "tc", "rt_dsfield")
	}
	e.TOS, e.TTL = uint8(tos), uint8(or(k, "ttl", or(k, "hoplimit", int64(0))))
	for _, l := range or(k, "labels", []any(nil)) {
		e.Labels = append(e.Labels, uint32(l.(int64)))
	}
	b.checkEncap(k, e)
	return e
}

// checkEncap reports what a tunnel lacks, and addresses of the wrong family.
func (b *builder) checkEncap(k *node, e netif.Encap) {
	need := map[string]string{"ip": "dst", "ip6": "dst", "mpls": "labels", "ila": "locator"}[e.Kind]
	if !k.has(need) && !k.misspelt(need) {
		b.fail(k.header, fmt.Sprintf("Missing argument %q", need), "encap %q needs it", e.Kind)
	}
	for name, a := range map[string]netip.Addr{"src": e.Src, "dst": e.Dst} {
		if a.IsValid() && a.Is4() != (e.Kind == "ip") {
			b.fail(k.at(name), "Families differ", `encap "ip" is IPv4, "ip6" is IPv6`)
		}
	}
}
