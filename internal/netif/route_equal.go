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
	if !sameHops(r.NextHops, have.NextHops) {
		return false
	}
	r.NextHops, have.NextHops = nil, nil
	return reflect.DeepEqual(r, have)
}

// sameHops finds for every wanted hop one of its own, for those first that
// leave the least choice.
func sameHops(want, have []NextHop) bool {
	if len(want) != len(have) {
		return false
	}
	left := slices.Clone(have)
	for _, withDev := range []bool{true, false} {
		for _, w := range want {
			if (w.Dev != "") != withDev {
				continue
			}
			i := slices.IndexFunc(left, func(h NextHop) bool {
				if !withDev {
					h.Dev = ""
				}
				return reflect.DeepEqual(w, h)
			})
			if i < 0 {
				return false
			}
			left = slices.Delete(left, i, i+1)
		}
	}
	return true
}

// goesNowhere reports whether packets of the route leave by no interface.
func (r Route) goesNowhere() bool {
	switch r.Type {
	case "blackhole", "unreachable", "prohibit", "throw":
		return true
	}
	return false
}
