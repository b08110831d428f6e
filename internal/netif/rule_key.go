package netif

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// RuleKey is a rule as the kernel lists it. All of it tells rules apart: two
// that differ in anything stand beside each other. It is comparable.
type RuleKey Rule

// String returns the rule in the words of ip-rule(8), as far as it is short.
func (k RuleKey) String() string {
	from, to := "all", ""
	if k.From.IsValid() {
		from = k.From.String()
	}
	if k.To.IsValid() {
		to = " to " + k.To.String()
	}
	action := k.Type
	switch {
	case k.Goto != 0:
		action = fmt.Sprintf("goto %d", k.Goto)
	case k.L3MDev:
		action = "l3mdev"
	case k.Type == "":
		action = fmt.Sprintf("lookup %d", k.Table)
	}
	return fmt.Sprintf("%d: from %s%s %s (IPv%d)", k.Preference, from, to, action, k.Family)
}

// Key returns the key under which a rule is listed and reported.
func (r Rule) Key() RuleKey {
	if r.Family == 0 && (r.From.IsValid() && r.From.Addr().Is6() || r.To.IsValid() && r.To.Addr().Is6()) {
		r.Family = uint8(IPv6)
	} else if r.Family == 0 {
		r.Family = uint8(IPv4)
	}
	if r.Type == "" && r.Goto == 0 && !r.L3MDev && r.Table == 0 {
		r.Table = unix.RT_TABLE_MAIN
	}
	if r.Protocol == 0 {
		r.Protocol = Mark
	}
	for _, p := range []*netip.Prefix{&r.From, &r.To} {
		if p.Bits() == 0 {
			*p = netip.Prefix{} // "all"
		}
	}
	if r.HasMark && r.FWMask == 0 {
		r.FWMask = ^uint32(0)
	}
	r.NoTrack = false
	return RuleKey(r)
}

// ruleActions are the actions of linux/fib_rules.h by ip-rule(8)'s names; that
// of no name is the lookup in a table.
var ruleActions = map[string]uint8{
	"": nl.FR_ACT_TO_TBL, "goto": nl.FR_ACT_GOTO, "nop": nl.FR_ACT_NOP, "blackhole": nl.FR_ACT_BLACKHOLE,
	"unreachable": nl.FR_ACT_UNREACHABLE, "prohibit": nl.FR_ACT_PROHIBIT,
}

// Check says what of a rule could not be written, or what the kernel would
// take and then ignore. nil does not mean that the kernel takes it.
//
// A mark without FWMask is compared with all its bits.
func (r Rule) Check() error {
	var errs []error
	no := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	is6 := r.Key().Family == uint8(IPv6)
	no(r.Family != 0 && r.Family != uint8(IPv4) && r.Family != uint8(IPv6), "family %d: 4 or 6", r.Family)
	for _, p := range []netip.Prefix{r.From, r.To} {
		if p.IsValid() {
			no(p.Addr().Is6() != is6, "%s: of the other family", p)
			no(p != p.Masked() || p.Addr().Is4In6(), "%s: bits are set beyond the prefix", p)
		}
	}
	_, known := ruleActions[r.Type]
	no(!known || r.Type == "goto", "type %q: unknown", r.Type)
	actions := 0
	for _, given := range []bool{r.Type != "", r.Table != 0, r.Goto != 0, r.L3MDev} {
		if given {
			actions++
		}
	}
	no(actions > 1, "a type, a table, goto and l3mdev exclude each other")
	no(r.Goto != 0 && r.Goto <= r.Preference, "goto %d: not behind the rule's own preference %d", r.Goto, r.Preference)
	no(r.Realms != 0 && is6, "realms: the kernel ignores it in this family")
	no(!r.HasMark && (r.FWMark != 0 || r.FWMask != 0), "fwmark: is not said to be given")
	no(!r.HasUID && (r.UIDLow != 0 || r.UIDHigh != 0), "uidrange: is not said to be given")
	no(r.SuppressPrefixLength < -1 || r.SuppressIfGroup < -1, "suppress: below 0")
	for _, name := range []string{r.IIF, r.OIF} {
		no(len(name) >= unix.IFNAMSIZ, "interface %q: longer than %d bytes", name, unix.IFNAMSIZ-1)
	}
	return errors.Join(errs...)
}
