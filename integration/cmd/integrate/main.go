// Command integrate runs the integration tests: those that need network
// namespaces here, those that need IPVS where package guest takes them. It
// prints each claim that the tests have shown and ends with the number of tests
// that ran and were skipped. Nothing run, or something skipped, is a failure.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"director/integration/lab"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "integrate:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("integrate", flag.ContinueOnError)
	pattern := flags.String("run", ".", "run the tests that match, as go test -run")
	boots := flags.Int("guests", 2, "share the tests that need IPVS among this many guests at a time")
	lasting := flags.Duration("for", 0, "run again and again for this long, until one fails")
	if err := flags.Parse(args); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "integrate-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	suite, err := build(ctx, dir, *pattern)
	if err != nil {
		return err
	}
	suite.out, suite.boots, suite.lasting = out, *boots, *lasting
	for begin, round := time.Now(), 1; ; round++ {
		if *lasting > 0 {
			fmt.Fprintf(out, "round %d, %v of %v\n", round, time.Since(begin).Round(time.Second), *lasting)
		}
		if err := suite.run(ctx); err != nil {
			return err
		}
		if time.Since(begin) >= *lasting {
			return nil
		}
	}
}

// build compiles what will run, once, so that a guest needs no compiler.
func build(ctx context.Context, dir, pattern string) (*suite, error) {
	s := &suite{tests: filepath.Join(dir, "integration.test"), director: os.Getenv(lab.Binary), pattern: pattern}
	if err := goTool(ctx, "test", "-c", "-o", s.tests, "director/integration"); err != nil {
		return nil, err
	}
	if s.director == "" {
		s.director = filepath.Join(dir, "director")
		if err := goTool(ctx, "build", "-o", s.director, "director/cmd/director"); err != nil {
			return nil, err
		}
	}
	out, err := exec.CommandContext(ctx, "go", "list", "-f", "{{.Dir}}", "director/integration").Output()
	if err != nil {
		return nil, fmt.Errorf("folder of the tests: %w", err)
	}
	s.folder = strings.TrimSpace(string(out))
	// Others than the owner run what is in it, in a user namespace.
	return s, os.Chmod(dir, 0o755)
}

func goTool(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, output)
	}
	return nil
}

var (
	errNothing = errors.New("no test matches")
	errFailed  = errors.New("FAIL")
)
