package netif

import (
	"reflect"
	"slices"
)

// stands reports whether a route that the kernel listed is the wanted one; both
// are as stored. An interface that is not asked for is the kernel's choice.
func (r Route) stands(have Route) bool {
	if r.Dev == "" && r.Via.IsValid() {
		have.Dev = ""
	}
	if len(r.NextHops) != len(have.NextHops) {
		return false
	}
	have.NextHops = slices.Clone(have.NextHops)
	for i, h := range r.NextHops {
		if h.Dev == "" {
			have.NextHops[i].Dev = ""
		}
	}
	return reflect.DeepEqual(r, have)
}

// goesNowhere reports whether packets of the route leave by no interface.
func (r Route) goesNowhere() bool {
	switch r.Type {
	case "blackhole", "unreachable", "prohibit", "throw":
		return true
	}
	return false
}
