package bench

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// micro are the benchmarks of pure code whose cost is told.
var micro = []struct{ pkg, pattern string }{
	{"director/vrrp", "^(BenchmarkStep|BenchmarkCodec)$"},
	{"director/ipvs", "^BenchmarkDiff$"},
}

// benchmarkLine is a line as `go test -bench -benchmem` prints it.
var benchmarkLine = regexp.MustCompile(`^Benchmark(\S+?)(?:-\d+)?\s+\d+\s+([\d.]+) ns/op.*?(\d+) allocs/op`)

// Micro runs the benchmarks of Step, codec and Diff for a short time each.
func Micro(ctx context.Context) (Section, error) {
	s := Section{
		Title: "Pure code: share of an advert interval of 10 ms, allocations",
		Head:  []string{"", "time/interval", "allocations"},
		Note:  "go test -bench; Diff of 10,000 servers runs beside the election, not in it.",
	}
	for _, m := range micro {
		cmd := exec.CommandContext(ctx, "go", "test", "-run=^$", "-bench="+m.pattern, "-benchmem", "-benchtime=20ms", m.pkg)
		out, err := cmd.CombinedOutput()
		if err != nil {
			return s, fmt.Errorf("%s: %w\n%s", m.pkg, err, out)
		}
		for line := range strings.Lines(string(out)) {
			found := benchmarkLine.FindStringSubmatch(line)
			if found == nil {
				continue
			}
			ns, err := strconv.ParseFloat(found[2], 64)
			if err != nil {
				return s, fmt.Errorf("%q: %w", line, err)
			}
			share := ns / float64(10*time.Millisecond)
			s.Rows = append(s.Rows, []string{strings.ReplaceAll(found[1], "_", " "), percent(share), found[3]})
		}
	}
	if len(s.Rows) == 0 {
		return s, errors.New("go test -bench printed no benchmark")
	}
	return s, nil
}

func percent(share float64) string { return strconv.FormatFloat(100*share, 'g', 2, 64) + " %" }
