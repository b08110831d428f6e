package script

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// systemDirs are where a program without a path is looked for.
var systemDirs = []string{"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"}

// passedOn are the only variables of our environment that scripts see.
var passedOn = []string{"LANG", "LC_ALL", "LC_CTYPE", "TZ"}

// Check says what would stop c from running now. Whether its user may reach and
// execute the program is judged by mode bits alone.
func Check(c Command, p Policy) error {
	cmd, id, err := c.prepare(Options{Policy: p})
	if err != nil {
		return err
	}
	return id.mayExecute(cmd.Path)
}

// prepare makes the command ready to start, but for its output.
func (c Command) prepare(o Options) (*exec.Cmd, identity, error) {
	if !c.Given() {
		return nil, identity{}, errors.New("no script given")
	}
	id, err := c.identify(o.Policy)
	if err != nil {
		return nil, identity{}, err
	}
	path, err := locate(c.Args[0])
	if err != nil {
		return nil, identity{}, err
	}
	real, err := id.examine(path, o.Policy.Security)
	if err != nil {
		return nil, identity{}, err
	}
	if !o.Policy.SymlinkPaths {
		path = real
	}
	args := append(append([]string(nil), c.Args...), o.Extra...)
	return &exec.Cmd{Path: path, Args: args, Env: id.environment(), Dir: "/",
		SysProcAttr: &syscall.SysProcAttr{
			Setpgid: true, Credential: id.credential, Pdeathsig: syscall.SIGKILL}}, id, nil
}

// locate finds the program: an absolute path, or a name in the directories of
// the system, never in those of whoever started us.
func locate(name string) (string, error) {
	if filepath.IsAbs(name) {
		return filepath.Clean(name), nil
	}
	if name == "" || strings.Contains(name, "/") {
		return "", fmt.Errorf("%q is neither an absolute path nor a name", name)
	}
	for _, dir := range systemDirs {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s is in none of %s", name, strings.Join(systemDirs, ", "))
}

func (id identity) environment() []string {
	env := []string{"PATH=" + strings.Join(systemDirs, ":"), "SHELL=/bin/sh",
		"USER=" + id.user.Username, "LOGNAME=" + id.user.Username, "HOME=" + id.user.HomeDir}
	for _, name := range passedOn {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// explain adds to the kernel's word what it means here.
func explain(err error) error {
	switch {
	case errors.Is(err, syscall.ENOEXEC):
		return fmt.Errorf("%w: neither a program nor a script with a #! line", err)
	case errors.Is(err, syscall.ENOENT):
		return fmt.Errorf("%w: it, or what its #! line names", err)
	case errors.Is(err, syscall.EPERM), errors.Is(err, syscall.EINVAL): // a user namespace
		return fmt.Errorf("%w: perhaps its user or groups cannot be set here", err)
	}
	return err
}
