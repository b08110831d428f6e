package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"director/integration/guest"
	"director/integration/lab"
)

// The whole of it has to fit in CI's quarter of an hour.
const longest = 10 * time.Minute

// A suite is a compiled set of tests and the pattern that chooses among them.
type suite struct {
	tests    string // path of the test binary
	director string // path of the director to test
	folder   string // where the tests expect to run
	pattern  string
	boots    int
	lasting  time.Duration // of all runs; 0: there is only one
	out      io.Writer
}

// run runs the chosen tests once, here and then in guests.
func (s *suite) run(ctx context.Context) error {
	report := newReport(s.out)
	first := report.stream()
	err := s.native(ctx, first)
	first.finish(err)

	groups := share(report.forGuest(), s.boots)
	var running sync.WaitGroup
	for _, names := range groups {
		running.Go(func() {
			stream := report.stream()
			stream.finish(s.inGuest(ctx, names, stream))
		})
	}
	running.Wait()
	return report.end()
}

// nativeAtOnce is how many tests run on this machine at a time. They wait for
// timers of the protocol most of the time: the load of 8 was 0.5 (measured).
const nativeAtOnce = 20

// share deals the tests out to at most n guests.
func share(names []string, n int) [][]string {
	groups := make([][]string, min(n, len(names)))
	for i, name := range names {
		groups[i%len(groups)] = append(groups[i%len(groups)], name)
	}
	return groups
}

// ownWorld is run in new namespaces, where everything ends when it ends. The
// shell stays the first process and collects orphans.
const ownWorld = `mount -t tmpfs run /run && mkdir -p /run/netns /run/lock && ip link set lo up && "$@"; exit $?`

// native runs the tests on this machine: as root, or as the root of a user
// namespace.
func (s *suite) native(ctx context.Context, out io.Writer) error {
	args := []string{"--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"}
	if os.Getuid() != 0 {
		args = append(args, "--user", "--map-root-user")
	}
	args = append(args, "sh", "-c", ownWorld, "sh")
	args = append(args, s.command(s.pattern, nativeAtOnce)...)
	cmd := exec.CommandContext(ctx, "unshare", args...)
	cmd.Dir = s.folder
	cmd.Env = append(os.Environ(), s.env()...)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = 5 * time.Second
	return cmd.Run()
}

// inGuest runs tests by name where IPVS is.
func (s *suite) inGuest(ctx context.Context, names []string, out io.Writer) error {
	if why := guest.Missing(); why != "" {
		return errors.New(why)
	}
	pattern := "^(" + strings.Join(names, "|") + ")$"
	if _, rest, found := strings.Cut(s.pattern, "/"); found {
		pattern += "/" + rest
	}
	_, code, err := guest.Run(ctx, s.command(pattern, 1),
		guest.Options{Dir: s.folder, Env: s.env(), Output: out, Timeout: longest})
	if err == nil && code != 0 {
		err = fmt.Errorf("exit status %d", code)
	}
	return err
}

func (s *suite) command(pattern string, parallel int) []string {
	return []string{s.tests, "-test.v", "-test.run=" + pattern,
		fmt.Sprintf("-test.parallel=%d", parallel), "-test.timeout=" + longest.String()}
}

func (s *suite) env() []string {
	env := []string{lab.Runner + "=1", lab.Binary + "=" + s.director}
	if s.lasting > 0 {
		env = append(env, lab.Soak+"="+s.lasting.String())
	}
	return env
}
