package checkers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// farm is servers in memory: it answers the connects of a pool, and notes them.
type farm struct {
	mu       sync.Mutex
	begin    time.Time
	down     map[netip.AddrPort]error
	slow     time.Duration
	attempts map[netip.AddrPort][]time.Duration
	open     int
	mostOpen int
}

func newFarm() *farm {
	return &farm{begin: time.Now(), down: map[netip.AddrPort]error{}, attempts: map[netip.AddrPort][]time.Duration{}}
}

var errRefused = errors.New("connection refused")

func (f *farm) dial(_ context.Context, s *Spec, _ netip.Addr) (Conn, error) {
	f.mu.Lock()
	f.attempts[s.Target] = append(f.attempts[s.Target], time.Since(f.begin))
	err, slow := f.down[s.Target], f.slow
	f.open++
	f.mostOpen = max(f.mostOpen, f.open)
	f.mu.Unlock()
	time.Sleep(slow)
	f.mu.Lock()
	f.open--
	f.mu.Unlock()
	if err != nil {
		return nil, err
	}
	near, far := net.Pipe()
	far.Close()
	return near, nil
}

// set makes a server's connects end with err.
func (f *farm) set(target netip.AddrPort, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.down[target] = err
}

// watch is a pool with its reports; call from a synctest bubble.
type watch struct {
	*Pool
	mu      sync.Mutex
	begin   time.Time
	changes []string
	reports []Report
}

func startPool(t *testing.T, env Env, opts Options) *watch {
	t.Helper()
	w := &watch{begin: time.Now()}
	opts.Report = w.report
	w.Pool = NewPool(env, opts)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); w.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return w
}

func (w *watch) report(r Report) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reports = append(w.reports, r)
	if r.Change != NoChange {
		w.changes = append(w.changes, fmt.Sprintf("%v %s %v: %s", time.Since(w.begin), r.ID, r.Change, r.Result.Reason))
	}
}

func (w *watch) mustSet(t *testing.T, specs map[ID]Spec, remembered map[ID]Health) {
	t.Helper()
	if err := w.Set(specs, remembered); err != nil {
		t.Fatal(err)
	}
}

// wantChanges compares the changes since the last call.
func (w *watch) wantChanges(t *testing.T, want ...string) {
	t.Helper()
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	if diff := cmp.Diff(want, w.changes); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	w.changes = nil
}

var web1 = netip.MustParseAddrPort("10.0.0.1:80")

func TestPoolTakesOutAfterRetriesAndBringsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFarm()
		w := startPool(t, Env{Dial: f.dial}, Options{})
		s := tcpSpec(web1)
		s.Retry, s.DelayBeforeRetry, s.DelayLoop = 2, 3*time.Second, 10*time.Second
		w.mustSet(t, map[ID]Spec{"web": s}, nil)

		time.Sleep(5 * time.Second)
		f.set(web1, errRefused) // found at 10 s, 13 s, 16 s
		time.Sleep(11*time.Second - time.Nanosecond)
		w.wantChanges(t)
		time.Sleep(time.Nanosecond)
		w.wantChanges(t, "16s web down: connect: connection refused")

		f.set(web1, nil)
		time.Sleep(10*time.Second - time.Nanosecond)
		w.wantChanges(t)
		time.Sleep(time.Nanosecond)
		w.wantChanges(t, "26s web up: connected")

		want := []time.Duration{0, 10 * time.Second, 13 * time.Second, 16 * time.Second, 26 * time.Second}
		if diff := cmp.Diff(want, f.attempts[web1]); diff != "" {
			t.Errorf("attempts (-want +got):\n%s", diff)
		}
	})
}

func TestPoolCountsThePeriodFromTheEndOfAProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFarm()
		f.slow = 4 * time.Second
		w := startPool(t, Env{Dial: f.dial}, Options{})
		w.mustSet(t, map[ID]Spec{"web": tcpSpec(web1)}, nil)
		time.Sleep(time.Minute)
		synctest.Wait()
		want := []time.Duration{0, 14 * time.Second, 28 * time.Second, 42 * time.Second, 56 * time.Second}
		if diff := cmp.Diff(want, f.attempts[web1]); diff != "" {
			t.Errorf("attempts (-want +got):\n%s", diff)
		}
	})
}

