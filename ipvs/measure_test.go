package ipvs

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	cloudflare "github.com/cloudflare/ipvs"
	"golang.org/x/sys/unix"
)

// BenchmarkProgram measures ways to bring 10,000 servers into the real kernel,
// and the worst gap of a 10 ms ticker beside them in the same process. It runs
// in the guest, and for the gap as a real-time process:
//
//	guest -test ./ipvs -test.run=NONE -test.bench=Program -test.benchtime=1x
func BenchmarkProgram(b *testing.B) {
	for _, size := range []struct{ services, servers int }{{1, 10000}, {1000, 10}} {
		table := Large(size.services, size.servers, 1)
		for _, way := range ways {
			b.Run(fmt.Sprintf("%dx%d/%s", size.services, size.servers, way.name), func(b *testing.B) {
				client := measured(b)
				report := ticker(b)
				for b.Loop() {
					way.program(b, client, table)
				}
				report()
				count(b, client, size.services*size.servers, way.more)
			})
		}
	}
}

// BenchmarkRead measures reading 10,000 servers, with the ticker beside it.
func BenchmarkRead(b *testing.B) {
	client := measured(b)
	table := Large(1, 10000, 1)
	applyAll(b, client, table)
	lib, err := cloudflare.New()
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = closeLibrary(lib) }()
	b.Run("library", func(b *testing.B) {
		report := ticker(b)
		for b.Loop() {
			if _, err := lib.Destinations(libraryService(table[0])); err != nil {
				b.Fatal(err)
			}
		}
		report()
	})
	b.Run("client", func(b *testing.B) {
		report := ticker(b)
		for b.Loop() {
			count(b, client, 10000, 0)
		}
		report()
	})
}

// measured opens the table of a fresh network namespace.
func measured(b *testing.B) *Client {
	b.Helper()
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		b.Skip(err)
	}
	if out, err := exec.Command("ip", "link", "set", "lo", "up").CombinedOutput(); err != nil {
		b.Skipf("ip: %v: %s", err, out)
	}
	client, err := Open()
	if err != nil {
		b.Skip(err)
	}
	b.Cleanup(func() {
		// Else the kernel does this while the next benchmark runs.
		if err := errors.Join(client.Flush(context.Background()), client.Close()); err != nil {
			b.Error(err)
		}
	})
	return client
}

// ticker ticks every 10 ms until the function returned is called, which
// reports the worst gap between two ticks.
func ticker(b *testing.B) (report func()) {
	stop := make(chan struct{})
	worst := make(chan time.Duration)
	started := make(chan struct{})
	go func() {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		var gap time.Duration
		last := time.Now()
		close(started)
		for running := true; running; {
			select {
			case <-tick.C:
			case <-stop:
				running = false
			}
			now := time.Now()
			gap = max(gap, now.Sub(last))
			last = now
		}
		worst <- gap
	}()
	<-started
	return func() {
		close(stop)
		b.ReportMetric(float64((<-worst).Microseconds())/1000, "ms-worst-gap")
	}
}

func count(b *testing.B, client *Client, want, more int) {
	b.Helper()
	services, err := client.Services(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	n := 0
	for _, s := range services {
		servers, err := client.Servers(b.Context(), s.Key)
		if err != nil {
			b.Fatal(err)
		}
		n += len(servers)
	}
	if n != want+more && n != 0 {
		b.Fatalf("%d servers in the kernel, want %d", n, want)
	}
}

func applyAll(b *testing.B, client *Client, table []Service) {
	b.Helper()
	client.Apply(b.Context(), Diff(nil, table), func(_ int, err error) {
		if err != nil {
			b.Fatal(err)
		}
	})
}

type way struct {
	name    string
	program func(*testing.B, *Client, []Service)
	more    int // servers beside the table
}

var ways = []way{
	{"nothing, for 1 s", func(*testing.B, *Client, []Service) { time.Sleep(time.Second) }, 0},
	{"diff alone", func(_ *testing.B, _ *Client, table []Service) { Diff(nil, table) }, 0},
	{"client", applyAll, 0},
	{"own batches of 50, no pause", func(b *testing.B, client *Client, table []Service) { ownBatches(b, client, table, burst) }, 0},
	{"own one by one, no pause", func(b *testing.B, client *Client, table []Service) { ownBatches(b, client, table, 1) }, 0},
	{"library one by one, no pause", libraryOneByOne, 0},
	{"ipvsadm -R", ipvsadmRestore, 0},
	{"keepalived", keepalived, 1},
}

func ownBatches(b *testing.B, client *Client, table []Service, size int) {
	ops := Diff(nil, table)
	for len(ops) > 0 && ops[0].Kind == AddService {
		if err := client.service(b.Context(), ops[0]); err != nil {
			b.Fatal(err)
		}
		ops = ops[1:]
	}
	for len(ops) > 0 {
		n := min(size, len(ops))
		for _, err := range client.send(b.Context(), ops[:n]) {
			if err != nil {
				b.Fatal(err)
			}
		}
		ops = ops[n:]
	}
}

func libraryOneByOne(b *testing.B, _ *Client, table []Service) {
	lib, err := cloudflare.New()
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = closeLibrary(lib) }()
	for _, s := range table {
		service := libraryService(s)
		if err := lib.CreateService(service); err != nil {
			b.Fatal(err)
		}
		for _, server := range s.Servers {
			err := lib.CreateDestination(service, cloudflare.Destination{
				Address: server.Address.Addr(), Port: server.Address.Port(), Family: cloudflare.INET,
				FwdMethod: cloudflare.DirectRoute, Weight: server.Weight,
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}

func ipvsadmRestore(b *testing.B, _ *Client, table []Service) {
	var in strings.Builder
	for _, op := range Diff(nil, table) {
		fmt.Fprintln(&in, op)
	}
	cmd := exec.Command("ipvsadm", "-R")
	cmd.Stdin = strings.NewReader(in.String())
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
}

// keepalived starts keepalived with the table and waits for the last service,
// which it adds after everything else.
func keepalived(b *testing.B, _ *Client, table []Service) {
	dir := b.TempDir()
	var conf strings.Builder
	conf.WriteString("global_defs {\n}\n")
	for _, s := range append(table, Service{Key: sentinel, Scheduler: "rr"}) {
		fmt.Fprintf(&conf, "virtual_server %s %d {\n lvs_sched %s\n lvs_method DR\n protocol TCP\n", s.Address.Addr(), s.Address.Port(), s.Scheduler)
		for _, server := range s.Servers {
			fmt.Fprintf(&conf, " real_server %s %d {\n  weight 1\n }\n", server.Address.Addr(), server.Address.Port())
		}
		if s.Key == sentinel {
			conf.WriteString(" real_server 10.255.0.1 80 {\n  weight 1\n }\n")
		}
		conf.WriteString("}\n")
	}
	file := filepath.Join(dir, "keepalived.conf")
	if err := os.WriteFile(file, []byte(conf.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	lib, err := cloudflare.New()
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = closeLibrary(lib) }()
	cmd := exec.Command("keepalived", "-C", "-n", "-l", "-f", file, "-p", filepath.Join(dir, "pid"), "-c", filepath.Join(dir, "cpid"))
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	want := libraryService(Service{Key: sentinel})
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if _, err := lib.Service(want); err == nil {
			break
		}
	}
	b.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
}

var sentinel = Key{Family: INET, Protocol: TCP, Address: netip.MustParseAddrPort("10.254.0.1:80")}
