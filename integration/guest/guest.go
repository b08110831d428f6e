package guest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Options say how a command runs. The zero value is usable.
type Options struct {
	// Dir is the working directory; empty: the caller's.
	Dir string
	// Env is added to the guest's environment, "NAME=value" each. Nothing of
	// the caller's environment is passed on. PATH, HOME, TMPDIR (a tmpfs) and
	// DIRECTOR_GUEST=1 are set.
	Env []string
	// Scratch is the folder that guest and host share, for results; the guest
	// sees it under the same path and in DIRECTOR_SCRATCH. Empty: none is kept.
	Scratch string
	// Memory of the guest as linux.uml takes it; empty: "1G".
	Memory string
	// Timeout ends the command; 0: ten minutes.
	Timeout time.Duration
	// Output receives what the command prints while it runs; nil: nobody.
	Output io.Writer
}

// ErrTimeout is returned when a command had to be ended.
var ErrTimeout = errors.New("guest: timed out")

// The guest's own time: boot and halt are not counted in the timeout.
const bootTime = 30 * time.Second

// Run runs command, whose first word is an absolute path or found in the
// system's directories, and returns what it printed and its exit status. An
// error means that it did not run to its end; the output up to there is
// returned with it. Binaries should be built with CGO_ENABLED=0.
func Run(ctx context.Context, command []string, opts Options) (string, int, error) {
	if len(command) == 0 {
		return "", 0, errors.New("guest: no command")
	}
	opts, remove, err := opts.complete()
	if err != nil {
		return "", 0, err
	}
	defer remove()
	if Native() {
		return runNative(ctx, command, opts)
	}
	return runUML(ctx, command, opts)
}

// Missing says why no guest can run here; empty: it can.
func Missing() string {
	if Native() {
		return ""
	}
	for _, file := range []string{"linux.uml", "modprobe", "ip"} {
		if _, err := lookPath(file); err != nil {
			return "no " + file + " (scripts/setup installs it)"
		}
	}
	if _, err := umlModules(); err != nil {
		return err.Error()
	}
	return ""
}

// complete fills in the defaults and makes the scratch folder.
func (o Options) complete() (Options, func(), error) {
	remove := func() {}
	var err error
	if o.Dir == "" {
		if o.Dir, err = os.Getwd(); err != nil {
			return o, remove, fmt.Errorf("guest: working directory: %w", err)
		}
	}
	if o.Memory == "" {
		o.Memory = "1G"
	}
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Minute
	}
	if o.Output == nil {
		o.Output = io.Discard
	}
	if o.Scratch == "" {
		if o.Scratch, err = os.MkdirTemp("", "director-guest-"); err != nil {
			return o, remove, fmt.Errorf("guest: scratch folder: %w", err)
		}
		remove = func() { _ = os.RemoveAll(o.Scratch) }
	}
	o.Scratch, err = filepath.Abs(o.Scratch)
	if err == nil && strings.ContainsAny(o.Scratch, " \t\n,=") {
		err = fmt.Errorf("guest: scratch folder %q: blanks, commas and = do not pass a kernel command line", o.Scratch)
	}
	return o, remove, err
}

// lookPath finds a program, also where an ordinary user's PATH does not look.
func lookPath(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	for _, dir := range []string{"/usr/sbin", "/sbin", "/usr/bin", "/bin"} {
		if path := filepath.Join(dir, name); isProgram(path) {
			return path, nil
		}
	}
	return "", fmt.Errorf("guest: %s: %w", name, exec.ErrNotFound)
}

func isProgram(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// readStatus reads the exit status that the guest left behind.
func readStatus(path string) (int, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, errors.New("guest: it ended before the command did")
	}
	return strconv.Atoi(strings.TrimSpace(string(text)))
}

// quote writes s as one word for sh.
func quote(s string) string {
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
