package netif

import (
	"strings"
	"testing"
)

// A virtual MAC must not be heard from but by its master: reports of the kernel
// leave from the parent.
func TestFirewallKeepsReportsFromVirtualLinks(t *testing.T) {
	ns, _, table := newGuard(t)
	quiet := Refusal{Instance: "vrrp.51", Link: "vrrp.51", Parent: "eth0"}
	mustRefuse(t, table, Firewall{Counters: true}, quiet, theVIPs)
	rules := ruleset(t, ns)
	for _, want := range []string{
		`oifname "vrrp.51" meta l4proto igmp dup to ip daddr device`,
		`oifname "vrrp.51" icmpv6 type 131-132 dup to ip6 daddr device`, "icmpv6 type 143", "icmpv6 type 133",
	} {
		if !strings.Contains(rules, want) {
			t.Errorf("no %q in\n%s", want, rules)
		}
	}
	mustRefuse(t, table, Firewall{Counters: true}, quiet)
	if strings.Contains(ruleset(t, ns), "192.0.2.50") {
		t.Error("what is not refused any more still is")
	}
	mustRefuse(t, table, Firewall{})
	if left := ruleset(t, ns); left != "" {
		t.Errorf("left behind:\n%s", left)
	}
}
