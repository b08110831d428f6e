package netif

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"director/internal/nstest"
)

// witness writes down the events of a Watch as text.
type witness struct {
	mu    sync.Mutex
	lines []string
	// hold, if not nil, is waited for in each event.
	hold chan struct{}
}

// watch runs Watch until the test ends, and returns when it listens.
func watch(t *testing.T, table *Table) *witness {
	t.Helper()
	return watchHeld(t, table, nil)
}

func watchHeld(t *testing.T, table *Table, hold chan struct{}) *witness {
	t.Helper()
	w := &witness{hold: hold}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		table.Watch(ctx, w.note)
	}()
	t.Cleanup(func() { cancel(); <-done })
	eventually(t, "the first Resync", func() bool { return w.has("resync") })
	return w
}

func (w *witness) note(ev Event) {
	w.mu.Lock()
	w.lines = append(w.lines, describe(ev))
	w.mu.Unlock()
	if w.hold != nil {
		<-w.hold
	}
}

func describe(ev Event) string {
	switch ev := ev.(type) {
	case LinkChanged:
		return fmt.Sprintf("link %s up=%v", ev.Link.Name, ev.Link.Up)
	case LinkGone:
		return "link gone " + ev.Name
	case PeersAsked:
		return "peers asked " + ev.Name
	case AddressAdded:
		return fmt.Sprintf("address %s ours=%v", ev.Address.Key, ev.Address.Ours)
	case AddressGone:
		return "address gone " + ev.Key.String()
	case RouteAdded:
		return "route " + ev.Key.String()
	case RouteGone:
		return "route gone " + ev.Key.String()
	case RuleAdded:
		return "rule " + ev.Key.String()
	case RuleGone:
		return "rule gone " + ev.Key.String()
	case Resync:
		if errors.Is(ev.Reason, unix.ENOBUFS) {
			return "resync after an overrun"
		}
		return "resync"
	}
	return fmt.Sprintf("unknown %T", ev)
}

// all returns the lines in order, without what happens at a time of its own:
// link-local addresses, links that come up, repeats of the same link state.
func (w *witness) all() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var lines []string
	for _, l := range w.lines {
		repeated := len(lines) > 0 && lines[len(lines)-1] == l && strings.HasPrefix(l, "link ")
		if !strings.Contains(l, "fe80:") && !strings.HasSuffix(l, " up=true") && !repeated {
			lines = append(lines, l)
		}
	}
	return lines
}

func (w *witness) has(line string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, l := range w.lines {
		if l == line {
			return true
		}
	}
	return false
}

func (w *witness) expect(t *testing.T, line string) {
	t.Helper()
	eventually(t, line, func() bool { return w.has(line) })
}