func TestPoolKeepsTheHistoryOfAnUnchangedCheck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFarm()
		w := startPool(t, Env{Dial: f.dial}, Options{})
		s := tcpSpec(web1)
		other := tcpSpec(netip.MustParseAddrPort("10.0.0.2:80"))
		w.mustSet(t, map[ID]Spec{"web": s, "zzz": other}, nil)
		time.Sleep(9 * time.Second)
		f.set(web1, errRefused)
		f.set(other.Target, errRefused)
		time.Sleep(1500 * time.Millisecond) // one failure of two for web
		w.mustSet(t, map[ID]Spec{"web": s, "new": other}, map[ID]Health{"web": {}})
		w.wantChanges(t, "10.5s new down: connect: connection refused") // its first failure

		time.Sleep(time.Second)
		synctest.Wait()
		w.wantChanges(t, "11s web down: connect: connection refused")
		if got := len(f.attempts[other.Target]); got != 2 {
			t.Errorf("%d connects to %v, want 1 of the removed check and 1 of the new", got, other.Target)
		}

		changed := s
		changed.Retry = 5
		w.mustSet(t, map[ID]Spec{"web": changed}, map[ID]Health{"web": {Up: true, Known: true}})
		w.wantChanges(t) // resumed as up: the first failure has retries
		w.mustSet(t, nil, nil)
		before := len(f.attempts[web1])
		time.Sleep(time.Hour)
		synctest.Wait()
		if got := len(f.attempts[web1]); got != before {
			t.Errorf("%d probes of a removed check", got-before)
		}
		if got := w.Stats().Checks; got != 0 {
			t.Errorf("%d checks left", got)
		}
	})
}

func TestPoolResumesWithoutFlapping(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFarm()
		f.set(web1, errRefused)
		w := startPool(t, Env{Dial: f.dial}, Options{})
		s := tcpSpec(web1)
		remembered := map[ID]Health{
			"in":  {Up: true, Known: true, Since: time.Now().Add(-time.Hour)},
			"out": {Known: true, Since: time.Now().Add(-time.Hour), Failures: 7},
		}
		specs := map[ID]Spec{"in": s, "out": s, "unknown": s}
		w.mustSet(t, specs, remembered)
		w.mustSet(t, specs, nil) // before the first was looked at: nothing is forgotten
		time.Sleep(9 * time.Second)
		// "in" at 0 and 1 s, "out" never changes, "unknown" at 2/3 of the loop.
		w.wantChanges(t, "1s in down: connect: connection refused", "6.67s unknown down: connect: connection refused")
	})
}

func TestPoolDropsAResultThatComesAfterTheCheckWasRemoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFarm()
		f.slow = time.Second
		f.set(web1, errRefused)
		w := startPool(t, Env{Dial: f.dial}, Options{})
		w.mustSet(t, map[ID]Spec{"web": tcpSpec(web1)}, nil)
		time.Sleep(500 * time.Millisecond)
		w.mustSet(t, nil, nil)
		time.Sleep(time.Minute)
		w.wantChanges(t)
		if s := w.Stats(); len(w.reports) != 0 || s.InFlight != 0 {
			t.Errorf("reports %v, stats %+v", w.reports, s)
		}
	})
}

func TestPoolSetRefusesAllWhenOneIsBad(t *testing.T) {
	p := NewPool(Env{}, Options{})
	bad := tcpSpec(netip.AddrPort{})
	err := p.Set(map[ID]Spec{"good": tcpSpec(web1), "bad": bad}, nil)
	if err == nil || !strings.Contains(err.Error(), "check bad: target") || p.wanted != nil {
		t.Errorf("err %v, wanted %v", err, p.wanted)
	}
}

func TestPoolWaitingForASlotIsLatenessNotFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFarm()
		f.slow = 900 * time.Millisecond // below connect_timeout
		w := startPool(t, Env{Dial: f.dial}, Options{MaxInFlight: 5})
		specs := map[ID]Spec{}
		for i := range 20 {
			s := tcpSpec(netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}), 80))
			s.DelayLoop, s.Warmup = time.Second, 0
			specs[ID(fmt.Sprint(i))] = s
		}
		w.mustSet(t, specs, nil)
		time.Sleep(time.Minute)
		synctest.Wait()
		s := w.Stats()
		if f.mostOpen != 5 || s.Failed != 0 || s.Unmade != 0 || s.Late == 0 || s.WorstLateness < 2*time.Second {
			t.Errorf("most at once %d, want 5; stats %+v", f.mostOpen, s)
		}
		for target, attempts := range f.attempts {
			if len(attempts) < 10 {
				t.Errorf("%v starves: %d probes in a minute", target, len(attempts))
			}
		}
	})
}

