package netif

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"director/internal/nstest"
)

// rule returns a rule that suppresses nothing.
func rule(change func(*Rule)) Rule {
	r := Rule{Family: 4, Preference: 100, SuppressPrefixLength: -1, SuppressIfGroup: -1}
	change(&r)
	return r
}

// ruleCases are rules that this kernel can hold.
var ruleCases = map[string]Rule{
	"all":    rule(func(*Rule) {}),
	"from":   rule(func(r *Rule) { r.From, r.Table = prefix("192.0.2.0/24"), 300 }),
	"to6":    rule(func(r *Rule) { r.Family, r.To, r.Table = 6, prefix("2001:db8::/32"), 20 }),
	"family": rule(func(r *Rule) { r.Family, r.From, r.Table = 0, prefix("2001:db8::/32"), 20 }),
	"not":    rule(func(r *Rule) { r.Not, r.From, r.To = true, prefix("192.0.2.1/32"), prefix("10.0.0.0/8") }),
	"any":    rule(func(r *Rule) { r.From, r.TOS = prefix("0.0.0.0/0"), 0x10 }),
	"mark":   rule(func(r *Rule) { r.HasMark, r.FWMark, r.FWMask = true, 0x10, 0xf0 }),
	"mark32": rule(func(r *Rule) { r.HasMark, r.FWMark = true, 7 }),
	"mark0":  rule(func(r *Rule) { r.HasMark, r.FWMask = true, 0xff }),
	"links":  rule(func(r *Rule) { r.IIF, r.OIF = "eth0", "none0" }),
	"uid":    rule(func(r *Rule) { r.HasUID, r.UIDHigh = true, 1000 }),
	"ports": rule(func(r *Rule) {
		r.IPProto, r.SPortLow, r.SPortHigh, r.DPortLow, r.DPortHigh = 6, 1, 2, 80, 80
	}),
	"tunnel": rule(func(r *Rule) { r.TunnelID = 1 << 40 }),
	"l3mdev": rule(func(r *Rule) { r.L3MDev = true }),
	"goto":   rule(func(r *Rule) { r.Goto, r.Preference = 32766, 0 }),
	"nop":    rule(func(r *Rule) { r.Type = "nop" }),
	"none6":  rule(func(r *Rule) { r.Family, r.Type, r.IPProto = 6, "prohibit", 58 }),
	"suppress": rule(func(r *Rule) {
		r.Table, r.SuppressPrefixLength, r.SuppressIfGroup, r.Realms, r.Protocol = 1000, 0, 3, 5<<16|6, 4
	}),
}

func TestRuleWhatIsAddedIsListedAndGoes(t *testing.T) {
	ns, table := newRouter(t)
	before := rulesShown(t, ns)
	for name, r := range ruleCases {
		t.Run(name, func(t *testing.T) { ruleRoundTrip(t, ns, table, r) })
	}
	if diff := cmp.Diff(before, rulesShown(t, ns)); diff != "" {
		t.Errorf("something is left, or gone (-before +after)\n%s", diff)
	}
}

func ruleRoundTrip(t testing.TB, ns *nstest.NS, table *Table, r Rule) {
	t.Helper()
	for _, want := range []Outcome{Added, AlreadyOurs} {
		if got, err := table.AddRule(t.Context(), r); err != nil || got != want {
			t.Fatalf("AddRule: %s, %v; want %s\n%s", got, err, want, rulesShown(t, ns))
		}
	}
	ours, err := table.OurRules(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(ours) != 1 || ours[0].Key() != r.Key() || RuleKey(ours[0]) != r.Key() {
		t.Fatalf("listed otherwise (-want +got)\n%s", cmp.Diff([]Rule{Rule(r.Key())}, ours, equateNetip))
	}
	for range 2 {
		if err := table.DeleteRule(t.Context(), r); err != nil {
			t.Fatalf("DeleteRule: %v", err)
		}
	}
	if ours, err = table.OurRules(t.Context()); err != nil || len(ours) != 0 {
		t.Fatalf("left behind: %v, %v", ours, err)
	}
}

func rulesShown(t testing.TB, ns *nstest.NS) string {
	t.Helper()
	return ns.Run(t, "ip", "rule") + ns.Run(t, "ip", "-6", "rule")
}

func TestRuleOfOthersIsLeftAlone(t *testing.T) {
	ns, table := newRouter(t)
	ns.Run(t, "ip", "rule", "add", "from", "192.0.2.0/24", "lookup", "300", "pref", "100", "protocol", "static")
	before := rulesShown(t, ns)
	r := ruleCases["from"]
	got, err := table.AddRule(t.Context(), r)
	if err != nil || got != Foreign {
		t.Errorf("%s, %v", got, err)
	}
	if err := table.DeleteRule(t.Context(), r); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(before, rulesShown(t, ns)); diff != "" {
		t.Errorf("(-before +after)\n%s", diff)
	}
}

func TestRuleThatSaysLessTakesNoOtherAlong(t *testing.T) {
	_, table := newRouter(t)
	more := rule(func(r *Rule) { r.From, r.To, r.Table = prefix("192.0.2.0/24"), prefix("10.0.0.0/8"), 300 })
	less := ruleCases["from"]
	for _, r := range []Rule{more, less} {
		if _, err := table.AddRule(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	if err := table.DeleteRule(t.Context(), less); err != nil {
		t.Fatal(err)
	}
	ours, err := table.OurRules(t.Context())
	if err != nil || !slices.Equal(ours, []Rule{Rule(more.Key())}) {
		t.Errorf("%v %v", ours, err)
	}
}

func TestRuleErrorsSayWhat(t *testing.T) {
	_, table := newRouter(t)
	for want, change := range map[string]func(*Rule){
		"other family":       func(r *Rule) { r.From = prefix("2001:db8::/32") },
		"bits are set":       func(r *Rule) { r.To = prefix("192.0.2.1/24") },
		`type "goto"`:        func(r *Rule) { r.Type = "goto" },
		"exclude each other": func(r *Rule) { r.Type, r.Table = "nop", 3 },
		"not behind":         func(r *Rule) { r.Goto = 100 },
		"realms":             func(r *Rule) { r.Family, r.Realms = 6, 1 },
		"fwmark":             func(r *Rule) { r.FWMark = 1 },
		"longer than 15":     func(r *Rule) { r.IIF = strings.Repeat("x", 16) },
		"invalid argument":   func(r *Rule) { r.DPortLow, r.DPortHigh = 3, 2 },
	} {
		if _, err := table.AddRule(t.Context(), rule(change)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
}
