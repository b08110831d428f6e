package bench

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

var example = Section{
	Title: "A over B",
	Head:  []string{"", "least", "most"},
	Rows:  [][]string{{"director", "1.00", "12.5"}, {"keepalived, vrrp_rt_priority 50", "0.98", "1.00"}},
	Note:  strings.Repeat("Measured side by side. ", 12),
}

func TestTextFitsATerminal(t *testing.T) {
	var out strings.Builder
	example.Text(&out)
	for line := range strings.Lines(out.String()) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 80 {
			t.Errorf("%d columns: %q", n, line)
		}
	}
	want := "  director                          1.00  12.5\n"
	if !strings.Contains(out.String(), want) {
		t.Errorf("no line %q in\n%s", want, out.String())
	}
}

func TestMarkdown(t *testing.T) {
	var out strings.Builder
	example.Markdown(&out)
	want := "|  | least | most |\n|---|---:|---:|\n| director | 1.00 | 12.5 |\n"
	if !strings.Contains(out.String(), want) {
		t.Errorf("no table %q in\n%s", want, out.String())
	}
}

func TestSpread(t *testing.T) {
	var s spread
	if got := strings.Join(s.cells(), " "); got != "- - -" {
		t.Errorf("of nothing: %q", got)
	}
	for _, part := range []time.Duration{30, 10, 200, 12} {
		s.add(part*time.Millisecond, 10*time.Millisecond)
	}
	if got, want := strings.Join(s.cells(), " "), "1.00 2.10 20.0"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCollectKeepsTheWorst(t *testing.T) {
	costs := map[string]cost{}
	for _, line := range []string{
		"goos: linux\n",
		"BenchmarkCodec/v3_IPv4/decode-2  \t  178 \t  66.5 ns/op\t  0 B/op\t  0 allocs/op\n",
		"BenchmarkCodec/v2/decode \t  178 \t  64 ns/op\t  8 B/op\t  1 allocs/op\n",
	} {
		collect(costs, line)
	}
	if want := (cost{66.5, 1}); len(costs) != 1 || costs["Codec, decode"] != want {
		t.Errorf("got %v, want %v of decode alone", costs, want)
	}
}
