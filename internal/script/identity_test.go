package script

import (
	"context"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRunIdentity(t *testing.T) {
	needRoot(t)
	const numbers = "id -u; id -g; id -G"
	daemon, err := user.Lookup("daemon")
	if err != nil {
		t.Fatal(err)
	}
	ofDaemon := strings.Join([]string{daemon.Uid, daemon.Gid, daemon.Gid}, " ")
	for _, tt := range []struct {
		name        string
		user, group string
		policy      Policy
		want        string
	}{
		{"a number has its own group", "12345", "", Policy{}, "12345 12345 12345"},
		{"with a group", "12345", "23456", Policy{}, "12345 23456 23456"},
		{"a name has its group", "daemon", "", Policy{}, ofDaemon},
		{"the policy's", "", "", Policy{User: "daemon"}, ofDaemon},
		{"the policy's group is not for other users", "daemon", "", Policy{User: "12345", Group: "23456"}, ofDaemon},
		{"root only where it is written", "root", "", Policy{}, "0 0 0"},
		{"root, secure", "root", "", Policy{Security: true}, "0 0 0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := shell(numbers)
			c.User, c.Group = tt.user, tt.group
			r := Run(context.Background(), c, Options{Policy: tt.policy})
			if got := strings.Join(strings.Fields(r.Output), " "); got != tt.want || !r.Good() {
				t.Errorf("%s, %v; want %s", got, r, tt.want)
			}
		})
	}
}

func TestDefaultUserIsNotRoot(t *testing.T) {
	u, err := lookupDefault()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(defaultUsers, u.Username) || u.Uid == "0" {
		t.Errorf("%+v", u)
	}
}

func TestSupplementaryGroups(t *testing.T) {
	needRoot(t)
	groups, err := os.ReadFile("/etc/group")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(groups)) {
		fields := strings.Split(strings.TrimSpace(line), ":")
		name, _, _ := strings.Cut(fields[len(fields)-1], ",")
		u, err := user.Lookup(name)
		if name == "" || err != nil {
			continue
		}
		c := shell("id -G")
		c.User = name
		if r := Run(context.Background(), c, Options{}); strings.TrimSpace(r.Output) != u.Gid {
			t.Errorf("%s has groups %s, %v", name, r.Output, r)
		}
		r := Run(context.Background(), c, Options{Policy: Policy{SupplementaryGroups: true}})
		if !slices.Contains(strings.Fields(r.Output), fields[2]) {
			t.Errorf("%s is not in group %s: %s, %v", name, fields[2], r.Output, r)
		}
		return
	}
	t.Skip("no user has a supplementary group here")
}

func TestOnlyRootMayChangeTheUser(t *testing.T) {
	if os.Geteuid() == 0 {
		id := identity{uid: 0, user: &user.User{Username: "root"}}
		if err := id.permit(); err != nil || id.credential == nil {
			t.Errorf("root may not be root: %v", err)
		}
		t.Skip("the rest is for other users")
	}
	c := shell("true")
	c.User = "root"
	r := Run(context.Background(), c, Options{})
	if r.Err == nil || !strings.Contains(r.Err.Error(), `only root may run scripts as user "root"`) {
		t.Errorf("%v", r)
	}
}

func TestRunRefuses(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	// Reachable for nobody, and as secure as /tmp can be.
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	plain := write("plain", "#!/bin/sh\n", 0o644)
	bare := write("bare", "echo no interpreter\n", 0o755)
	lost := write("lost", "#!/no/such/interpreter\n", 0o755)
	secret := write("secret", "#!/bin/sh\n", 0o700)
	p := ours()
	for _, tt := range []struct {
		name, want string
		command    Command
		policy     Policy
		onlyRun    bool // Check judges by mode bits
		root       bool
	}{
		{"nothing", "no script given", Command{}, p, false, false},
		{"missing", "no such file", Command{Args: []string{dir + "/none"}}, p, false, false},
		{"a missing directory", "no such file", Command{Args: []string{dir + "/none/x"}}, p, false, false},
		{"a missing name", "no-such-program is in none of /usr/local/sbin, ", Command{Args: []string{"no-such-program"}}, p, false, false},
		{"a relative path", `"bin/x" is neither an absolute path nor a name`, Command{Args: []string{"bin/x"}}, p, false, false},
		{"an empty word", `"" is neither`, Command{Args: []string{""}}, p, false, false},
		{"a directory", "is not a file", Command{Args: []string{dir}}, p, false, false},
		{"a file as a directory", "not a directory", Command{Args: []string{plain + "/x"}}, p, false, false},
		{"not executable", "", Command{Args: []string{plain}}, p, false, false},
		{"another user's", "", Command{Args: []string{secret}}, Policy{User: "nobody"}, false, true},
		{"no interpreter", "with a #! line", Command{Args: []string{bare}}, p, true, false},
		{"a lost interpreter", "#! line", Command{Args: []string{lost}}, p, true, false},
		{"an unknown user", "unknown user no-such-user", Command{Args: []string{"true"}, User: "no-such-user"}, p, false, false},
		{"an unknown group", "unknown group no-such-group", Command{Args: []string{"true"}, Group: "no-such-group", User: p.User}, p, false, false},
		{"the number that is none", "4294967295", Command{Args: []string{"true"}, User: "4294967295"}, p, false, false},
		{"not secure", "not secure to run as root: everybody may write to ", Command{Args: []string{bare}, User: "root"}, Policy{Security: true}, false, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.root {
				needRoot(t)
			}
			r := Run(context.Background(), tt.command, Options{Policy: tt.policy})
			if r.Err == nil || r.Status != -1 || r.Good() || !strings.Contains(r.Err.Error(), tt.want) {
				t.Errorf("Run: %v", r)
			}
			err := Check(tt.command, tt.policy)
			if (err == nil) != tt.onlyRun || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Check: %v", err)
			}
		})
	}
	if err := Check(shell("true"), p); err != nil {
		t.Errorf("Check of a good one: %v", err)
	}
}