func TestAddressesOthersChangeAreReported(t *testing.T) {
	ns, _ := newLink(t)
	table := newTable(t, ns)
	w := watch(t, table)
	mustAdd(t, table, vip("192.0.2.5/24"), Added)
	ns.Run(t, "ip", "addr", "add", "192.0.2.6/24", "dev", "eth0")
	ns.Run(t, "ip", "addr", "del", "192.0.2.5/24", "dev", "eth0")
	mustAdd(t, table, vip("2001:db8::5/128"), Added)
	// The kernel tells of a new IPv6 address later, and not if it has gone.
	w.expect(t, "address 2001:db8::5/128 on eth0 ours=true")
	mustDelete(t, table, vip("2001:db8::5/128"))
	w.expect(t, "address gone 2001:db8::5/128 on eth0")
	want := []string{
		"resync",
		"address 192.0.2.5/24 on eth0 ours=true",
		"address 192.0.2.6/24 on eth0 ours=false",
		// The kernel takes it with the first of the subnet.
		"address gone 192.0.2.6/24 on eth0",
		"address gone 192.0.2.5/24 on eth0",
		"address 2001:db8::5/128 on eth0 ours=true",
		"address gone 2001:db8::5/128 on eth0",
	}
	if diff := cmp.Diff(want, w.all()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestAddressesOfIPv6GoWhenTheLinkGoesDown(t *testing.T) {
	ns, peer := newLink(t)
	ns.Run(t, "sysctl", "-qw", "net.ipv6.conf.all.keep_addr_on_down=0")
	table := newTable(t, ns)
	mustAdd(t, table, vip("192.0.2.5/24"), Added)
	mustAdd(t, table, vip("2001:db8::5/128"), Added)
	w := watch(t, table)
	ns.Run(t, "ip", "link", "set", "eth0", "down")
	w.expect(t, "address gone 2001:db8::5/128 on eth0")
	w.expect(t, "link eth0 up=false")
	mustAdd(t, table, vip("192.0.2.5/24"), AlreadyOurs)
	ns.Run(t, "ip", "link", "set", "eth0", "up")
	w.expect(t, "link eth0 up=true")
	mustAdd(t, table, vip("2001:db8::5/128"), Added)
	if got := strings.Join(shown(t, ns), "\n"); !strings.Contains(got, "2001:db8::5/128") {
		t.Errorf("not back:\n%s", got)
	}
	// A lost carrier is no reason for the kernel to drop anything.
	peer.Run(t, "ip", "link", "set", "eth0", "down")
	eventually(t, "carrier lost", func() bool { return !up(t, table, "eth0") })
	mustAdd(t, table, vip("2001:db8::5/128"), AlreadyOurs)
}

func up(t *testing.T, table *Table, name string) bool {
	t.Helper()
	l, err := table.link(name)
	if err != nil {
		t.Fatal(err)
	}
	return l.Up
}

func TestAddressesAddedWhileTheLinkIsDownStay(t *testing.T) {
	ns, _ := newLink(t)
	table := newTable(t, ns)
	ns.Run(t, "ip", "link", "set", "eth0", "down")
	mustAdd(t, table, vip("2001:db8::5/128"), Added)
	mustAdd(t, table, vip("192.0.2.5/32"), Added)
	ns.Run(t, "ip", "link", "set", "eth0", "up")
	mustAdd(t, table, vip("2001:db8::5/128"), AlreadyOurs)
	mustAdd(t, table, vip("192.0.2.5/32"), AlreadyOurs)
	all, err := table.Addresses(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		if p.Ours && !p.Usable() {
			t.Errorf("%s cannot be used", p.Key)
		}
	}
}

func TestAddressesMoveWithARenamedInterface(t *testing.T) {
	ns, _ := newLink(t)
	table := newTable(t, ns)
	mustAdd(t, table, vip("192.0.2.5/24"), Added)
	w := watch(t, table)
	ns.Run(t, "ip", "link", "set", "eth0", "down")
	ns.Run(t, "ip", "link", "set", "eth0", "name", "wan0")
	ns.Run(t, "ip", "link", "del", "wan0")
	w.expect(t, "link gone wan0")
	ns.Run(t, "ip", "link", "add", "eth0", "type", "veth", "peer", "name", "other0")
	ns.Run(t, "ip", "addr", "add", "192.0.2.5/24", "dev", "eth0")
	w.expect(t, "address 192.0.2.5/24 on eth0 ours=false")
	want := []string{
		"resync",
		"link eth0 up=false",
		"link gone eth0", "link wan0 up=false", "resync",
		"address 192.0.2.5/24 on wan0 ours=true",
		"address gone 192.0.2.5/24 on wan0",
		"link gone wan0",
		"link other0 up=false", "link eth0 up=false",
		"address 192.0.2.5/24 on eth0 ours=false",
	}
	if diff := cmp.Diff(want, w.all()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestAddressesBridgePortsAreNotLinksThatGo(t *testing.T) {
	ns, _ := newLink(t)
	table := newTable(t, ns)
	w := watch(t, table)
	ns.Run(t, "ip", "link", "add", "br0", "type", "bridge")
	ns.Run(t, "ip", "link", "set", "eth0", "master", "br0")
	ns.Run(t, "ip", "link", "set", "eth0", "nomaster")
	ns.Run(t, "ip", "link", "del", "br0")
	w.expect(t, "link gone br0")
	if w.has("link gone eth0") {
		t.Error("eth0 was reported gone when it left the bridge")
	}
}

func TestAddressesAreListedAnewAfterAnOverrun(t *testing.T) {
	ns, _ := newLink(t)
	table := newTable(t, ns)
	table.receiveBuffer = 1
	hold := make(chan struct{})
	w := watchHeld(t, table, hold)
	churn(t, ns, 200)
	close(hold)
	w.expect(t, "resync after an overrun")
	ns.Run(t, "ip", "addr", "add", "192.0.2.250/24", "dev", "eth0")
	w.expect(t, "address 192.0.2.250/24 on eth0 ours=false")
}

// churn adds and deletes n addresses.
func churn(t *testing.T, ns *nstest.NS, n int) {
	t.Helper()
	var script strings.Builder
	for i := range n {
		fmt.Fprintf(&script, "addr add 10.1.%d.%d/32 dev eth0\n", i/256, i%256)
	}
	for i := range n {
		fmt.Fprintf(&script, "addr del 10.1.%d.%d/32 dev eth0\n", i/256, i%256)
	}
	ns.Run(t, "sh", "-c", "printf '"+script.String()+"' | ip -batch -")
}
