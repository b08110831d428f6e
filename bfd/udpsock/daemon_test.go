package udpsock_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"director/bfd"
	"director/internal/nstest"
)

// daemon is another BFD at the other end of our session.
type daemon interface {
	// start starts it, kill ends it without a word.
	start()
	kill()
	// up reports whether its session with us is.
	up() bool
}

// process is a program in a namespace, in a process group of its own.
type process struct {
	t    *testing.T
	ns   *nstest.NS
	cmd  *exec.Cmd
	done chan struct{}
}

// launch starts a program; line is given what it prints.
func launch(t *testing.T, ns *nstest.NS, line func(string), command ...string) *process {
	t.Helper()
	p := &process{t: t, ns: ns, cmd: exec.Command(command[0], command[1:]...), done: make(chan struct{})}
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stdout = p.cmd.Stderr
	ns.Do(func() {
		if err := p.cmd.Start(); err != nil {
			t.Fatal(err)
		}
	})
	go func() {
		defer close(p.done)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			line(lines.Text())
		}
	}()
	t.Cleanup(p.kill)
	return p
}

// kill kills the whole group.
func (p *process) kill() {
	if p.cmd.ProcessState != nil {
		return
	}
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	<-p.done
	_ = p.cmd.Wait()
}

// keepalived is keepalived's BFD, and a virtual router that needs it.
type keepalived struct {
	t    *testing.T
	ns   *nstest.NS
	cfg  bfd.Config // ours
	main *process

	mu   sync.Mutex // guards last
	last string     // "Up state"
}

func newKeepalived(t *testing.T, ns *nstest.NS, cfg bfd.Config) daemon {
	t.Helper()
	if _, err := exec.LookPath("keepalived"); err != nil {
		nstest.Missing(t, "keepalived", err.Error())
	}
	return &keepalived{t: t, ns: ns, cfg: cfg}
}

func (k *keepalived) start() {
	dir := k.t.TempDir()
	conf := filepath.Join(dir, "keepalived.conf")
	text := fmt.Sprintf(`global_defs {
 script_user root
}
bfd_instance peer {
 neighbor_ip %v
 source_ip %v
 min_rx 50
 min_tx 50
 idle_tx 1000
 multiplier 3
}
vrrp_instance test {
 interface eth0
 virtual_router_id 51
 priority 100
 virtual_ipaddress {
  192.0.2.50
 }
 track_bfd {
  peer
 }
}
`, k.cfg.Source, k.cfg.Neighbor)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		k.t.Fatal(err)
	}
	pid := func(name string) string { return filepath.Join(dir, name) }
	k.main = launch(k.t, k.ns, k.line, "keepalived", "--dont-fork", "--log-console", "--log-detail", "--no-syslog",
		"--use-file", conf, "--pid", pid("pid"), "--vrrp_pid", pid("vrrp"), "--bfd_pid", pid("bfd"), "--checkers_pid", pid("lvs"))
}

func (k *keepalived) line(text string) {
	_, state, ok := strings.Cut(text, "(peer) Entering ")
	if !ok {
		return
	}
	k.t.Log(text)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.last = state
}

// kill kills its children too: they are in groups of their own.
func (k *keepalived) kill() {
	pid := k.main.cmd.Process.Pid
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		k.t.Error(err)
	}
	_ = syscall.Kill(pid, syscall.SIGSTOP) // it shall not start them again
	for _, child := range strings.Fields(string(children)) {
		if n, err := strconv.Atoi(child); err == nil {
			_ = syscall.Kill(n, syscall.SIGKILL)
		}
	}
	k.main.kill()
}

func (k *keepalived) up() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.last == "Up state"
}

// frr is FRR's bfdd with the zebra that it needs.
type frr struct {
	t     *testing.T
	ns    *nstest.NS
	dir   string
	bfdd  *process
	start func()
}

const frrDir = "/usr/lib/frr"

func newFRR(t *testing.T, ns *nstest.NS, cfg bfd.Config) daemon {
	t.Helper()
	account, err := user.Lookup("frr")
	if err == nil {
		_, err = os.Stat(filepath.Join(frrDir, "bfdd"))
	}
	if err != nil {
		nstest.Missing(t, "frr", err.Error())
	}
	// It runs as a user that cannot enter a directory of the tests'.
	dir, err := os.MkdirTemp("", "frr")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	uid, _ := strconv.Atoi(account.Uid)
	gid, _ := strconv.Atoi(account.Gid)
	if err := os.Chown(dir, uid, gid); err != nil {
		t.Fatal(err)
	}
	conf := filepath.Join(dir, "bfdd.conf")
	hops := ""
	if cfg.Multihop {
		hops = "multihop "
	}
	text := fmt.Sprintf("bfd\n peer %v %slocal-address %v\n  receive-interval 50\n  transmit-interval 50\n  detect-multiplier 3\n !\n!\n",
		cfg.Source, hops, cfg.Neighbor)
	if err := os.WriteFile(conf, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	f := &frr{t: t, ns: ns, dir: dir}
	common := func(name string) []string {
		return []string{filepath.Join(frrDir, name), "-z", filepath.Join(dir, "zebra.sock"), "--vty_socket", dir,
			"-P", "0", "-i", filepath.Join(dir, name+".pid"), "--log", "stdout"}
	}
	launch(t, ns, func(string) {}, append(common("zebra"), "-f", os.DevNull)...)
	f.start = func() {
		f.bfdd = launch(t, ns, func(line string) { t.Log(line) },
			append(common("bfdd"), "--bfdctl", filepath.Join(dir, "bfdd.sock"), "-f", conf)...)
	}
	eventually(t, "zebra is there", func() bool {
		_, err := os.Stat(filepath.Join(dir, "zebra.sock"))
		return err == nil
	})
	return frrDaemon{f}
}

// frrDaemon implements daemon.
type frrDaemon struct{ f *frr }

func (d frrDaemon) start() { d.f.start() }
func (d frrDaemon) kill()  { d.f.bfdd.kill() }

func (d frrDaemon) up() bool { return strings.Contains(d.show(), `"status":"up"`) }

// show is what bfdd says of its sessions, without spaces.
func (d frrDaemon) show() string {
	out, err := exec.Command("vtysh", "--vty_socket", d.f.dir, "-c", "show bfd peers json").CombinedOutput()
	if err != nil {
		return err.Error()
	}
	return strings.Join(strings.Fields(string(out)), "")
}

// patience is what a busy machine may add to a detection time.
const patience = 500 * time.Millisecond
