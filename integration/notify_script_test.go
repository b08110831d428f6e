package integration

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"director/integration/lab"
)

// told is the file that the scripts of tests write what they are told to.
const told = "told"

// teller writes a script that appends its arguments to a file, and returns its
// path.
func teller(l *lab.Lab) string {
	return l.File("tell.sh", "echo \"$@\" >>"+filepath.Join(l.Dir(), told)+"\n")
}

// notifyKeys are the keywords of notify scripts.
var notifyKeys = []string{"notify_master", "notify_backup", "notify_fault", "notify_stop", "notify_deleted", "notify_master_rx_lower_pri", "notify"}

// notifyHCL and notifyKeepalived are the notify scripts of a name, each of which
// tells that name and its own keyword first; a group has fewer.
func notifyHCL(script, name string, group bool) string {
	var b strings.Builder
	for _, key := range notifyKeys {
		if !group || key != "notify_deleted" && key != "notify_master_rx_lower_pri" {
			fmt.Fprintf(&b, "  %s = [\"/bin/sh\", %q, %q, %q]\n", key, script, name, key)
		}
	}
	return b.String()
}

func notifyKeepalived(script, name string, group bool) string {
	var b strings.Builder
	for _, key := range notifyKeys {
		if !group || key != "notify_deleted" && key != "notify_master_rx_lower_pri" {
			fmt.Fprintf(&b, " %s \"/bin/sh %s %s %s\"\n", key, script, name, key)
		}
	}
	return b.String()
}

// testScriptsBeside takes both programs through the same sequence: the same
// scripts are called with the same arguments; director calls them in order.
func testScriptsBeside(t *testing.T) {
	programs := []string{"director", "keepalived"}
	called := make([][]string, len(programs))
	ok := t.Run("both", func(t *testing.T) {
		for n, program := range programs {
			t.Run(program, func(t *testing.T) {
				t.Parallel()
				called[n] = scriptSequence(t, program)
			})
		}
	})
	if !ok {
		return
	}
	want := map[string][]string{
		"OUT": {
			"notify_backup", "notify INSTANCE OUT BACKUP 100", "notify_master", "notify INSTANCE OUT MASTER 100",
			"notify_fault", "notify INSTANCE OUT FAULT 100", "notify_backup", "notify INSTANCE OUT BACKUP 100",
			"notify_master", "notify INSTANCE OUT MASTER 100", "notify_stop", "notify INSTANCE OUT STOP 100"},
		"EDGE": {
			"notify_backup", "notify GROUP EDGE BACKUP 0", "notify_master", "notify GROUP EDGE MASTER 0",
			"notify_fault", "notify GROUP EDGE FAULT 0", "notify_backup", "notify GROUP EDGE BACKUP 0",
			"notify_master", "notify GROUP EDGE MASTER 0", "notify_stop", "notify GROUP EDGE STOP 0"},
		"LONE": {
			"notify_backup", "notify INSTANCE LONE BACKUP 100", "notify_master", "notify INSTANCE LONE MASTER 100",
			"notify_master_rx_lower_pri", "notify INSTANCE LONE MASTER_RX_LOWER_PRI 100",
			"notify_deleted", "notify INSTANCE LONE DELETED 100"},
	}
	for name, calls := range want {
		ours, theirs := callsOf(called[0], name), callsOf(called[1], name)
		if !slices.Equal(ours, calls) {
			t.Errorf("director called for %s\n%s\nwant\n%s", name, strings.Join(ours, "\n"), strings.Join(calls, "\n"))
		}
		// keepalived starts them side by side: which comes first is chance. And it
		// tells notify nothing of a lower master.
		calls = slices.DeleteFunc(slices.Sorted(slices.Values(calls)), func(c string) bool { return c == "notify INSTANCE LONE MASTER_RX_LOWER_PRI 100" })
		if slices.Sort(theirs); !slices.Equal(theirs, calls) {
			t.Errorf("keepalived called for %s\n%s\nwant in any order\n%s", name, strings.Join(theirs, "\n"), strings.Join(calls, "\n"))
		}
	}
	if t.Failed() {
		return
	}
	lab.Claim(t, "notify_master, _backup, _fault, _stop, _deleted, _master_rx_lower_pri, notify and the group's are called as keepalived does, but in order, %d calls; notify also hears of MASTER_RX_LOWER_PRI", len(called[0]))
}

