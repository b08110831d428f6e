package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"director/integration/lab"
)

// A report collects what several runs of the tests print.
type report struct {
	out io.Writer

	mu           sync.Mutex // guards what follows, and out
	guest        []string
	passed       int
	failed       []string
	skipped      []string
	unsuccessful []error
	claims       int
	begin        time.Time
}

func newReport(out io.Writer) *report { return &report{out: out, begin: time.Now()} }

// forGuest lists the tests that asked to run where IPVS is.
func (r *report) forGuest() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.guest)
}

// line takes one line of a test's output.
func (r *report) line(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, rest, found := strings.Cut(text, lab.Prefix); found {
		kind, what, _ := strings.Cut(rest, " ")
		switch kind {
		case "guest":
			r.guest = append(r.guest, what)
		case "claim":
			r.claims++
			fmt.Fprintln(r.out, "  "+what)
		}
		return
	}
	name, result, ok := parseResult(text)
	switch {
	case !ok:
	case result == "PASS":
		r.passed++
	case result == "FAIL":
		r.failed = append(r.failed, name)
		fmt.Fprintln(r.out, "FAIL "+name)
	case result == "SKIP" && !slices.Contains(r.guest, name):
		r.skipped = append(r.skipped, name)
	}
}

// parseResult reads "    --- PASS: TestA/row (0.01s)".
func parseResult(text string) (name, result string, ok bool) {
	rest, ok := strings.CutPrefix(strings.TrimLeft(text, " "), "--- ")
	if !ok {
		return "", "", false
	}
	result, rest, ok = strings.Cut(rest, ": ")
	name, _, _ = strings.Cut(rest, " ")
	return name, result, ok
}

// end prints the sum and says whether all is well.
func (r *report) end() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, name := range r.skipped {
		fmt.Fprintln(r.out, "SKIP "+name)
	}
	ran := r.passed + len(r.failed)
	fmt.Fprintf(r.out, "%d claims shown in %v\n", r.claims, time.Since(r.begin).Round(time.Second))
	fmt.Fprintf(r.out, "ran %d, skipped %d\n", ran, len(r.skipped))
	switch {
	case len(r.unsuccessful) > 0:
		return errors.Join(append(r.unsuccessful, errFailed)...)
	case ran+len(r.skipped) == 0:
		return errNothing
	case len(r.failed)+len(r.skipped) > 0:
		return errFailed
	}
	return nil
}

// A stream cuts one run's output into lines and keeps it, to be shown when the
// run fails.
type stream struct {
	report *report
	all    bytes.Buffer
	rest   []byte
}

func (r *report) stream() *stream { return &stream{report: r} }

// Write implements io.Writer.
func (s *stream) Write(p []byte) (int, error) {
	s.all.Write(p)
	s.rest = append(s.rest, p...)
	for {
		i := bytes.IndexByte(s.rest, '\n')
		if i < 0 {
			return len(p), nil
		}
		s.report.line(string(s.rest[:i]))
		s.rest = s.rest[i+1:]
	}
}

// finish ends the stream with how its run ended.
func (s *stream) finish(err error) {
	if err == nil {
		return
	}
	s.report.mu.Lock()
	defer s.report.mu.Unlock()
	s.report.unsuccessful = append(s.report.unsuccessful, err)
	for line := range strings.Lines(s.all.String()) {
		if !strings.Contains(line, lab.Prefix) && !strings.HasPrefix(line, "=== ") {
			fmt.Fprint(s.report.out, line)
		}
	}
}
