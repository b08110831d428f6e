package netif

import (
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

func TestAddressesAreAddedAsAsked(t *testing.T) {
	peer := vip("192.0.2.7/32")
	peer.Peer = netip.MustParsePrefix("192.0.2.8/30")
	labelled := vip("192.0.2.5/24")
	labelled.Label, labelled.Scope = "eth0:vip", ScopeLink
	labelled.Broadcast = netip.MustParseAddr("192.0.2.255")
	lonely := vip("192.0.2.6/24")
	lonely.NoPrefixRoute = true
	deprecated := vip("2001:db8::5/128")
	deprecated.Deprecated = true
	peer6 := vip("2001:db8::7/128")
	peer6.Peer = netip.MustParsePrefix("2001:db8::8/127")

	tests := []struct {
		name string
		add  Address
		want string
	}{
		{"an address without anything else", vip("192.0.2.4/32"), "inet 192.0.2.4/32 scope global eth0"},
		{"label, scope, broadcast and prefix", labelled, "inet 192.0.2.5/24 brd 192.0.2.255 scope link eth0:vip"},
		{"no prefix route", lonely, "inet 192.0.2.6/24 scope global noprefixroute eth0"},
		{"a peer with its own prefix length", peer, "inet 192.0.2.7 peer 192.0.2.8/30 scope global eth0"},
		{"IPv6 without duplicate detection", vip("2001:db8::4/64"), "inet6 2001:db8::4/64 scope global nodad"},
		{"IPv6 deprecated", deprecated, "inet6 2001:db8::5/128 scope global nodad deprecated"},
		{"IPv6 with a peer", peer6, "inet6 2001:db8::7 peer 2001:db8::8/127 scope global nodad"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			ns, _ := newLink(t)
			table := newTable(t, ns)
			mustAdd(t, table, test.add, Added)
			if diff := cmp.Diff([]string{test.want}, trimmed(shown(t, ns))); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			mustAdd(t, table, test.add, AlreadyOurs)
			mustDelete(t, table, test.add)
			if got := shown(t, ns); len(got) != 0 {
				t.Errorf("left after Delete: %q", got)
			}
		})
	}
}

func trimmed(lines []string) []string {
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return lines
}

