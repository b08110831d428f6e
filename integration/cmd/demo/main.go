// Command demo shows what a director does, on a cluster of five machines: two
// directors with one and the same configuration, examples/lvs-dr/director.hcl,
// two web servers and a client that knows the virtual address only. Each point
// is a sentence with its evidence; a point that is not seen ends it.
//
// The machines are network namespaces on a kernel with IPVS: see package guest.
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
	"time"

	"director/integration/guest"
	"director/integration/lab"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	keepalived := flags.Bool("keepalived", false, "show the same with keepalived, to compare")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if lab.InGuest() {
		return tell(ctx, *keepalived)
	}
	return bringToGuest(ctx, args)
}

// bringToGuest builds this program and the director, and runs the one with the
// other where IPVS is.
func bringToGuest(ctx context.Context, args []string) error {
	if why := guest.Missing(); why != "" {
		return errors.New(why)
	}
	dir, err := os.MkdirTemp("", "demo-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	self, director := filepath.Join(dir, "demo"), filepath.Join(dir, "director")
	for path, pkg := range map[string]string{self: "director/integration/cmd/demo", director: "director/cmd/director"} {
		build := exec.CommandContext(ctx, "go", "build", "-o", path, pkg)
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if output, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("build %s: %w\n%s", pkg, err, output)
		}
	}
	root, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return fmt.Errorf("folder of the project: %w", err)
	}
	_, code, err := guest.Run(ctx, append([]string{self}, args...), guest.Options{
		Dir:     strings.TrimSpace(string(root)),
		Env:     []string{lab.Binary + "=" + director},
		Output:  os.Stdout,
		Timeout: 2 * time.Minute,
	})
	if err == nil && code != 0 {
		err = errors.New("not everything was seen")
	}
	return err
}
