package guest

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

//go:embed init.sh
var initScript []byte

// The guest's kernel cannot load a module by itself: it looks in /lib/modules,
// where the host has its own. So everything that tests use is loaded at boot.
const wantedModules = "veth bridge dummy macvlan ipv6 ipip ip6_tunnel 8021q bonding vrf ipvlan sch_netem" +
	" ip_vs ip_vs_rr ip_vs_wrr ip_vs_lc ip_vs_wlc ip_vs_lblc ip_vs_lblcr ip_vs_dh ip_vs_sh ip_vs_sed" +
	" ip_vs_nq ip_vs_fo ip_vs_ovf ip_vs_mh ip_vs_ftp ip_vs_pe_sip xt_mark xt_tcpudp iptable_mangle ip6table_mangle" +
	" iptable_filter ip6table_filter iptable_nat xt_MASQUERADE sctp fou"

// umlModules returns the folder of the guest kernel's modules.
func umlModules() (string, error) {
	found, _ := filepath.Glob("/usr/lib/uml/modules/*/modules.dep")
	if len(found) == 0 {
		return "", errors.New("guest: no modules in /usr/lib/uml/modules (scripts/setup installs them)")
	}
	return filepath.Dir(found[len(found)-1]), nil
}

func runUML(ctx context.Context, command []string, opts Options) (string, int, error) {
	box, err := os.MkdirTemp(opts.Scratch, ".guest-")
	if err != nil {
		return "", 0, fmt.Errorf("guest: %w", err)
	}
	defer func() { _ = os.RemoveAll(box) }()
	if err := fillBox(box, command, opts); err != nil {
		return "", 0, fmt.Errorf("guest: %w", err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, opts.Timeout+bootTime, ErrTimeout)
	defer cancel()

	tail := follow(filepath.Join(box, "output"), opts.Output)
	console, err := boot(ctx, box, opts)
	output := tail.stop()
	if ctx.Err() != nil {
		return output, 0, context.Cause(ctx)
	}
	if err != nil {
		return output, 0, err
	}
	code, err := readStatus(filepath.Join(box, "status"))
	if err != nil {
		err = fmt.Errorf("%w; its console:\n%s", err, console)
	}
	if code == 124 { // what timeout(1) returns
		return output, code, ErrTimeout
	}
	return output, code, err
}

// fillBox writes what init.sh reads. The folder is the one the guest may write.
func fillBox(box string, command []string, opts Options) error {
	modules, err := umlModules()
	if err != nil {
		return err
	}
	tree := filepath.Join(box, "modules/lib/modules")
	if err := os.MkdirAll(tree, 0o755); err != nil {
		return err
	}
	if err := os.Symlink(modules, filepath.Join(tree, filepath.Base(modules))); err != nil {
		return err
	}
	files := map[string]string{
		"init":    string(initScript),
		"wanted":  wantedModules,
		"command": commandScript(command, opts),
		"output":  "",
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(box, name), []byte(text), 0o755); err != nil {
			return err
		}
	}
	return nil
}

// commandScript is sourced by init.sh: mounts, environment, the command.
func commandScript(command []string, opts Options) string {
	var b strings.Builder
	fmt.Fprintf(&b, "mount -t hostfs -o %s none %[1]s\n", quote(opts.Scratch))
	fmt.Fprintf(&b, "export DIRECTOR_SCRATCH=%s\n", quote(opts.Scratch))
	for _, env := range opts.Env {
		name, value, _ := strings.Cut(env, "=")
		fmt.Fprintf(&b, "export %s=%s\n", name, quote(value))
	}
	fmt.Fprintf(&b, "cd %s &&\n", quote(opts.Dir))
	fmt.Fprintf(&b, "timeout --kill-after=5 %d", int(opts.Timeout.Seconds()+0.5))
	for _, word := range command {
		b.WriteString(" " + quote(word))
	}
	b.WriteString("\n")
	return b.String()
}

// watchScript runs the guest and ends it when standard input closes, because it
// is to end or whoever started it is gone. Each process of the guest is one of
// the host's, in the session that the kernel makes for itself.
const watchScript = `exec 3<&0
"$@" 3<&- </dev/null & uml=$!
{ read -r _ <&3; kill -9 $uml -$uml; } 2>/dev/null & watch=$!
wait $uml
kill -9 -$uml $watch 2>/dev/null`

// boot runs the guest from start to halt and returns what its console said.
func boot(ctx context.Context, box string, opts Options) (string, error) {
	kernel, err := lookPath("linux.uml")
	if err != nil {
		return "", err
	}
	var console bytes.Buffer
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", watchScript, "sh",
		kernel, "mem="+opts.Memory, "rootfstype=hostfs", "rootflags=/", "ro",
		"init="+filepath.Join(box, "init"), "uml_dir="+box, "umid=uml",
		"con=null", "con0=null,fd:1", "quiet", "panic=-1")
	cmd.Dir = box
	cmd.Env = []string{"HOME=" + box, "PATH=/usr/bin:/bin"}
	cmd.Stdout, cmd.Stderr = &console, &console
	// A signal for the caller's group is the caller's to deal with.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	alive, err := cmd.StdinPipe()
	if err != nil {
		return "", fmt.Errorf("guest: %w", err)
	}
	defer func() { _ = alive.Close() }()
	cmd.Cancel = alive.Close
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		return "", fmt.Errorf("guest: %w", err)
	}
	// The exit status of linux.uml says nothing.
	_ = cmd.Wait()
	return console.String(), nil
}
