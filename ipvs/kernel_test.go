package ipvs_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
	"pgregory.net/rapid"

	"director/ipvs"
	"director/ipvs/ipvstest"
)

// kernel opens the real table of a fresh network namespace. The calling
// goroutine stays in it until it ends, and its thread with it.
func kernel(t testing.TB) *ipvs.Client {
	t.Helper()
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		missing(t, "network namespace: "+err.Error())
	}
	// Without any address the kernel takes every server for a broadcast
	// address and refuses it.
	if out, err := exec.Command("ip", "link", "set", "lo", "up").CombinedOutput(); err != nil {
		missing(t, fmt.Sprintf("ip link: %v: %s", err, out))
	}
	c, err := ipvs.Open()
	if err != nil {
		missing(t, err.Error())
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// missing skips the test, or fails it where IPVS was promised.
func missing(t testing.TB, reason string) {
	t.Helper()
	for _, need := range strings.Split(os.Getenv("DIRECTOR_REQUIRE"), ",") {
		if need == "ipvs" {
			t.Fatalf("DIRECTOR_REQUIRE promises ipvs: %s", reason)
		}
	}
	t.Skipf("needs ipvs: %s", reason)
}

func TestKernelConformance(t *testing.T) {
	ipvstest.Conformance(t, func(t *testing.T) ipvstest.Table { return kernel(t) })
}

// tb is a *testing.T or a *rapid.T.
type tb interface {
	Helper()
	Fatal(args ...any)
	Context() context.Context
}

// apply carries out operations that must succeed.
func apply(t tb, table ipvstest.Table, ops []ipvs.Op) {
	t.Helper()
	table.Apply(t.Context(), ops, func(_ int, err error) {
		if err != nil {
			t.Fatal(err)
		}
	})
}

// TestKernelSeenByIpvsadm makes ipvsadm the witness of what the client wrote.
func TestKernelSeenByIpvsadm(t *testing.T) {
	client := kernel(t)
	if _, err := exec.LookPath("ipvsadm"); err != nil {
		missing(t, err.Error())
	}
	thresholds := regexp.MustCompile(`(?m) -x \d+ -y \d+`) // ipvsadm -S leaves them out
	fake := new(ipvstest.Kernel)
	rapid.Check(t, func(rt *rapid.T) {
		want := ipvstest.Tables().Draw(rt, "want")
		have := wholeTable(rt, fake)
		apply(rt, client, ipvs.Diff(have, want))
		apply(rt, fake, ipvs.Diff(have, want))
		out, err := exec.Command("ipvsadm", "-Sn").Output()
		if err != nil {
			rt.Fatal(err)
		}
		got := strings.ReplaceAll(string(out), " \n", "\n")
		if diff := cmp.Diff(thresholds.ReplaceAllString(fake.String(), ""), got); diff != "" {
			rt.Fatalf("ipvsadm sees another table (-fake +ipvsadm):\n%s", diff)
		}
	})
}

func wholeTable(t tb, table ipvstest.Table) []ipvs.Service {
	t.Helper()
	services, err := table.Services(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var keys []ipvs.Key
	for _, s := range services {
		keys = append(keys, s.Key)
	}
	services, err = table.Table(t.Context(), keys)
	if err != nil {
		t.Fatal(err)
	}
	return services
}

func TestKernelReadsLocalServersBackAsWritten(t *testing.T) {
	client := kernel(t)
	want := ipvs.Service{
		Key:       ipvs.Key{Family: ipvs.INET, Protocol: ipvs.TCP, Address: netip.MustParseAddrPort("192.0.2.1:80")},
		Scheduler: "rr",
		Servers: []ipvs.Server{
			{ServerKey: ipvs.ServerKey{Address: netip.MustParseAddrPort("127.0.0.1:80")}, Forward: ipvs.DR, Weight: 1},
		},
	}
	apply(t, client, ipvs.Diff(nil, []ipvs.Service{want}))
	if ops := ipvs.Diff(wholeTable(t, client), []ipvs.Service{want}); len(ops) > 0 {
		t.Errorf("a server that is an address of the machine looks like drift: %v", ops)
	}
}

func TestKernelInfo(t *testing.T) {
	client := kernel(t)
	info, err := client.Info(t.Context())
	if err != nil || info.Version != "1.2.1" || info.TableSize == 0 {
		t.Errorf("Info() = %+v, %v", info, err)
	}
	want := ipvs.Timeouts{TCP: 900e9, TCPFin: 120e9, UDP: 300e9}
	if got, err := client.Timeouts(t.Context()); err != nil || got != want {
		t.Errorf("Timeouts() = %v, %v; want the kernel's defaults %v", got, err, want)
	}
	want.UDP = 60e9
	if err := client.SetTimeouts(t.Context(), ipvs.Timeouts{UDP: 60e9}); err != nil {
		t.Fatal(err)
	}
	if got, err := client.Timeouts(t.Context()); err != nil || got != want {
		t.Errorf("Timeouts() = %v, %v; want %v", got, err, want)
	}
}

func TestKernelZero(t *testing.T) {
	client := kernel(t)
	s := ipvs.Service{Key: ipvs.Key{Family: ipvs.INET, FWMark: 3}, Scheduler: "rr"}
	apply(t, client, ipvs.Diff(nil, []ipvs.Service{s}))
	if err := client.Zero(t.Context(), s.Key); err != nil {
		t.Error(err)
	}
	if err := client.Zero(t.Context(), ipvs.Key{Family: ipvs.INET, FWMark: 4}); !errors.Is(err, unix.ESRCH) {
		t.Errorf("Zero of a service that is not there: %v, want %v", err, unix.ESRCH)
	}
}

func TestClosedClient(t *testing.T) {
	client := kernel(t)
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Services(t.Context()); !errors.Is(err, ipvs.ErrClosed) {
		t.Errorf("Services() after Close: %v, want %v", err, ipvs.ErrClosed)
	}
}

// TestKernelListIsCompleteWhileOthersRemove lists a table of several pieces
// while services go in another network namespace.
func TestKernelListIsCompleteWhileOthersRemove(t *testing.T) {
	ours, others := kernel(t), make(chan *ipvs.Client)
	table := ipvs.Large(300, 0, 0)
	apply(t, ours, ipvs.Diff(nil, table))
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		other := kernel(t) // in a namespace and thread of its own
		others <- other
		for ctx.Err() == nil {
			apply(t, other, ipvs.Diff(nil, table))
			apply(t, other, ipvs.Diff(table, nil))
		}
	})
	<-others
	for range 100 {
		services, err := ours.Services(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(services) != len(table) {
			t.Errorf("%d services, want %d", len(services), len(table))
		}
	}
	stop()
	wg.Wait()
}
