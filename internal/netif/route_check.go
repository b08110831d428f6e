package netif

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"time"
)

// Check says what of a route could not be written, or what the kernel would
// take and then ignore, cut or round. nil does not mean that the kernel
// takes it: that also depends on interfaces and addresses.
func (r Route) Check() error {
	if !r.Dest.IsValid() {
		return errors.New("the destination is missing")
	}
	return errors.Join(
		r.checkWords(), r.checkFamily(), r.checkShape(), r.checkHops(),
		r.Metrics.check(), r.Encap.check(),
	)
}

func (r Route) checkWords() error {
	var errs []error
	if _, known := routeTypes[r.Type]; !known && r.Type != "" {
		errs = append(errs, fmt.Errorf("type %q: unknown", r.Type))
	}
	if _, known := routePrefs[r.Pref]; !known && r.Pref != "" {
		errs = append(errs, fmt.Errorf("pref %q: not low, medium or high", r.Pref))
	}
	switch r.Insert {
	case "", "add", "prepend", "append":
	default:
		errs = append(errs, fmt.Errorf("%q: not add, prepend or append", r.Insert))
	}
	if r.TTLPropagate != "" {
		errs = append(errs, errors.New("ttl-propagate: the kernel takes it for MPLS routes only, and ignores it here"))
	}
	if r.Table != 0 && r.VRF != "" {
		errs = append(errs, errors.New("a table and a VRF are given; one of them decides"))
	}
	return errors.Join(errs...)
}

// checkFamily finds what the route's family does not have.
func (r Route) checkFamily() error {
	var errs []error
	no := func(given bool, what string) {
		if given {
			errs = append(errs, fmt.Errorf("%s: the kernel ignores it in this family", what))
		}
	}
	if r.is6() {
		no(r.HasScope && r.Scope != ScopeGlobal, "scope")
		no(r.TOS != 0, "tos")
		no(r.Realms != 0, "realms")
	} else {
		no(r.From.IsValid(), "from")
		no(r.Pref != "", "pref")
		no(r.Expires != 0, "expires")
	}
	for _, p := range []netip.Prefix{r.Dest, r.From} {
		if p.IsValid() && (p != p.Masked() || p.Addr().Is4In6()) {
			errs = append(errs, fmt.Errorf("%s: bits are set beyond the prefix", p))
		}
		if p.IsValid() && p.Addr().Is6() != r.is6() {
			errs = append(errs, fmt.Errorf("%s: of the other family", p))
		}
	}
	if r.Src.IsValid() && (r.Src.Is6() != r.is6() || r.Src.Is4In6()) {
		errs = append(errs, fmt.Errorf("src %s: of the other family", r.Src))
	}
	if r.Expires%time.Second != 0 || r.Expires < 0 || r.Expires/time.Second > math.MaxUint32 {
		errs = append(errs, fmt.Errorf("expires %s: the kernel counts whole seconds", r.Expires))
	}
	return errors.Join(errs...)
}

// checkShape finds attributes that exclude each other.
func (r Route) checkShape() error {
	single := r.Via.IsValid() || r.Dev != "" || r.OnLink || r.Encap.given()
	switch {
	case r.goesNowhere() && (single || len(r.NextHops) > 0):
		return fmt.Errorf("%s: such a route has no next hop", r.Type)
	case r.goesNowhere() && r.Pref != "" && r.Pref != "medium":
		return fmt.Errorf("pref: the kernel ignores it for %s", r.Type)
	case single && len(r.NextHops) > 0:
		return errors.New("via, dev, onlink and encap belong to each next hop where there are several")
	case !r.goesNowhere() && !r.Via.IsValid() && r.Dev == "" && len(r.NextHops) == 0:
		return errors.New("a next hop or an interface is missing")
	}
	return nil
}

func (r Route) checkHops() error {
	var errs []error
	via := func(a netip.Addr) {
		if a.IsValid() && (a.Zone() != "" || a.Is4In6() || r.is6() && a.Is4()) {
			errs = append(errs, fmt.Errorf("via %s: no next hop of this route", a))
		}
	}
	via(r.Via)
	for _, h := range r.NextHops {
		via(h.Via)
		if !h.Via.IsValid() && h.Dev == "" {
			errs = append(errs, errors.New("nexthop: an address or an interface is missing"))
		}
		if h.Weight < 0 || h.Weight > 256 {
			errs = append(errs, fmt.Errorf("nexthop: weight %d: 1 to 256", h.Weight))
		}
		if h.Realms != 0 && r.is6() {
			errs = append(errs, errors.New("nexthop: realms: the kernel ignores it in this family"))
		}
		errs = append(errs, h.Encap.check())
	}
	return errors.Join(errs...)
}
