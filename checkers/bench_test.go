package checkers

import (
	"bufio"
	"context"
	"crypto/md5"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// startServer runs the fixed web server in a process of its own.
func startServer(tb testing.TB) netip.AddrPort {
	tb.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), serveEnv+"=127.0.0.1:0")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		in.Close()
		cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		tb.Fatal(err)
	}
	return netip.MustParseAddrPort(strings.TrimSpace(line))
}

// cpu is what this process has used so far.
func cpu(tb testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkProbe compares one probe with status, digest and regex with the
// same by a client of net/http. Read cpu-us/op: the server is another process.
func BenchmarkProbe(b *testing.B) {
	target := startServer(b)
	digest := md5.Sum([]byte(fixedBody))
	spec := httpSpec(target, URL{Path: "/", Digest: &digest, Regex: regexp.MustCompile(`all \d+ backends`)})
	b.Run("director", func(b *testing.B) {
		p, err := New(spec, Env{})
		if err != nil {
			b.Fatal(err)
		}
		benchmarkProbe(b, func() bool { return p.Probe(context.Background(), 0).OK })
	})
	b.Run("nethttp", func(b *testing.B) {
		u := &spec.HTTP.URLs[0]
		benchmarkProbe(b, func() bool { return probeByClient(target, u) == nil })
	})
	b.Run("tcp", func(b *testing.B) {
		// Other sources: each probe leaves a TIME_WAIT, and an address has
		// 28,000 ports towards the target.
		var n atomic.Uint32
		p, err := New(tcpSpec(target), Env{SourceFor: func(netip.Addr) (netip.Addr, error) {
			return netip.AddrFrom4([4]byte{127, 2, 0, byte(n.Add(1))}), nil
		}})
		if err != nil {
			b.Fatal(err)
		}
		benchmarkProbe(b, func() bool { return p.Probe(context.Background(), 0).OK })
	})
}

func benchmarkProbe(b *testing.B, probe func() bool) {
	b.ReportAllocs()
	before := cpu(b)
	b.SetParallelism(8)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if !probe() {
				b.Error("probe was not in order")
			}
		}
	})
	b.ReportMetric(float64((cpu(b)-before).Microseconds())/float64(b.N), "cpu-us/op")
}

// probeByClient is the plain way: a transport for each probe.
func probeByClient(target netip.AddrPort, u *URL) error {
	client := http.Client{
		Timeout: 3 * time.Second,
		Transport: &http.Transport{
			DisableKeepAlives: true,
			DialContext:       (&net.Dialer{Timeout: time.Second}).DialContext,
		},
	}
	answer, err := client.Get("http://" + target.String() + u.Path)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxBody))
	if err != nil {
		return err
	}
	if err := judgeStatus(u, answer.StatusCode); err != nil {
		return err
	}
	if err := judgeDigest(u, md5.Sum(body)); err != nil {
		return err
	}
	return judgeRegex(u, body)
}

// BenchmarkPool gives the CPU of one check at a steady rate, by the whole way:
// queue, probe, verdict, report. Each check has a target address of its own.
func BenchmarkPool(b *testing.B) {
	target := startServer(b)
	for _, checks := range []int{500, 1000, 5000, 10000} {
		b.Run(fmt.Sprintf("%dps", checks), func(b *testing.B) { benchmarkPool(b, target, checks) })
	}
}

func benchmarkPool(b *testing.B, target netip.AddrPort, checks int) {
	digest := md5.Sum([]byte(fixedBody))
	u := URL{Path: "/", Digest: &digest, Regex: regexp.MustCompile(`all \d+ backends`)}
	specs := map[ID]Spec{}
	for i := range checks {
		s := httpSpec(target, u)
		s.DelayLoop, s.Warmup = time.Second, time.Second
		s.Bind = netip.AddrFrom4([4]byte{127, 1, byte(i >> 8), byte(i)})
		specs[ID(fmt.Sprintf("%05d", i))] = s
	}
	for b.Loop() {
		ctx, cancel := context.WithTimeout(b.Context(), 4*time.Second)
		pool := NewPool(Env{}, Options{})
		if err := pool.Set(specs, nil); err != nil {
			b.Fatal(err)
		}
		before := cpu(b)
		pool.Run(ctx)
		cancel()
		s := pool.Stats()
		if s.Failed+s.Unmade > 0 {
			b.Errorf("%+v", s)
		}
		b.ReportMetric(float64((cpu(b)-before).Microseconds())/float64(s.Made), "cpu-us/check")
		b.ReportMetric(float64(s.Made)/float64(4*checks)*100, "%made")
		b.ReportMetric(float64(s.WorstLateness.Milliseconds()), "ms-late")
	}
}
