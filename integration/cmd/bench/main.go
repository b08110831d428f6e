// Command bench prints one table of how a director does beside keepalived and
// ipvsadm. Every figure is a ratio of two things measured in the same run, on
// this machine; package guest provides the kernel for what needs IPVS.
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
	"regexp"
	"syscall"
	"time"

	"director/integration/bench"
	"director/integration/lab"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// options are the same in each of the processes that share the work.
type options struct {
	choose   *regexp.Regexp
	markdown bool
	quick    bool
	out, log io.Writer
}

func run(ctx context.Context, args []string) error {
	o := options{out: os.Stdout, log: io.Discard}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	pattern := flags.String("run", ".", "measure what matches: "+names())
	flags.BoolVar(&o.markdown, "markdown", false, "print the table for a README")
	flags.BoolVar(&o.quick, "quick", false, "once each, to see that it works")
	verbose := flags.Bool("v", false, "tell on standard error what is measured")
	part := flags.String("part", "", "for the processes that this one starts: native or guest")
	if err := flags.Parse(args); err != nil {
		return err
	}
	var err error
	if o.choose, err = regexp.Compile(*pattern); err != nil {
		return fmt.Errorf("-run: %w", err)
	}
	if *verbose {
		o.log = os.Stderr
	}
	if *part != "" {
		return o.measure(ctx, *part)
	}
	return o.all(ctx, args)
}

// all prints the machine and then what each part has measured.
func (o options) all(ctx context.Context, args []string) error {
	begin := time.Now()
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	fmt.Fprintf(o.out, "%s\n\n", bench.Machine())
	if err := build(ctx, dir); err != nil {
		return err
	}
	ran := 0
	var failed error
	for _, p := range parts {
		if !o.chosen(p.rows) {
			continue
		}
		ran++
		failed = errors.Join(failed, p.run(ctx, o, dir, append(args, "-part", p.name)))
	}
	if ran == 0 {
		return fmt.Errorf("nothing matches %q; there is: %s", o.choose, names())
	}
	fmt.Fprintf(o.log, "took %v\n", time.Since(begin).Round(time.Second))
	return failed
}

// build compiles director and this program, once, so that a guest needs no
// compiler, and says where director is.
func build(ctx context.Context, dir string) error {
	for name, pkg := range map[string]string{"bench": "director/integration/cmd/bench", "director": "director/cmd/director"} {
		cmd := exec.CommandContext(ctx, "go", "build", "-o", filepath.Join(dir, name), pkg)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if output, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("build %s: %w\n%s", pkg, err, output)
		}
	}
	// Others than the owner run what is in it, in a user namespace.
	if err := os.Chmod(dir, 0o755); err != nil {
		return err
	}
	return os.Setenv(lab.Binary, filepath.Join(dir, "director"))
}
