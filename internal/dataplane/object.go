package dataplane

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"director/internal/netif"
	"director/vrrp"
)

// object is a route or a rule of an instance. Other parameters make it another
// object: the new one comes before the old one goes.
type object struct {
	route *netif.Route
	rule  *netif.Rule
	state presence
	// dropped: no longer configured.
	dropped bool
	// missed: it was there and somebody, or the kernel, took it away.
	missed bool
	trouble
}

func (o *object) same(p *object) bool {
	return reflect.DeepEqual(o.route, p.route) && reflect.DeepEqual(o.rule, p.rule)
}

// String returns how iproute2 would write it.
func (o *object) String() string {
	if o.route != nil {
		return "route " + routeText(o.route)
	}
	return "rule " + o.rule.Key().String()
}

// routeText is the part of a route that people know it by.
func routeText(r *netif.Route) string {
	words := []string{r.Dest.String()}
	if r.Dest.Bits() == 0 {
		words[0] = "default"
	}
	if r.Type != "" && r.Type != "unicast" {
		words = slices.Insert(words, 0, r.Type)
	}
	add := func(given bool, word string, value any) {
		if given {
			words = append(words, word, fmt.Sprint(value))
		}
	}
	add(r.Via.IsValid(), "via", r.Via)
	add(r.Dev != "", "dev", r.Dev)
	for _, h := range r.NextHops {
		add(true, "nexthop via", h.Via)
	}
	add(r.Src.IsValid(), "src", r.Src)
	add(r.Table != 0, "table", r.Table)
	add(r.VRF != "", "vrf", r.VRF)
	add(r.Metric != 0, "metric", r.Metric)
	return strings.Join(words, " ")
}

// noTrack: its loss is not repaired.
func (o *object) noTrack() bool {
	if o.route != nil {
		return o.route.NoTrack
	}
	return o.rule.NoTrack
}

// adoptObjects makes the given routes and rules the wanted ones.
func (i *instance) adoptObjects(routes []netif.Route, rules []netif.Rule) {
	var next []*object
	for n := range routes {
		next = append(next, i.object(&object{route: &routes[n]}))
	}
	for n := range rules {
		next = append(next, i.object(&object{rule: &rules[n]}))
	}
	for _, o := range i.objects {
		if !slices.Contains(next, o) && o.state == ours {
			o.dropped = true
			next = append(next, o)
		}
	}
	i.objects = next
}

// object returns the one there is like o, else o.
func (i *instance) object(o *object) *object {
	for _, p := range i.objects {
		if p.same(o) {
			p.dropped = false
			return p
		}
	}
	return o
}

func (i *instance) forgetObjects() {
	left := i.objects[:0]
	for _, o := range i.objects {
		if !o.dropped || o.state == ours {
			left = append(left, o)
		}
	}
	i.objects = left
}

// serving reports whether the instance holds, or still holds, what it has.
func (i *instance) serving() bool { return i.role == vrrp.Master || !i.linger.IsZero() }
