package script

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"director/internal/nstest"
)

// TestMain lets the test binary be processes that a test needs beside its own.
func TestMain(m *testing.M) {
	mode := ""
	if len(os.Args) == 2 && strings.HasPrefix(os.Args[1], "be-") {
		mode = os.Args[1]
	}
	switch mode {
	case "be-privileged": // and run a script as the same user
		r := Run(context.Background(), shell("grep Cap /proc/self/status"), Options{Policy: ours()})
		fmt.Println(r.Output, r)
		for range 100 { // the thread that gave its own away is about to end
			if len(powerless()) == 0 {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		fmt.Println("powerless", powerless(), os.Getpid())
	case "be-killed": // while a script runs
		p, err := shell("sleep 60").Start(Options{Policy: ours()})
		fmt.Println(p.Pid(), err)
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		<-p.Done()
	case "be-powerless": // against a script that has become root
		c := Command{Args: []string{os.Getenv("OTHER"), "be-root"}}
		r := Run(context.Background(), c, Options{Policy: ours(), Timeout: 2 * time.Second, KillAfter: 100 * time.Millisecond})
		fmt.Println(r, r.Left != nil)
		if r.Left != nil {
			<-r.Left
			fmt.Println("gone")
		}
	case "be-root":
		if err := syscall.Setuid(0); err == nil {
			time.Sleep(30 * time.Second)
		}
	default:
		goleak.VerifyTestMain(m)
	}
}

// powerless lists the threads of this process without the capability it was
// started with.
func powerless() []string {
	var all []string
	threads, _ := filepath.Glob("/proc/self/task/*/status")
	for _, name := range threads {
		status, err := os.ReadFile(name)
		if err == nil && field(string(status), "CapAmb") != "0000000000001000" {
			all = append(all, name)
		}
	}
	return all
}

// ours is the policy under which a test may run scripts: as nobody when it is
// root, else as itself.
func ours() Policy {
	if os.Geteuid() == 0 {
		return Policy{User: "nobody"}
	}
	return Policy{User: strconv.Itoa(os.Geteuid()), Group: strconv.Itoa(os.Getegid())}
}

func shell(text string) Command { return Command{Args: []string{"/bin/sh", "-c", text}} }

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		nstest.Missing(t, "netns", "changing the user takes root")
	}
}

// field is the value of a line "name: value" in a status file.
func field(text, name string) string {
	for line := range strings.Lines(text) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	return "none"
}

// other makes the test binary a process of its own.
func other(mode string, env ...string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe", mode)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = os.Stderr
	return cmd
}

// alive reports whether a process is there, and no zombie.
func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, rest, _ := strings.Cut(string(stat), ") ")
	return err == nil && !strings.HasPrefix(rest, "Z")
}

// gone waits until a process that was killed has ended.
func gone(t *testing.T, pid int) {
	t.Helper()
	for began := time.Now(); alive(pid); time.Sleep(5 * time.Millisecond) {
		if time.Since(began) > 10*time.Second {
			t.Fatalf("process %d lives", pid)
		}
	}
}

func TestPrivilegesStayWithUs(t *testing.T) {
	needRoot(t)
	cmd := other("be-privileged")
	cmd.Path = readable(t, 0o755)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534},
		AmbientCaps: []uintptr{unix.CAP_NET_ADMIN}}
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, set := range []string{"CapInh", "CapPrm", "CapEff", "CapAmb"} {
		if got := field(string(out), set); got != "0000000000000000" {
			t.Errorf("script has %s %s", set, got)
		}
	}
	if !strings.Contains(string(out), "powerless []") {
		t.Errorf("threads of ours have lost capabilities:\n%s", out)
	}
}

// readable copies the test binary to where nobody may execute it.
func readable(t *testing.T, mode uint32) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "script")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	path := filepath.Join(dir, "other")
	// Written by another process: a script that is started meanwhile would
	// otherwise inherit the open file, which then cannot be executed.
	cp := exec.Command("cp", fmt.Sprintf("/proc/%d/exe", os.Getpid()), path)
	if out, err := cp.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if err := syscall.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestScriptDiesWithUs(t *testing.T) {
	cmd := other("be-killed")
	out, err := cmd.Output()
	if err == nil {
		t.Fatal("was not killed")
	}
	var pid int
	if _, err := fmt.Sscan(string(out), &pid); err != nil {
		t.Fatalf("%s: %v", out, err)
	}
	gone(t, pid)
}

func TestWhatCannotBeKilledIsNotWaitedFor(t *testing.T) {
	needRoot(t)
	path := readable(t, 0o4755)
	var fs unix.Statfs_t
	if err := unix.Statfs(path, &fs); err != nil || fs.Flags&unix.ST_NOSUID != 0 {
		t.Skipf("no set-user-ID files here: %v", err)
	}
	cmd := other("be-powerless", "OTHER="+path)
	cmd.Path = readable(t, 0o755)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 200)
	n, _ := out.Read(buf)
	line := string(buf[:n])
	if !strings.HasPrefix(line, "timed out after 2") || !strings.Contains(line, "cannot be killed true") {
		t.Errorf("got %q", line)
	}
	killChildren(t, cmd.Process.Pid)
	n, _ = out.Read(buf)
	if got := string(buf[:n]); got != "gone\n" {
		t.Errorf("got %q", got)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

func killChildren(t *testing.T, pid int) {
	t.Helper()
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil || len(lists) == 0 {
		t.Fatal("no list of children: ", err)
	}
	for _, name := range lists {
		list, _ := os.ReadFile(name)
		for child := range strings.FieldsSeq(string(list)) {
			n, err := strconv.Atoi(child)
			if err == nil {
				err = syscall.Kill(n, syscall.SIGKILL)
			}
			if err != nil {
				t.Error(err)
			}
		}
	}
}