// callsOf are the calls for a name, without it. How often a lower master was
// heard is chance.
func callsOf(calls []string, name string) []string {
	var all []string
	for _, call := range calls {
		of, rest, _ := strings.Cut(call, " ")
		if of == name && (!strings.Contains(strings.ToUpper(rest), "RX_LOWER_PRI") || !slices.Contains(all, rest)) {
			all = append(all, rest)
		}
	}
	return all
}

func scriptSequence(t *testing.T, program string) []string {
	w := newTwin(t)
	script := teller(w.lab)
	lone := func(more string) string {
		return "vrrp_instance \"LONE\" {\n  interface = \"eth0\"\n  virtual_router_id = 53\n  advert_int = 0.1\n  priority = 100\n" +
			"  virtual_ipaddress \"10.99.0.101/24\" {}\n" + more + "}\n"
	}
	calls := func() []string { return linesOf(filepath.Join(w.lab.Dir(), told)) }
	has := func(count int, call string) {
		t.Helper()
		if !w.lab.Becomes(10*time.Second+room, func() bool {
			return len(slices.DeleteFunc(calls(), func(c string) bool { return c != call })) >= count
		}) {
			t.Fatalf("not called: %s; what was:\n%s", call, strings.Join(calls(), "\n"))
		}
	}
	var process *lab.Process
	var without string // LONE
	path := ""
	switch program {
	case "director":
		without = global() + groupConf(notifyHCL(script, "EDGE", true), 100, 100, notifyHCL(script, "OUT", false), "")
		w.a.start(without + lone(notifyHCL(script, "LONE", false)))
		process, path = w.a.director.Process, "a/director.hcl"
	case "keepalived":
		without = scriptsKeepalived(script, false)
		process, path = w.a.Keepalived(scriptsKeepalived(script, true), false), "a/keepalived/keepalived.conf"
	}
	has(1, "OUT notify INSTANCE OUT MASTER 100")
	has(1, "EDGE notify GROUP EDGE MASTER 0")
	has(1, "LONE notify INSTANCE LONE MASTER 100")
	w.a.Run("ip", "link", "set", "eth1", "down")
	has(1, "OUT notify INSTANCE OUT FAULT 100")
	has(1, "EDGE notify GROUP EDGE FAULT 0")
	w.a.Run("ip", "link", "set", "eth1", "up")
	has(2, "OUT notify INSTANCE OUT MASTER 100")
	has(2, "EDGE notify GROUP EDGE MASTER 0")

	w.lower(lone(""), func() bool { return slices.Contains(calls(), "LONE notify_master_rx_lower_pri") })

	w.lab.File(path, without)
	process.Signal(syscall.SIGHUP)
	has(1, "LONE notify INSTANCE LONE DELETED 100")
	process.Stop()
	has(1, "OUT notify INSTANCE OUT STOP 100")
	has(1, "EDGE notify GROUP EDGE STOP 0")
	return calls()
}

// lower makes b a master of lower priority where nobody hears it, and then heard,
// until so. It advertises more often, or it would hear the other one first.
func (w *twin) lower(instance string, so func() bool) {
	w.b.Cut()
	w.b.start(strings.NewReplacer("= 100", "= 50", "= 0.1", "= 0.02").Replace(instance))
	w.lab.Eventually(10*room, "a lower master was heard", func() bool {
		w.b.Cut()
		w.b.becomes("MASTER", 5*room)
		// The two keep step otherwise, and b hears the other one first each time.
		time.Sleep(rand.N(100 * time.Millisecond))
		w.b.Connect()
		w.b.becomes("BACKUP", 5*room)
		return w.lab.Becomes(room/4, so)
	})
	w.b.director.Stop()
}

func scriptsKeepalived(script string, lone bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "global_defs {\n router_id a\n vrrp_version 3\n script_user root\n}\n")
	fmt.Fprintf(&b, "vrrp_sync_group EDGE {\n group {\n  OUT\n  IN\n }\n%s}\n", notifyKeepalived(script, "EDGE", true))
	instance := func(name, ifname, vip string, vrid int, more string) {
		fmt.Fprintf(&b, "vrrp_instance %s {\n interface %s\n virtual_router_id %d\n advert_int 0.1\n priority 100\n state BACKUP\n virtual_ipaddress {\n  %s/24\n }\n%s}\n",
			name, ifname, vrid, vip, more)
	}
	instance("OUT", "eth0", "10.99.0.100", 51, notifyKeepalived(script, "OUT", false))
	instance("IN", "eth1", "10.88.0.100", 52, "")
	if lone {
		instance("LONE", "eth0", "10.99.0.101", 53, notifyKeepalived(script, "LONE", false))
	}
	return b.String()
}
