package dataplane

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"director/internal/netif"
	"director/internal/wire"
	"director/ipvs"
	"director/ipvs/ipvstest"
	"director/vrrp"
	"director/vrrp/vrrptest"
)

// world is an engine on a machine that exists only in memory, with a segment on
// which other routers can be played. Its log lists what reaches the outside, in
// order.
type world struct {
	t       *testing.T
	e       *engine
	kernel  *ipvstest.Kernel
	segment *vrrptest.Segment
	other   *vrrptest.Port // of another router, 10.0.0.9
	cancel  context.CancelFunc
	ended   chan struct{}
	opTime  time.Duration // of one IPVS operation

	mu     sync.Mutex // guards what follows
	noIPVS error
	// refusing: there are rules of accept = false.
	refusing bool
	addrs    map[netif.Key]netif.Present
	fail     map[netip.Addr]error
	links    map[string]netif.Link
	routes   map[netip.Prefix]bool
	rules    map[uint32]netif.Rule
	heard    func(ip string) // somebody else announces it
	log      []string
}

var otherAddr = netip.MustParseAddr("10.0.0.9")

// newWorld starts an engine. It must be called in a synctest bubble.
func newWorld(t *testing.T, change func(*world)) *world {
	w := &world{
		t: t, kernel: new(ipvstest.Kernel), segment: vrrptest.NewSegment(time.Millisecond), ended: make(chan struct{}),
		addrs: map[netif.Key]netif.Present{}, fail: map[netip.Addr]error{},
		links:  map[string]netif.Link{"eth0": {Name: "eth0", Index: 1, Up: true}},
		routes: map[netip.Prefix]bool{}, rules: map[uint32]netif.Rule{},
	}
	w.have("10.0.0.2/24", false)
	w.other = w.segment.Attach(otherAddr, func(*vrrp.Received) {})
	if change != nil {
		change(w)
	}
	keep, err := openKeeper(t.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	work, endWork := context.WithCancel(context.Background())
	w.e = newEngine(Options{Log: slog.New(slog.DiscardHandler)}, work, keep, w)
	w.e.announce, w.e.network, w.e.sessions = w, w, noSessions{}
	w.e.open = func() (table, error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.noIPVS != nil {
			return nil, w.noIPVS
		}
		return slowTable{w, w.kernel}, nil
	}
	w.e.relist()
	w.e.refreshMachine()
	w.e.openTable()
	ctx, cancel := context.WithCancel(context.Background())
	w.cancel = cancel
	go func() {
		defer close(w.ended)
		w.e.loop(ctx)
		endWork()
		w.e.workers.Wait()
	}()
	t.Cleanup(func() { w.stop() })
	return w
}

func (w *world) stop() {
	w.cancel()
	<-w.ended
	// Frames under way end before the bubble does.
	time.Sleep(time.Second)
}

func (w *world) note(format string, a ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.log = append(w.log, fmt.Sprintf(format, a...))
}

// took returns the log and forgets it.
func (w *world) took() []string {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	log := w.log
	w.log = nil
	return log
}

// commit puts a configuration in force, as control would.
func (w *world) commit(instances []wire.Instance, services ...wire.ServicePlan) {
	w.e.post(func() {
		w.e.commit(&change{
			begin: wire.Begin{Generation: w.e.generation + 1, Full: true, Instances: instances}, plans: services,
		})
	})
	synctest.Wait()
}

// commitGroups is commit with sync groups.
func (w *world) commitGroups(instances []wire.Instance, groups []wire.Group) {
	w.commitAll(wire.Begin{Instances: instances, Groups: groups})
}

// commitAll is commit of everything but services.
func (w *world) commitAll(b wire.Begin) {
	w.e.post(func() {
		b.Generation, b.Full = w.e.generation+1, true
		w.e.commit(&change{begin: b})
	})
	synctest.Wait()
}

func sameStrings(t *testing.T, got, want []string) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// on has the engine run f.
func (w *world) on(f func(e *engine)) {
	done := make(chan struct{})
	w.e.post(func() { f(w.e); close(done) })
	<-done
}

// event tells the engine of a change of the machine.
func (w *world) event(ev netif.Event) { w.e.post(func() { w.e.event(ev) }) }

// advertise sends one advert as the other router.
func (w *world) advertise(priority uint8) {
	p := vrrp.Packet{
		Version: 3, VRID: 51, Priority: priority, Interval: time.Second,
		Addresses: []netip.Addr{netip.MustParseAddr("10.0.0.100")},
	}
	b, err := p.Append(nil, otherAddr, vrrp.GroupIPv4, vrrp.ChecksumPseudoHeader)
	if err != nil {
		w.t.Error(err)
		return
	}
	if err := w.other.Send(otherAddr, vrrp.GroupIPv4, b); err != nil {
		w.t.Error(err)
	}
}

// advertiseFor plays a living master.
func (w *world) advertiseFor(d time.Duration, priority uint8) {
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(time.Second) {
		w.advertise(priority)
	}
}

// The machine.

func (w *world) have(prefix string, ours bool) netif.Present {
	p := netif.Present{Ours: ours, Index: 1}
	p.Interface, p.Prefix = "eth0", netip.MustParsePrefix(prefix)
	w.addrs[p.Key] = p
	return p
}

func (w *world) Add(_ context.Context, a netif.Address) (netif.Outcome, error) {
	w.mu.Lock()
	err := w.fail[a.Prefix.Addr()]
	was, there := w.addrs[a.Key]
	w.mu.Unlock()
	switch {
	case err != nil:
		return 0, err
	case there && !was.Ours:
		return netif.Foreign, nil
	case there:
		return netif.AlreadyOurs, nil
	}
	w.note("add %s", a.Prefix)
	w.mu.Lock()
	p := w.have(a.Prefix.String(), true)
	w.mu.Unlock()
	w.event(netif.AddressAdded{Address: p})
	return netif.Added, nil
}

func (w *world) Delete(_ context.Context, a netif.Address) error {
	w.note("delete %s", a.Prefix)
	w.mu.Lock()
	delete(w.addrs, a.Key)
	w.mu.Unlock()
	w.event(netif.AddressGone{Key: a.Key})
	return nil
}

func (w *world) Ours(context.Context) ([]netif.Key, error) { return nil, nil }

func (w *world) Addresses(context.Context) ([]netif.Present, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []netif.Present
	for _, p := range w.addrs {
		out = append(out, p)
	}
	return out, nil
}

func (w *world) Links(context.Context) ([]netif.Link, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Collect(maps.Values(w.links)), nil
}

// The announcer.

func (w *world) Start(_ string, addrs []netif.Address, _ netif.Schedule) {
	w.note("schedule %d", len(addrs))
}
func (w *world) AnnounceNow(_ string, a netif.Address) { w.note("announce %s", a.Prefix.Addr()) }
func (w *world) Lower(string)                          { w.note("announce again") }
func (w *world) CarrierBack(string)                    {}
func (w *world) Stop(string)                           { w.note("silence") }

// The network.

func (w *world) Attach(_ *vrrp.Config, _ netif.Link, src netip.Addr, r *vrrp.Runner) (vrrp.Transport, error) {
	return logged{w, w.segment.Attach(src, r.Deliver)}, nil
}

func (w *world) Detach(*vrrp.Runner) {}

// logged notes the adverts of the engine's instance when their priority changes.
type logged struct {
	w *world
	*vrrptest.Port
}

func (l logged) Send(src, dst netip.Addr, message []byte) error {
	l.w.mu.Lock()
	line := fmt.Sprintf("advert %d", message[2])
	if !slices.Contains(l.w.log, line) {
		l.w.log = append(l.w.log, line)
	}
	l.w.mu.Unlock()
	return l.Port.Send(src, dst, message)
}

// slowTable is a kernel that takes its time, and notes what it did.
type slowTable struct {
	w *world
	*ipvstest.Kernel
}

func (s slowTable) Apply(ctx context.Context, ops []ipvs.Op, report func(int, error)) {
	for n, op := range ops {
		time.Sleep(s.w.opTime)
		s.Kernel.Apply(ctx, []ipvs.Op{op}, func(_ int, err error) {
			line, _, _ := strings.Cut(op.String(), " -s ")
			line, _, _ = strings.Cut(line, " -g")
			if err != nil {
				line += ": refused"
			}
			s.w.note("ipvs %s", line)
			report(n, err)
		})
	}
}

func (slowTable) Close() error { return nil }

// What is configured.

// instanceOf makes VI_1 with addresses of the subnet 10.0.0.0/24.
func instanceOf(priority uint8, vips ...string) []wire.Instance {
	i := wire.Instance{VRRP: vrrp.Config{
		Name: "VI_1", Interface: "eth0", Family: vrrp.IPv4, Version: 3, VRID: 51, Priority: priority,
		AdvertInt: time.Second,
	}}
	for _, v := range vips {
		a := netif.Address{Key: netif.Key{Interface: "eth0", Prefix: netip.MustParsePrefix(v + "/24")}}
		i.Addresses = append(i.Addresses, a)
		i.VRRP.Addresses = append(i.VRRP.Addresses, a.Prefix.Addr())
	}
	return []wire.Instance{i}
}

// web makes a service at an address with n servers.
func web(name, vip string, n int) wire.ServicePlan {
	p := wire.ServicePlan{Name: name, Instance: "VI_1", Service: ipvs.Service{
		Key:       ipvs.Key{Family: ipvs.INET, Protocol: ipvs.TCP, Address: netip.MustParseAddrPort(vip + ":80")},
		Scheduler: "wlc",
	}}
	for k := range n {
		p.Service.Servers = append(p.Service.Servers, ipvs.Server{
			ServerKey: ipvs.ServerKey{Address: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 1, byte(k >> 8), byte(k)}), 80)},
			Forward:   ipvs.DR, Weight: 1,
		})
	}
	return p
}

// marked makes a service for a firewall mark.
func marked(name string, mark uint32) wire.ServicePlan {
	p := web(name, "10.0.0.1", 1)
	p.Service.Key = ipvs.Key{Family: ipvs.INET, FWMark: mark}
	return p
}

var errRefused = errors.Join(syscall.EACCES)

func netAddr(s string) netip.Addr         { return netip.MustParseAddr(s) }
func netAddrPort(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }
func netPrefix(s string) netip.Prefix     { return netip.MustParsePrefix(s) }
