package checkers

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestPoolOverRealConnections: a server fails and returns; the pool says so.
func TestPoolOverRealConnections(t *testing.T) {
	var broken atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if broken.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer server.Close()
	s := httpSpec(netip.MustParseAddrPort(server.Listener.Addr().String()), URL{Path: "/"})
	s.ConnectTimeout = 10 * time.Second
	s.DelayLoop, s.DelayBeforeRetry, s.Retry = 20*time.Millisecond, 10*time.Millisecond, 2

	reports := make(chan Report, 1)
	ctx, cancel := context.WithCancel(t.Context())
	p := NewPool(Env{}, Options{Report: func(r Report) {
		select {
		case reports <- r:
		case <-ctx.Done():
		}
	}})
	if err := p.Set(map[ID]Spec{"web": s}, nil); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); p.Run(ctx) }()
	defer func() { cancel(); <-done }()

	await := func(wanted func(Report) bool) Report {
		t.Helper()
		for end := time.After(20 * time.Second); ; {
			select {
			case r := <-reports:
				if wanted(r) {
					return r
				}
			case <-end:
				t.Fatal("no such report")
			}
		}
	}
	await(func(r Report) bool { return r.Health.Known && r.Result.OK })
	broken.Store(true)
	r := await(func(r Report) bool { return r.Change == WentDown })
	if r.Health.Failures != 3 || r.Result.Reason != "status 503, want 200-299" || r.Result.Status != 503 {
		t.Errorf("down: %+v", r)
	}
	broken.Store(false)
	if r = await(func(r Report) bool { return r.Change == WentUp }); !r.Health.Up || r.Result.Reason != "status 200" {
		t.Errorf("up: %+v", r)
	}
}

func TestPoolLogs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{
			ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
				if a.Key == slog.TimeKey {
					return slog.Attr{}
				}
				return a
			},
		}))
		f := newFarm()
		f.set(web1, errRefused)
		lacking := tcpSpec(netip.MustParseAddrPort("10.0.0.2:80"))
		f.set(lacking.Target, &lackError{"socket", errRefused})
		loud := tcpSpec(web1)
		loud.LogAllFailures = true
		w := startPool(t, Env{Dial: f.dial}, Options{Log: log})
		w.mustSet(t, map[ID]Spec{"1 loud": loud, "2 quiet": tcpSpec(web1), "3 lacking": lacking}, nil)
		time.Sleep(12 * time.Second)
		synctest.Wait()
		want := `level=INFO msg="check failed" check="1 loud" reason="connect: connection refused" failures=1
level=WARN msg="check not made" check="3 lacking" reason="socket: connection refused"
level=INFO msg="check failed" check="1 loud" reason="connect: connection refused" failures=2
`
		if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(out.String(), "\n")); diff != "" {
			t.Errorf("log (-want +got):\n%s", diff)
		}
	})
}

// TestMemoryOfAWaitingCheck: ten thousand checks are to fit beside everything
// else.
func TestMemoryOfAWaitingCheck(t *testing.T) {
	const n, most = 10_000, 4 << 10
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	specs := map[ID]Spec{}
	for i := range n {
		target := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)}), 80)
		specs[ID(fmt.Sprintf("web/%v/HTTP_GET", target))] = httpSpec(target, URL{Path: "/health"})
	}
	p := NewPool(Env{}, Options{})
	if err := p.Set(specs, nil); err != nil {
		t.Fatal(err)
	}
	if each := (heap() - before) / n; each > most {
		t.Errorf("%d bytes for each check, want at most %d", each, most)
	} else {
		t.Logf("%d bytes for each check, its spec included", each)
	}
	runtime.KeepAlive(p)
}

func TestMaxSockets(t *testing.T) {
	if n := maxSockets(); n < 16 || n > 16384 {
		t.Errorf("%d", n)
	}
}
