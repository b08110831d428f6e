// Package nstest gives tests network namespaces of their own, joined by veth.
//
// The namespaces have no name: nothing is left behind, however a test ends.
// The package configures nothing beyond loopback and duplicate address
// detection; addresses are added with [NS.Run] and ip(8).
package nstest

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
)

// NS is one network namespace. Its methods may be called concurrently.
type NS struct {
	t      testing.TB
	handle netns.NsHandle
}

// New makes a network namespace with loopback up and duplicate address
// detection off, so that a link-local address can be used at once. It ends with
// the test. Without the privilege the test is skipped, or fails where "netns"
// is promised.
func New(t testing.TB) *NS {
	t.Helper()
	ns := &NS{t: t, handle: netns.None()}
	var err error
	locked(t, func() { ns.handle, err = netns.New() })
	if err != nil {
		Missing(t, "netns", "new network namespace: "+err.Error())
	}
	t.Cleanup(func() { _ = ns.handle.Close() })
	ns.Do(func() {
		for _, which := range []string{"all", "default"} {
			setting := filepath.Join("/proc/sys/net/ipv6/conf", which, "accept_dad")
			if err := os.WriteFile(setting, []byte("0"), 0); err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
		}
	})
	ns.Run(t, "ip", "link", "set", "lo", "up")
	return ns
}

// Do runs f in the namespace, on a thread that ends with it. Goroutines that f
// starts are not in the namespace; sockets and processes are. A t.Fatal in f
// ends the test.
func (ns *NS) Do(f func()) {
	ns.t.Helper()
	locked(ns.t, func() {
		if err := netns.Set(ns.handle); err != nil {
			ns.t.Fatalf("enter namespace: %v", err)
		}
		f()
	})
}

// Run runs a command in the namespace and returns what it printed. The test
// ends when the command fails.
func (ns *NS) Run(t testing.TB, command ...string) string {
	t.Helper()
	var out []byte
	var err error
	ns.Do(func() { out, err = exec.Command(command[0], command[1:]...).CombinedOutput() })
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(command, " "), err, out)
	}
	return string(out)
}

// Veth joins two namespaces (or one with itself) with a pair of interfaces, and
// brings both up.
func Veth(t testing.TB, a *NS, aName string, b *NS, bName string) {
	t.Helper()
	a.Do(func() {
		link := netlink.NewVeth(netlink.NewLinkAttrs())
		link.Name, link.PeerName = aName, bName
		link.PeerNamespace = netlink.NsFd(int(b.handle))
		if err := netlink.LinkAdd(link); err != nil {
			t.Fatalf("add veth %s and %s: %v", aName, bName, err)
		}
	})
	a.Run(t, "ip", "link", "set", aName, "up")
	b.Run(t, "ip", "link", "set", bName, "up")
}

// Missing ends a test that needs what this machine does not have: it is
// skipped, or fails when the environment variable DIRECTOR_REQUIRE, a comma
// list, names the need.
func Missing(t testing.TB, need, reason string) {
	t.Helper()
	if slices.Contains(strings.Split(os.Getenv("DIRECTOR_REQUIRE"), ","), need) {
		t.Fatalf("needs %s: %s", need, reason)
	}
	t.Skipf("needs %s: %s", need, reason)
}

// locked runs f on a goroutine locked to its thread for good: a thread that has
// been in another namespace must not be used for anything else.
func locked(t testing.TB, f func()) {
	t.Helper()
	done, finished := make(chan struct{}), false
	go func() {
		defer close(done)
		runtime.LockOSThread()
		f()
		finished = true
	}()
	<-done
	if !finished && t.Skipped() {
		t.SkipNow()
	}
	if !finished {
		t.FailNow()
	}
}
