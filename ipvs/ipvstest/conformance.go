package ipvstest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"director/ipvs"
)

// Conformance checks that a table behaves as the director relies on. open
// returns a table that is empty and nobody else uses. The kernel needs the
// schedulers rr, wrr, wlc and sh and the engine sip.
func Conformance(t *testing.T, open func(t *testing.T) Table) {
	for _, c := range slices.Concat(roundTrips, changes, refusals) {
		t.Run(c.name, func(t *testing.T) { c.check(&bench{T: t, table: open(t)}) })
	}
	t.Run("applying a diff gives what is wanted, a second diff is empty", func(t *testing.T) {
		b := &bench{T: t, table: open(t)}
		rapid.Check(t, func(rt *rapid.T) { b.diffConverges(rt) })
	})
}

type check struct {
	name  string
	check func(b *bench)
}

// bench is a table under test.
type bench struct {
	*testing.T
	table Table
}

// apply carries out operations and returns what was reported for each.
func (b *bench) apply(ops ...ipvs.Op) []error {
	b.Helper()
	errs, next := make([]error, len(ops)), 0
	b.table.Apply(b.Context(), ops, func(i int, err error) {
		if i != next {
			b.Errorf("report of operation %d, want %d: once for each, in order", i, next)
		}
		next++
		errs[i] = err
	})
	if next != len(ops) {
		b.Errorf("%d reports for %d operations", next, len(ops))
	}
	return errs
}

// must carries out operations that succeed.
func (b *bench) must(ops ...ipvs.Op) {
	b.Helper()
	if err := errors.Join(b.apply(ops...)...); err != nil {
		b.Fatal(err)
	}
}