func TestSecure(t *testing.T) {
	needRoot(t)
	for _, tt := range []struct {
		mode     os.FileMode
		uid, gid int
		secure   bool
	}{
		{0o755, 0, 0, true}, {0o775, 0, 0, true}, {0o775, 0, 1, false}, {0o755, 0, 1, true},
		{0o757, 0, 0, false}, {0o755, 1, 0, false}, {0o1777, 0, 0, false},
	} {
		path := filepath.Join(t.TempDir(), "x")
		for _, step := range []error{os.WriteFile(path, nil, 0o600), os.Chown(path, tt.uid, tt.gid), os.Chmod(path, tt.mode)} {
			if step != nil {
				t.Fatal(step)
			}
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := secure(path, info); (err == nil) != tt.secure {
			t.Errorf("mode %o of %d:%d: %v", tt.mode, tt.uid, tt.gid, err)
		}
	}
}

// Every directory counts from which somebody could lead root elsewhere.
func TestWalk(t *testing.T) {
	base, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []error{
		os.MkdirAll(base+"/real/sub", 0o755), os.MkdirAll(base+"/links", 0o755),
		os.WriteFile(base+"/real/file", nil, 0o755),
		os.Symlink("../real/./sub/../file", base+"/links/relative"),
		os.Symlink(base+"/links/relative", base+"/absolute"),
		os.Symlink("loop", base+"/loop"), os.Symlink("nowhere", base+"/dangling"),
	} {
		if step != nil {
			t.Fatal(step)
		}
	}
	var visited []string
	got, err := walk(base+"/absolute", func(at string, _ os.FileInfo) error {
		if rest, ok := strings.CutPrefix(at, base+"/"); ok && !slices.Contains(visited, rest) {
			visited = append(visited, rest)
		}
		return nil
	})
	if err != nil || got != base+"/real/file" {
		t.Errorf("%s, %v", got, err)
	}
	if diff := cmp.Diff([]string{"links", "real", "real/sub", "real/file"}, visited); diff != "" {
		t.Error(diff)
	}
	nothing := func(string, os.FileInfo) error { return nil }
	for name, want := range map[string]string{"loop": "too many levels", "dangling": "no such file", "real": "is not a file"} {
		if _, err := walk(filepath.Join(base, name), nothing); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A program that looks at its name works either way; the kernel's path of it is
// what differs.
func TestSymlinkPaths(t *testing.T) {
	busy, err := exec.LookPath("readlink")
	if err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	link := filepath.Join(dir, "link")
	if err := os.Symlink(busy, link); err != nil {
		t.Fatal(err)
	}
	cmd, _, err := Command{Args: []string{link, "x"}}.prepare(Options{Policy: ours()})
	if err != nil {
		t.Fatal(err)
	}
	if real, _ := filepath.EvalSymlinks(busy); cmd.Path != real || cmd.Args[0] != link {
		t.Errorf("resolved: %s as %s", cmd.Path, cmd.Args[0])
	}
	p := ours()
	p.SymlinkPaths = true
	if cmd, _, err = (Command{Args: []string{link}}).prepare(Options{Policy: p}); err != nil || cmd.Path != link {
		t.Errorf("as written: %v, %v", cmd, err)
	}
}
