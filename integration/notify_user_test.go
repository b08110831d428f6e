package integration

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"testing"

	"director/integration/lab"
)

// shows writes what the kernel knows of the process that runs it.
const shows = `{ cat /proc/self/status; chrt -p $$; } >DIR/open/$1.new 2>&1
mv DIR/open/$1.new DIR/open/$1`

// testScriptUsers lets scripts say as whom they run.
func testScriptUsers(t *testing.T) {
	l, _, host := alone(t, "10.99.0.2/24")
	// Also those who are not root are to find the scripts.
	l.Expect(os.Chmod(l.Dir(), 0o755) == nil, "no way in")
	script := l.File("shows.sh", strings.ReplaceAll(shows, "DIR", l.Dir())+"\n")
	open := filepath.Join(l.Dir(), "open")
	l.Expect(os.Mkdir(open, 0o777) == nil && os.Chmod(open, 0o777) == nil, "no folder")
	if os.Chown(open, 65534, 65534) != nil {
		t.Skip("a user namespace with one user: nobody cannot be had")
	}
	command := func(name string) string { return fmt.Sprintf("[\"/bin/sh\", %q, %q]", script, name) }
	config := func(global string) string {
		return global + fmt.Sprintf("vrrp_script \"default\" { script = %s }\nvrrp_script \"own\" {\n  script = %s\n  user = \"games:users\"\n}\n",
			command("script"), command("script_own")) +
			tracking{uses: []use{{kind: "script", name: "default"}, {kind: "script", name: "own"}}, more: []string{
				"notify_backup = " + command("notify_backup"),
				"notify_master = " + command("notify_master"), `notify_master_user = "root"`,
				"notify = " + command("notify"), `notify_user = "daemon"`,
			}}.hcl(0)
	}
	b := newBalancer(l, host, config(""))
	is := func(name string) map[string]string {
		t.Helper()
		path := filepath.Join(open, name)
		l.Eventually(5*room, name+" has run", func() bool { _, err := os.Stat(path); return err == nil })
		return statusOf(path)
	}
	check := func(name, user, group string) {
		t.Helper()
		if s := is(name); s["Uid"] != idsOf(t, user, "") || s["Gid"] != idsOf(t, "", group) || s["Groups"] != "" {
			t.Errorf("%s runs with uid %q, gid %q, groups %q, want %s, %s and none", name, s["Uid"], s["Gid"], s["Groups"], user, group)
		}
	}
	check("script", "nobody", "nogroup")
	check("script_own", "games", "users")
	check("notify_backup", "nobody", "nogroup")
	check("notify_master", "root", "root")
	check("notify", "daemon", "daemon")
	lab.Claim(t, "scripts run as nobody where nothing is written (there is no keepalived_script here), else as their user; as root only where that is written")

	for _, name := range []string{"script", "script_own", "notify_backup", "notify"} {
		for _, set := range []string{"CapInh", "CapPrm", "CapEff", "CapAmb"} {
			if got := is(name)[set]; strings.Trim(got, "0") != "" {
				t.Errorf("%s has capabilities: %s %s", name, set, got)
			}
		}
	}
	for _, name := range []string{"script", "notify_backup", "notify_master", "notify"} {
		if got := is(name)["policy"]; got != "SCHED_OTHER" {
			t.Errorf("%s runs in real time: %q", name, got)
		}
	}
	lab.Claim(t, "none has a capability, nor real-time priority, root's neither (the dataplane's real time: %v)", b.status().Dataplane.Realtime)

	b.director.Stop()
	l.Expect(os.RemoveAll(filepath.Join(open, "script")) == nil, "no removal")
	b.start(config("global { script_user = \"daemon:users\" }\n"))
	check("script", "daemon", "users")
	check("script_own", "games", "users")
	lab.Claim(t, "script_user is the default of all")
}

// statusOf reads what shows has written; "policy" is what chrt says.
func statusOf(path string) map[string]string {
	all := map[string]string{}
	for _, line := range linesOf(path) {
		key, value, _ := strings.Cut(line, ":")
		all[key] = strings.TrimSpace(value)
		if strings.Contains(key, "scheduling policy") {
			all["policy"] = strings.TrimSpace(value)
		}
	}
	return all
}

// idsOf are the four ids of a process, as /proc shows them.
func idsOf(t *testing.T, name, group string) string {
	t.Helper()
	id := ""
	if name != "" {
		u, err := user.Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		id = u.Uid
	} else {
		g, err := user.LookupGroup(group)
		if err != nil {
			t.Fatal(err)
		}
		id = g.Gid
	}
	return strings.Join([]string{id, id, id, id}, "\t")
}
