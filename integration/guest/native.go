package guest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// Native reports whether commands run on the machine's own kernel: it has IPVS
// and the caller is root.
func Native() bool { return native() }

var native = sync.OnceValue(func() bool {
	if os.Getuid() != 0 {
		return false
	}
	if !hasIPVS() {
		_ = exec.Command("modprobe", "--quiet", "ip_vs").Run()
	}
	return hasIPVS()
})

func hasIPVS() bool {
	_, err := os.Stat("/proc/net/ip_vs")
	return err == nil
}

// nativeInit gives a fresh network namespace what the guest's init gives.
const nativeInit = `mount -t tmpfs run /run && mkdir -p /run/netns /run/lock /run/tmp /run/home &&
mount -t sysfs sys /sys && ip link set lo up && exec "$@"`

func runNative(ctx context.Context, command []string, opts Options) (string, int, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, opts.Timeout, ErrTimeout)
	defer cancel()
	args := append([]string{"--net", "--mount", "--propagation", "private", "sh", "-c", nativeInit, "sh"}, command...)
	cmd := exec.CommandContext(ctx, "unshare", args...)
	cmd.Dir = opts.Dir
	cmd.Env = append([]string{
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"HOME=/run/home", "TMPDIR=/run/tmp", "DIRECTOR_GUEST=1", "DIRECTOR_SCRATCH=" + opts.Scratch,
	}, opts.Env...)
	var all bytes.Buffer
	out := io.MultiWriter(&all, opts.Output)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second

	err := cmd.Run()
	if ctx.Err() != nil {
		return all.String(), 0, context.Cause(ctx)
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return all.String(), 0, fmt.Errorf("guest: %w", err)
	}
	return all.String(), cmd.ProcessState.ExitCode(), nil
}
