package bench

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os/exec"
	"regexp"
	"slices"
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

// A cost is the worst of some benchmarks of the same thing.
type cost struct {
	ns     float64
	allocs int
}

// Micro runs the benchmarks of Step, codec and Diff for a short time each.
func Micro(ctx context.Context) (Section, error) {
	s := Section{
		Title: "Pure code: share of an advert interval of 10 ms, allocations",
		Head:  []string{"", "time/interval", "allocations"},
		Note:  "go test -bench, the worst over versions and families; Diff runs beside the election, not in it.",
	}
	costs := map[string]cost{}
	for _, m := range micro {
		cmd := exec.CommandContext(ctx, "go", "test", "-run=^$", "-bench="+m.pattern, "-benchmem", "-benchtime=20ms", m.pkg)
		out, err := cmd.CombinedOutput()
		if err != nil {
			return s, fmt.Errorf("%s: %w\n%s", m.pkg, err, out)
		}
		for line := range strings.Lines(string(out)) {
			collect(costs, line)
		}
	}
	if len(costs) == 0 {
		return s, errors.New("go test -bench printed no benchmark")
	}
	for _, what := range slices.Sorted(maps.Keys(costs)) {
		c := costs[what]
		s.Rows = append(s.Rows, []string{what, percent(c.ns / float64(10*time.Millisecond)), strconv.Itoa(c.allocs)})
	}
	return s, nil
}

// collect takes in a line; those that are no benchmark's are left out.
func collect(costs map[string]cost, line string) {
	found := benchmarkLine.FindStringSubmatch(line)
	if found == nil {
		return
	}
	ns, _ := strconv.ParseFloat(found[2], 64) // digits, says the pattern
	allocs, _ := strconv.Atoi(found[3])
	words := strings.Split(strings.ReplaceAll(found[1], "_", " "), "/")
	what := words[0] + ", " + words[len(words)-1]
	if words[0] == "Diff" {
		what = "Diff of 10,000 servers, " + words[len(words)-1]
	}
	worst := costs[what]
	costs[what] = cost{max(worst.ns, ns), max(worst.allocs, allocs)}
}

func percent(share float64) string { return strconv.FormatFloat(100*share, 'g', 2, 64) + " %" }