func TestPoolDoesNotCountWhatThisMachineLacks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		noSource := Env{SourceFor: func(netip.Addr) (netip.Addr, error) {
			return netip.Addr{}, errors.New("only virtual addresses")
		}}
		w := startPool(t, noSource, Options{})
		w.mustSet(t, map[ID]Spec{"web": tcpSpec(web1)}, nil)
		time.Sleep(time.Minute)
		w.wantChanges(t)
		s := w.Stats()
		if s.Made != 0 || s.Unmade < 50 {
			t.Errorf("stats %+v, want nothing made", s)
		}
		want := "source for 10.0.0.1: only virtual addresses"
		if r := w.reports[0]; r.Result.Reason != want || !r.Health.Up || r.Health.Known {
			t.Errorf("report %+v, want reason %q", r, want)
		}
	})
}

// TestTenThousandChecks: spread evenly, none lost, each on time, also when all
// servers fail at one moment.
func TestTenThousandChecks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n, seconds = 10_000, 5
		f := newFarm()
		w := startPool(t, Env{Dial: f.dial}, Options{})
		specs := map[ID]Spec{}
		for i := range n {
			s := tcpSpec(netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)}), 80))
			s.DelayLoop, s.Warmup = time.Second, 3*time.Second
			specs[ID(fmt.Sprintf("%05d", i))] = s
		}
		w.mustSet(t, specs, nil)
		time.Sleep(seconds*time.Second - tick/2)
		synctest.Wait()

		perTick := map[time.Duration]int{}
		for target, attempts := range f.attempts {
			if first := attempts[0]; first > time.Second {
				t.Errorf("%v: first probe after %v", target, first)
			}
			for i, at := range attempts {
				if want := attempts[0] + time.Duration(i)*time.Second; at != want {
					t.Fatalf("%v: probes at %v", target, attempts)
				}
				perTick[at]++
			}
		}
		if len(f.attempts) != n {
			t.Errorf("%d servers probed, want %d", len(f.attempts), n)
		}
		counts := slices.Sorted(func(yield func(int) bool) {
			for _, c := range perTick {
				if !yield(c) {
					return
				}
			}
		})
		// Half of the first tick's share comes a loop later, for starts are rounded.
		if fair := n * int(tick) / int(time.Second); counts[len(counts)-1] > fair+1 || counts[0] < fair/2 {
			t.Errorf("starts in a tick from %d to %d, want about %d", counts[0], counts[len(counts)-1], fair)
		}
		if s := w.Stats(); s.Late != 0 || s.Made < n*(seconds-1) || s.Checks != n {
			t.Errorf("stats %+v", s)
		}

		f.mu.Lock()
		for target := range f.attempts {
			f.down[target] = errRefused
		}
		f.mu.Unlock()
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if s := w.Stats(); len(w.changes) != n || s.Late != 0 {
			t.Errorf("%d servers out, want %d; stats %+v", len(w.changes), n, s)
		}
	})
}

func TestPoolSpreadsWhatFellDueTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFarm()
		w := startPool(t, Env{Dial: f.dial}, Options{})
		specs := map[ID]Spec{}
		for i := range 1000 {
			s := tcpSpec(netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)}), 80))
			s.DelayLoop, s.DelayBeforeRetry, s.Warmup = time.Second, time.Second, 0
			specs[ID(fmt.Sprint(i))] = s
		}
		w.mustSet(t, specs, nil)
		time.Sleep(300 * time.Millisecond)
		synctest.Wait()
		perTick := map[time.Duration]int{}
		for _, attempts := range f.attempts {
			perTick[attempts[0]]++
		}
		if len(f.attempts) != 1000 || len(perTick) != 25 {
			t.Errorf("%d probes in %d ticks, want 1000 in 25", len(f.attempts), len(perTick))
		}
	})
}

func TestPoolStopsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		silent := func(context.Context, *Spec, netip.Addr) (Conn, error) {
			near, far := net.Pipe()
			go io.Copy(io.Discard, far) // takes the request, never answers
			return near, nil
		}
		reports := 0
		p := NewPool(Env{Dial: silent}, Options{Report: func(Report) { reports++ }})
		if err := p.Set(map[ID]Spec{"web": httpSpec(web1, URL{Path: "/"})}, nil); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(500*time.Millisecond, cancel)
		begin := time.Now()
		p.Run(ctx)
		if took := time.Since(begin); took != 500*time.Millisecond || reports != 0 {
			t.Errorf("stopped after %v with %d reports, want 500ms and none", took, reports)
		}
	})
}
