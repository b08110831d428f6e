package netif

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"director/internal/nstest"
)

// lifetimesLeft matches 3000 and 2000 seconds with a little of them gone.
var lifetimesLeft = regexp.MustCompile(`valid_lft (3000|29\d\d)sec preferred_lft (2000|19\d\d)sec`)

// crowd gives eth0 an address of ours that is the first of its subnet, and
// others after it.
func crowd(t *testing.T, promote string) (*nstest.NS, *Table, Address) {
	t.Helper()
	ns, _ := newLink(t)
	ns.Run(t, "sysctl", "-qw", "net.ipv4.conf.all.promote_secondaries=0",
		"net.ipv4.conf.eth0.promote_secondaries="+promote)
	table := newTable(t, ns)
	first := vip("192.0.2.100/24")
	first.Scope = ScopeLink // one for the whole subnet: the kernel wants it so
	mustAdd(t, table, first, Added)
	ns.Run(t, "ip", "addr", "add", "192.0.2.1/24", "brd", "+", "dev", "eth0", "label", "eth0:own", "scope", "link")
	ns.Run(t, "ip", "addr", "add", "192.0.2.2/24", "dev", "eth0", "scope", "link",
		"valid_lft", "3000", "preferred_lft", "2000")
	last := vip("192.0.2.101/24")
	last.Scope = ScopeLink
	mustAdd(t, table, last, Added)
	ns.Run(t, "ip", "addr", "add", "198.51.100.1/24", "dev", "eth0")
	ns.Run(t, "ip", "route", "add", "203.0.113.0/24", "via", "192.0.2.254")
	return ns, table, first
}

// checkCrowd looks for all of the crowd but the first.
func checkCrowd(t *testing.T, ns *nstest.NS, table *Table) {
	t.Helper()
	want := []string{
		"inet 192.0.2.1/24 brd 192.0.2.255 scope link eth0:own",
		"inet 198.51.100.1/24 scope global eth0",
		"inet 192.0.2.2/24 scope link secondary dynamic eth0",
		"inet 192.0.2.101/24 scope link secondary eth0",
	}
	if diff := cmp.Diff(want, trimmed(shown(t, ns))); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	lifetimes := ns.Run(t, "ip", "addr", "show", "dev", "eth0", "to", "192.0.2.2")
	if !lifetimesLeft.MatchString(lifetimes) {
		t.Errorf("lifetimes of the other address were lost:\n%s", lifetimes)
	}
	ours, err := table.Ours(t.Context())
	if err != nil || len(ours) != 1 || ours[0] != vip("192.0.2.101/24").Key {
		t.Errorf("Ours: %v, %v", ours, err)
	}
	if routes := ns.Run(t, "ip", "route"); !strings.Contains(routes, "203.0.113.0/24 via 192.0.2.254") {
		t.Errorf("a route of others was lost:\n%s", routes)
	}
}

func TestAddressesOfTheSameSubnetSurviveADeletion(t *testing.T) {
	for _, promote := range []string{"0", "1"} {
		t.Run("promote_secondaries is "+promote, func(t *testing.T) {
			ns, table, first := crowd(t, promote)
			mustDelete(t, table, first)
			checkCrowd(t, ns, table)
			got := strings.TrimSpace(ns.Run(t, "sysctl", "-n", "net.ipv4.conf.eth0.promote_secondaries"))
			if got != promote {
				t.Errorf("promote_secondaries is %s afterwards, want %s", got, promote)
			}
		})
	}
	t.Run("promote_secondaries cannot be set", func(t *testing.T) {
		ns, table, first := crowd(t, "0")
		l, err := table.link("eth0")
		if err != nil {
			t.Fatal(err)
		}
		have, err := table.same(t.Context(), l, first.Prefix.Addr())
		if err != nil {
			t.Fatal(err)
		}
		if err := table.removeAndRestore(t.Context(), l, have[0]); err != nil {
			t.Fatal(err)
		}
		checkCrowd(t, ns, table)
	})
}

// The kernel's own behaviour, without which all this would be needless.
func TestAddressesKernelRemovesTheWholeSubnet(t *testing.T) {
	ns, _, _ := crowd(t, "0")
	ns.Run(t, "ip", "addr", "del", "192.0.2.100/24", "dev", "eth0")
	if diff := cmp.Diff([]string{"inet 198.51.100.1/24 scope global eth0"}, trimmed(shown(t, ns))); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestAddressesThatWentAreDeletedWithoutError(t *testing.T) {
	ns, _ := newLink(t)
	table := newTable(t, ns)
	mustDelete(t, table, vip("192.0.2.5/24"))
	mustAdd(t, table, vip("192.0.2.5/24"), Added)
	ns.Run(t, "ip", "addr", "flush", "dev", "eth0")
	mustDelete(t, table, vip("192.0.2.5/24"))
}