func TestAddressesOfOursAreBroughtInLine(t *testing.T) {
	ns, _ := newLink(t)
	table := newTable(t, ns)
	mustAdd(t, table, vip("192.0.2.5/24"), Added)
	mustAdd(t, table, vip("192.0.2.6/24"), Added)
	mustAdd(t, table, vip("2001:db8::5/64"), Added)

	changed := vip("192.0.2.5/24")
	changed.Label = "eth0:new"
	mustAdd(t, table, changed, AlreadyOurs)
	mustAdd(t, table, vip("192.0.2.6/32"), AlreadyOurs)
	mustAdd(t, table, vip("2001:db8::5/128"), AlreadyOurs)

	want := []string{
		"inet 192.0.2.5/24 scope global eth0:new",
		"inet 192.0.2.6/32 scope global eth0",
		"inet6 2001:db8::5/128 scope global nodad",
	}
	if diff := cmp.Diff(want, trimmed(shown(t, ns))); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestAddressesOfOthersAreLeftAlone(t *testing.T) {
	for _, prefix := range []string{"192.0.2.5/24", "192.0.2.5/32", "2001:db8::5/64", "2001:db8::5/128"} {
		t.Run("somebody has "+prefix, func(t *testing.T) {
			ns, _ := newLink(t)
			add := []string{"ip", "addr", "add", prefix, "dev", "eth0"}
			if strings.Contains(prefix, "::") {
				add = append(add, "nodad")
			}
			ns.Run(t, add...)
			before := shown(t, ns)
			table := newTable(t, ns)
			for _, ours := range []string{"192.0.2.5/24", "192.0.2.5/32", "2001:db8::5/64", "2001:db8::5/128"} {
				a := vip(ours)
				if a.Prefix.Addr() != netip.MustParsePrefix(prefix).Addr() {
					continue
				}
				mustAdd(t, table, a, Foreign)
				mustDelete(t, table, a)
			}
			if diff := cmp.Diff(before, shown(t, ns)); diff != "" {
				t.Errorf("changed (-before +after)\n%s", diff)
			}
			if ours, err := table.Ours(t.Context()); err != nil || len(ours) != 0 {
				t.Errorf("Ours: %v, %v, want none", ours, err)
			}
		})
	}
}

func TestAddressesOfIPv6AreUsableAtOnce(t *testing.T) {
	ns, _ := newLink(t)
	ns.Run(t, "sysctl", "-qw", "net.ipv6.conf.all.accept_dad=1", "net.ipv6.conf.eth0.accept_dad=1")
	table := newTable(t, ns)
	mustAdd(t, table, vip("2001:db8::5/128"), Added)
	var err error
	ns.Do(func() {
		var conn net.PacketConn
		if conn, err = net.ListenPacket("udp6", "[2001:db8::5]:0"); err == nil {
			conn.Close()
		}
	})
	if err != nil {
		t.Errorf("right after Add: %v", err)
	}
}

func TestAddressesNeedTheirInterface(t *testing.T) {
	ns, _ := newLink(t)
	table := newTable(t, ns)
	for _, name := range []string{"eth9", "a-name-longer-than-the-kernel-has", ""} {
		a := vip("192.0.2.5/32")
		a.Interface = name
		if _, err := table.Add(t.Context(), a); !errors.Is(err, ErrNoInterface) || !strings.Contains(err.Error(), a.Key.String()) {
			t.Errorf("Add on %q: %v, want ErrNoInterface with the address", name, err)
		}
		if err := table.Delete(t.Context(), a); err != nil {
			t.Errorf("Delete on %q: %v, want nil", name, err)
		}
		if err := table.Announce(t.Context(), a); !errors.Is(err, ErrNoInterface) {
			t.Errorf("Announce on %q: %v, want ErrNoInterface", name, err)
		}
	}
	ns.Run(t, "ip", "link", "property", "add", "dev", "eth0", "altname", "other0")
	a := vip("192.0.2.5/32")
	a.Interface = "other0"
	if _, err := table.Add(t.Context(), a); !errors.Is(err, ErrNoInterface) {
		t.Errorf("Add on an alternative name: %v, want ErrNoInterface", err)
	}
}

func TestAddressesErrorCarriesTheKernelsReason(t *testing.T) {
	ns, _ := newLink(t)
	table := newTable(t, ns)
	label := vip("192.0.2.5/32")
	label.Label = "eth0:a-label-that-is-too-long"
	_, err := table.Add(t.Context(), label)
	if !errors.Is(err, unix.ERANGE) || !strings.Contains(err.Error(), "192.0.2.5/32 on eth0") {
		t.Errorf("label too long: %v", err)
	}
	ns.Run(t, "sysctl", "-qw", "net.ipv6.conf.eth0.disable_ipv6=1")
	if _, err := table.Add(t.Context(), vip("2001:db8::5/128")); !errors.Is(err, unix.EACCES) {
		t.Errorf("IPv6 switched off: %v, want EACCES", err)
	}
}

func TestAddressesFollowAnInterfaceThatIsMadeAgain(t *testing.T) {
	ns, _ := newLink(t)
	table := newTable(t, ns)
	mustAdd(t, table, vip("192.0.2.5/32"), Added)
	if err := table.Announce(t.Context(), vip("192.0.2.5/32")); err != nil {
		t.Fatal(err)
	}
	ns.Run(t, "ip", "link", "del", "eth0")
	if _, err := table.Add(t.Context(), vip("192.0.2.5/32")); !errors.Is(err, ErrNoInterface) {
		t.Errorf("Add on a deleted interface: %v, want ErrNoInterface", err)
	}
	ns.Run(t, "ip", "link", "add", "eth0", "type", "veth", "peer", "name", "other0")
	ns.Run(t, "ip", "link", "set", "eth0", "up")
	ns.Run(t, "ip", "link", "set", "other0", "up")
	mustAdd(t, table, vip("192.0.2.5/32"), Added)
	if err := table.Announce(t.Context(), vip("192.0.2.5/32")); err != nil {
		t.Errorf("Announce on the new interface: %v", err)
	}

	ns.Run(t, "ip", "link", "set", "eth0", "down")
	ns.Run(t, "ip", "link", "set", "eth0", "name", "wan0")
	if _, err := table.Add(t.Context(), vip("192.0.2.6/32")); !errors.Is(err, ErrNoInterface) {
		t.Errorf("Add under the old name: %v, want ErrNoInterface", err)
	}
	ours, err := table.Ours(t.Context())
	want := []Key{{Interface: "wan0", Prefix: netip.MustParsePrefix("192.0.2.5/32")}}
	if err != nil || !cmp.Equal(want, ours, equateNetip) {
		t.Errorf("Ours after the rename: %v, %v, want %v", ours, err, want)
	}
}

func TestAddressesLeftByAKilledRunAreFound(t *testing.T) {
	ns, _ := newLink(t)
	ns.Run(t, "ip", "addr", "add", "192.0.2.1/24", "dev", "eth0")
	killed := newTable(t, ns)
	left := []Address{vip("192.0.2.5/24"), vip("2001:db8::5/128")}
	for _, a := range left {
		mustAdd(t, killed, a, Added)
	}

	table := newTable(t, ns)
	ours, err := table.Ours(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Key{left[0].Key, left[1].Key}, ours, equateNetip); diff != "" {
		t.Errorf("Ours (-want +got)\n%s", diff)
	}
	mustAdd(t, table, left[0], AlreadyOurs)
	for _, k := range ours {
		mustDelete(t, table, Address{Key: k})
	}
	if diff := cmp.Diff([]string{"inet 192.0.2.1/24 scope global eth0"}, trimmed(shown(t, ns))); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestAddressesOnKernelsWithoutOriginAreRemembered(t *testing.T) {
	ns, _ := newLink(t)
	old := func(remembered ...Key) *Table {
		table := newTable(t, ns, remembered...)
		table.keepsMark = false
		return table
	}
	killed := old()
	mustAdd(t, killed, vip("192.0.2.5/24"), Added)
	mustAdd(t, killed, vip("192.0.2.5/24"), AlreadyOurs)
	ns.Run(t, "ip", "addr", "add", "192.0.2.9/24", "dev", "eth0")

	mustAdd(t, old(), vip("192.0.2.5/24"), Foreign)
	table := old(vip("192.0.2.5/24").Key, vip("192.0.2.6/24").Key)
	mustAdd(t, table, vip("192.0.2.5/24"), AlreadyOurs)
	mustAdd(t, table, vip("192.0.2.9/24"), Foreign)
	mustDelete(t, table, vip("192.0.2.5/24"))
	mustDelete(t, table, vip("192.0.2.9/24"))
	if diff := cmp.Diff([]string{"inet 192.0.2.9/24 scope global eth0"}, trimmed(shown(t, ns))); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	ns.Run(t, "ip", "addr", "add", "192.0.2.5/24", "dev", "eth0")
	mustAdd(t, table, vip("192.0.2.5/24"), Foreign)
}
