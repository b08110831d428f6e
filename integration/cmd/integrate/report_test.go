package main

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestReport(t *testing.T) {
	for _, row := range []struct {
		name   string
		output string
		end    error // how the run ended
		want   error
		last   string
	}{
		{"all pass", "--- PASS: TestA (0.01s)\n    --- PASS: TestA/row (0.00s)\n", nil, nil, "ran 2, skipped 0"},
		{"nothing matches", "PASS\n", nil, errNothing, "ran 0, skipped 0"},
		{"a skipped row is a failure", "--- PASS: TestA (0.01s)\n    --- SKIP: TestA/row (0.00s)\n", nil, errFailed, "ran 1, skipped 1"},
		{"a failed test", "--- FAIL: TestA (0.01s)\n", errors.New("exit status 1"), errFailed, "ran 1, skipped 0"},
		{"a run that dies after its tests passed", "--- PASS: TestA (0.01s)\n", errors.New("killed"), errFailed, "ran 1, skipped 0"},
		{"skipped here, to be run in the guest", "director-integration: guest TestA\n--- SKIP: TestA (0.00s)\n--- PASS: TestB (0.00s)\n", nil, nil, "ran 1, skipped 0"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var out strings.Builder
			r := newReport(&out)
			s := r.stream()
			for _, b := range []byte(row.output) { // lines arrive in pieces
				_, _ = s.Write([]byte{b})
			}
			s.finish(row.end)
			if err := r.end(); !errors.Is(err, row.want) {
				t.Errorf("got error %v, want %v", err, row.want)
			}
			if !strings.HasSuffix(out.String(), "\n"+row.last+"\n") {
				t.Errorf("got\n%s\nwant it to end with %q", out.String(), row.last)
			}
		})
	}
}

func TestReportPrintsClaimsOnly(t *testing.T) {
	var out strings.Builder
	s := newReport(&out).stream()
	fmt.Fprint(s, "=== RUN   TestA\ndirector-integration: claim TestA: one is master\n    a_test.go:1: noise\n")
	if got := out.String(); got != "  TestA: one is master\n" {
		t.Errorf("got %q", got)
	}
}

func TestShareDealsTestsToGuests(t *testing.T) {
	for want, names := range map[string][]string{
		"[]":          nil,
		"[[A]]":       {"A"},
		"[[A C] [B]]": {"A", "B", "C"},
	} {
		if got := fmt.Sprint(share(names, 2)); got != want {
			t.Errorf("share(%v, 2) = %s, want %s", names, got, want)
		}
	}
}
