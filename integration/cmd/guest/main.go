// Command guest runs a command, or the tests of a package, on a kernel with
// IPVS: the machine's own where it has it, else a User Mode Linux guest.
//
//	guest [flags] COMMAND [ARGUMENT...]
//	guest [flags] -test PACKAGE [TEST FLAG...]
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"director/integration/guest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code, err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(ctx context.Context, args []string) (int, error) {
	opts := guest.Options{Output: os.Stdout}
	flags := flag.NewFlagSet("guest", flag.ContinueOnError)
	flags.StringVar(&opts.Memory, "memory", "", "memory of the guest (default 1G)")
	flags.DurationVar(&opts.Timeout, "timeout", 0, "end the command after this time (default 10m)")
	flags.StringVar(&opts.Scratch, "scratch", "", "folder that the guest may write to, kept")
	flags.StringVar(&opts.Dir, "dir", "", "working directory")
	test := flags.Bool("test", false, "compile and run the tests of a package")
	require := flags.String("require", os.Getenv("DIRECTOR_REQUIRE"), "DIRECTOR_REQUIRE of the command")
	flags.Func("env", "NAME=value for the command, may repeat", func(s string) error {
		opts.Env = append(opts.Env, s)
		return nil
	})
	if err := flags.Parse(args); err != nil {
		return 64, nil
	}
	if *require != "" {
		opts.Env = append(opts.Env, "DIRECTOR_REQUIRE="+*require)
	}
	command := flags.Args()
	if len(command) == 0 {
		flags.Usage()
		return 64, nil
	}
	if *test {
		dir, err := os.MkdirTemp("", "director-test-")
		if err != nil {
			return 0, err
		}
		defer func() { _ = os.RemoveAll(dir) }()
		binary := filepath.Join(dir, "tests")
		if opts.Dir, err = compile(ctx, command[0], binary); err != nil {
			return 0, err
		}
		command = append([]string{binary}, command[1:]...)
	}
	_, code, err := guest.Run(ctx, command, opts)
	return code, err
}

// compile builds the test binary of a package and returns the package's folder,
// where tests expect to run.
func compile(ctx context.Context, pkg, binary string) (string, error) {
	build := exec.CommandContext(ctx, "go", "test", "-c", "-o", binary, pkg)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("compile tests of %s: %w\n%s", pkg, err, out)
	}
	if _, err := os.Stat(binary); err != nil {
		return "", errors.New("no tests in " + pkg)
	}
	list := exec.CommandContext(ctx, "go", "list", "-f", "{{.Dir}}", pkg)
	dir, err := list.Output()
	if err != nil {
		return "", fmt.Errorf("folder of %s: %w", pkg, err)
	}
	return strings.TrimSpace(string(dir)), nil
}
