package lab

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// Binary is the environment variable with the path of the director to test.
const Binary = "DIRECTOR_BIN"

// directorBinary returns the director to test; the runner has built it, or we do, once.
var directorBinary = sync.OnceValues(func() (string, error) {
	if path := os.Getenv(Binary); path != "" {
		return path, nil
	}
	dir, err := os.MkdirTemp("", "director-bin-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "director")
	build := exec.Command("go", "build", "-o", path, "director/cmd/director")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build director: %w\n%s", err, output)
	}
	return path, nil
})

// Director is a running director.
type Director struct {
	*Process
	// RunDir holds its socket, lock and state.
	RunDir string
	bin    string
}

// Director starts a director on the host with a configuration file; the host's
// name is the node's. Further arguments go to `director run`.
func (h *Host) Director(config string, args ...string) *Director {
	h.lab.t.Helper()
	return h.DirectorVia(nil, config, args...)
}

// DirectorVia is Director by another command, whose words come first and which
// executes it, as setpriv does.
func (h *Host) DirectorVia(via []string, config string, args ...string) *Director {
	h.lab.t.Helper()
	bin, err := directorBinary()
	h.must("director", err)
	run := filepath.Join(h.Dir(), "run")
	h.must("folder", os.MkdirAll(run, 0o755))
	args = append([]string{"run", "-c", config, "--run-dir", run, "-i", h.Name}, args...)
	command := slices.Concat(via, []string{bin}, args)
	return &Director{Process: h.Start(command[0], command[1:]...), RunDir: run, bin: bin}
}

// DirectorAt starts a director that finds its run directory itself, which is to
// be dir.
func (h *Host) DirectorAt(dir, config string) *Director {
	h.lab.t.Helper()
	bin, err := directorBinary()
	h.must("director", err)
	return &Director{Process: h.Start(bin, "run", "-c", config, "-i", h.Name), RunDir: dir, bin: bin}
}

// Command runs another director command on the host, with the run directory of
// this one, and returns its output.
func (d *Director) Command(command string, args ...string) (string, error) {
	args = append([]string{command, "--run-dir", d.RunDir}, args...)
	return d.host.Try(d.bin, args...)
}

// DirectorCommand runs a director command that needs no running director, such as
// `director validate`, and returns its output.
func (h *Host) DirectorCommand(args ...string) (string, error) {
	h.lab.t.Helper()
	bin, err := directorBinary()
	h.must("director", err)
	return h.Try(bin, args...)
}

// Status reads `director status --json` into a value of the test's own shape.
func (d *Director) Status(into any) error {
	output, err := d.Command("status", "--json")
	if err != nil {
		return fmt.Errorf("director status: %w: %s", err, output)
	}
	return json.Unmarshal([]byte(output), into)
}

// EventuallyReady waits until the director answers `director status`.
func (d *Director) EventuallyReady(within time.Duration) {
	d.host.lab.t.Helper()
	d.host.lab.Eventually(within, "director on "+d.host.Name+" answers", func() bool {
		_, err := d.Command("status", "--json")
		return err == nil
	})
}
