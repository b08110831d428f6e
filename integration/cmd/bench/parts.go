package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"director/integration/bench"
	"director/integration/guest"
	"director/integration/lab"
)

// A row is what -run chooses.
type row struct {
	name string
	run  func(context.Context, options) ([]bench.Section, error)
}

// A part is measured by one process in one place.
type part struct {
	name string
	rows []row
	run  func(ctx context.Context, o options, dir string, args []string) error
}

var parts []part

func init() {
	parts = []part{
		{"native", slices.Concat(gapRows(), []row{{"gap/bfd", bfdGap}, {"handover", handover}, {"many", many}, {"lateness", lateness}}), inNamespaces},
		{"guest", []row{{"programming", programming}}, inGuest},
		{"pure", []row{{"pure", pure}}, here},
	}
}

// names lists the rows.
func names() string {
	var all []string
	for _, p := range parts {
		for _, r := range p.rows {
			all = append(all, r.name)
		}
	}
	return strings.Join(all, ", ")
}

func (o options) chosen(rows []row) bool {
	return slices.ContainsFunc(rows, func(r row) bool { return o.choose.MatchString(r.name) })
}

// measure measures the chosen rows of a part in this process. Sections with
// the same title become one.
func (o options) measure(ctx context.Context, name string) error {
	i := slices.IndexFunc(parts, func(p part) bool { return p.name == name })
	if i < 0 {
		return fmt.Errorf("no part %q", name)
	}
	var all []bench.Section
	var failed error // what has been measured is told all the same
	for _, r := range parts[i].rows {
		if !o.choose.MatchString(r.name) {
			continue
		}
		sections, err := r.run(ctx, o)
		if err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		for _, s := range sections {
			same := slices.IndexFunc(all, func(other bench.Section) bool { return other.Title == s.Title })
			if same < 0 {
				all = append(all, s)
			} else {
				all[same].Rows = append(all[same].Rows, s.Rows...)
			}
		}
	}
	for _, s := range all {
		if o.markdown {
			s.Markdown(o.out)
		} else {
			s.Text(o.out)
		}
	}
	return failed
}

// gapRows are the intervals of the crash, with how often the master crashes.
func gapRows() []row {
	var rows []row
	for _, gap := range []struct {
		interval time.Duration
		times    int
	}{{time.Second, 3}, {100 * time.Millisecond, 7}, {30 * time.Millisecond, 9}, {10 * time.Millisecond, 9}} {
		rows = append(rows, row{"gap/" + gap.interval.String(), func(ctx context.Context, o options) ([]bench.Section, error) {
			cells, err := bench.Gap(ctx, o.log, gap.interval, o.times(gap.times))
			return []bench.Section{bench.GapSection(cells)}, err
		}})
	}
	return rows
}

func (o options) times(n int) int {
	if o.quick {
		return 1
	}
	return n
}

func bfdGap(ctx context.Context, o options) ([]bench.Section, error) {
	cells, err := bench.BFD(ctx, o.log, o.times(7))
	return []bench.Section{bench.GapSection(cells)}, err
}

func handover(ctx context.Context, o options) ([]bench.Section, error) {
	section, err := bench.Handover(ctx, o.log, o.times(5))
	return []bench.Section{section}, err
}

func many(ctx context.Context, o options) ([]bench.Section, error) {
	section, err := bench.Many(ctx, o.log, time.Duration(o.times(20))*time.Second)
	return []bench.Section{section}, err
}

func lateness(ctx context.Context, o options) ([]bench.Section, error) {
	section, err := bench.Saturated(ctx, o.log, time.Duration(o.times(15))*time.Second)
	return []bench.Section{section}, err
}

func programming(ctx context.Context, o options) ([]bench.Section, error) {
	return bench.Programming(ctx, o.log, o.times(3))
}

func pure(ctx context.Context, _ options) ([]bench.Section, error) {
	section, err := bench.Micro(ctx)
	return []bench.Section{section}, err
}

// ownWorld is run in new namespaces, where everything ends when it ends. The
// shell stays the first process and collects orphans.
const ownWorld = `mount -t tmpfs run /run && mkdir -p /run/netns /run/lock && ip link set lo up && "$@"; exit $?`

// inNamespaces measures on this machine's kernel: as root, or as the root of a
// user namespace, where no process can be real-time.
func inNamespaces(ctx context.Context, o options, dir string, args []string) error {
	wrap := []string{"--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"}
	if os.Getuid() != 0 {
		wrap = append(wrap, "--user", "--map-root-user")
	}
	wrap = append(wrap, "sh", "-c", ownWorld, "sh", filepath.Join(dir, "bench"))
	cmd := exec.CommandContext(ctx, "unshare", append(wrap, args...)...)
	cmd.Stdout, cmd.Stderr = o.out, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("in namespaces: %w", err)
	}
	return nil
}

// inGuest measures where IPVS is.
func inGuest(ctx context.Context, o options, dir string, args []string) error {
	if why := guest.Missing(); why != "" {
		return errors.New(why)
	}
	_, code, err := guest.Run(ctx, append([]string{filepath.Join(dir, "bench")}, args...), guest.Options{
		Dir:    dir,
		Env:    []string{lab.Binary + "=" + os.Getenv(lab.Binary)},
		Output: o.out,
	})
	if err == nil && code != 0 {
		err = fmt.Errorf("in the guest: exit status %d", code)
	}
	return err
}

// here measures in this process.
func here(ctx context.Context, o options, _ string, _ []string) error {
	return o.measure(ctx, "pure")
}