// all reads the whole table.
func (b *bench) all() []ipvs.Service {
	b.Helper()
	services, err := b.table.Services(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	var keys []ipvs.Key
	for _, s := range services {
		keys = append(keys, s.Key)
	}
	table, err := b.table.Table(b.Context(), keys)
	if err != nil {
		b.Fatal(err)
	}
	return table
}

// holds compares the whole table with what is wanted.
func (b *bench) holds(want ...ipvs.Service) {
	b.Helper()
	if diff := compare(want, b.all()); diff != "" {
		b.Errorf("the table is not as wanted (-want +got):\n%s", diff)
	}
}

// compare ignores the order, which the kernel does not keep.
func compare(want, got []ipvs.Service) string {
	return gocmp.Diff(normal(want), normal(got), cmpopts.EquateEmpty(), cmpopts.EquateComparable(ipvs.Key{}, ipvs.ServerKey{}))
}

func normal(services []ipvs.Service) []ipvs.Service {
	var all []ipvs.Service
	for _, s := range services {
		n := s.Normal()
		for _, server := range s.Servers {
			n.Servers = append(n.Servers, server.Normal())
		}
		slices.SortFunc(n.Servers, func(a, b ipvs.Server) int { return a.Address.Compare(b.Address) })
		all = append(all, n)
	}
	slices.SortFunc(all, func(a, b ipvs.Service) int { return cmp.Or(compareKeys(a.Key, b.Key)) })
	return all
}

// diffConverges brings the table from wherever it is to a drawn one.
func (b *bench) diffConverges(rt *rapid.T) {
	want := Tables().Draw(rt, "want")
	if err := errors.Join(b.apply(ipvs.Diff(b.all(), want)...)...); err != nil {
		rt.Fatal(err)
	}
	got := b.all()
	if diff := compare(want, got); diff != "" {
		rt.Fatalf("the table is not as wanted (-want +got):\n%s", diff)
	}
	if again := ipvs.Diff(got, want); len(again) > 0 {
		rt.Fatalf("a second diff is not empty: %v", again)
	}
}

// wantErrors compares reported errors; nil is success.
func (b *bench) wantErrors(got []error, want ...error) {
	b.Helper()
	for i, err := range got {
		if !errors.Is(err, want[i]) {
			b.Errorf("operation %d: got %v, want %v", i, err, want[i])
		}
	}
}

func addService(s ipvs.Service) ipvs.Op    { return ipvs.Op{Kind: ipvs.AddService, Service: s} }
func updateService(s ipvs.Service) ipvs.Op { return ipvs.Op{Kind: ipvs.UpdateService, Service: s} }
func deleteService(k ipvs.Key) ipvs.Op {
	return ipvs.Op{Kind: ipvs.DeleteService, Service: ipvs.Service{Key: k}}
}

func serverOp(kind ipvs.OpKind, k ipvs.Key, s ipvs.Server) ipvs.Op {
	return ipvs.Op{Kind: kind, Service: ipvs.Service{Key: k}, Server: s}
}

func addServer(k ipvs.Key, s ipvs.Server) ipvs.Op { return serverOp(ipvs.AddServer, k, s) }

// program adds services with their servers.
func program(services ...ipvs.Service) []ipvs.Op { return ipvs.Diff(nil, services) }

// web is a plain service with n servers.
func web(n int) ipvs.Service {
	s := ipvs.Service{Key: key(ipvs.TCP, "192.0.2.80:80"), Scheduler: "wlc"}
	for i := range n {
		s.Servers = append(s.Servers, server(fmt.Sprintf("10.8.%d.%d:80", i/250, i%250+1)))
	}
	return s
}

func server(addr string) ipvs.Server {
	return ipvs.Server{ServerKey: serverKey(addr), Forward: ipvs.DR, Weight: 1}
}

// with returns the server, changed.
func with(s ipvs.Server, change func(*ipvs.Server)) ipvs.Server {
	change(&s)
	return s
}

var refusals = []check{
	{"a service whose scheduler is not there is refused, the others go on", func(b *bench) {
		bad := ipvs.Service{Key: key(ipvs.TCP, "192.0.2.81:80"), Scheduler: "nosuch"}
		errs := b.apply(append([]ipvs.Op{addService(bad)}, program(web(1))...)...)
		b.wantErrors(errs, syscall.ENOENT, nil, nil)
		b.holds(web(1))
	}},
	{"a service whose engine is not there is refused", func(b *bench) {
		bad := ipvs.Service{Key: key(ipvs.UDP, "192.0.2.81:80"), Scheduler: "rr", Timeout: time.Minute, Engine: "nosuch"}
		b.wantErrors(b.apply(addService(bad)), syscall.ENOENT)
		b.holds()
	}},
	{"a scheduler name of 16 bytes is refused", func(b *bench) {
		bad := ipvs.Service{Key: key(ipvs.TCP, "192.0.2.81:80"), Scheduler: strings.Repeat("x", 16)}
		b.wantErrors(b.apply(addService(bad)), syscall.EINVAL)
		b.holds()
	}},
	{"changing a service that is gone is refused", func(b *bench) {
		b.wantErrors(b.apply(updateService(web(0))), syscall.ESRCH)
		b.holds()
	}},
	{"a server for a service that is gone is refused", func(b *bench) {
		b.wantErrors(b.apply(program(web(2))[1:]...), syscall.ESRCH, syscall.ESRCH)
		b.holds()
	}},
	{"servers the kernel refuses", refusedServers},
	{"an operation without address is refused", func(b *bench) {
		b.must(program(web(1))...)
		b.wantErrors(b.apply(addService(ipvs.Service{Scheduler: "rr"}), addServer(web(0).Key, ipvs.Server{}),
			ipvs.Op{Kind: 99, Service: web(0)}), ipvs.ErrInvalid, ipvs.ErrInvalid, ipvs.ErrInvalid)
		b.holds(web(1))
	}},
	{"after the end of the context nothing is changed and everything reported", func(b *bench) {
		ctx, cancel := context.WithCancel(b.Context())
		cancel()
		var errs []error
		b.table.Apply(ctx, program(web(2)), func(_ int, err error) { errs = append(errs, err) })
		if len(errs) != 3 {
			b.Fatalf("%d reports for 3 operations", len(errs))
		}
		b.wantErrors(errs, context.Canceled, context.Canceled, context.Canceled)
		b.holds()
	}},
}

// refusedServers puts refused servers among good ones in one batch.
func refusedServers(b *bench) {
	rows := []struct {
		name   string
		server ipvs.Server
		want   error
	}{
		{"good", server("10.8.0.1:80"), nil},
		{"lower threshold above the upper", with(server("10.8.0.2:80"), func(s *ipvs.Server) { s.Upper, s.Lower = 5, 6 }), syscall.ERANGE},
		{"lower threshold alone", with(server("10.8.0.3:80"), func(s *ipvs.Server) { s.Lower = 6 }), syscall.ERANGE},
		{"weight above an int", with(server("10.8.0.4:80"), func(s *ipvs.Server) { s.Weight = 1 << 31 }), syscall.ERANGE},
		{"good again", server("10.8.0.5:80"), nil},
		{"other family without tunnel", server("[2001:db8::5]:80"), syscall.EINVAL},
		{"GUE without port", with(server("10.8.0.6:80"), func(s *ipvs.Server) { s.Forward, s.Tunnel = ipvs.TUN, ipvs.GUE }), syscall.EINVAL},
		{"multicast", server("224.0.0.9:80"), syscall.EINVAL},
		{"good at the end", server("10.8.0.7:80"), nil},
	}
	var ops []ipvs.Op
	want := web(0)
	b.must(addService(want))
	for _, row := range rows {
		ops = append(ops, addServer(want.Key, row.server))
		if row.want == nil {
			want.Servers = append(want.Servers, row.server)
		}
	}
	for i, err := range b.apply(ops...) {
		if !errors.Is(err, rows[i].want) {
			b.Errorf("%s: got %v, want %v", rows[i].name, err, rows[i].want)
		}
	}
	b.holds(want)
}
