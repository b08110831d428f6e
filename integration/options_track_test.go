package integration

import (
	"strings"
	"testing"
	"time"

	"director/integration/lab"
)

// pairOfLinks makes two ends of a cable on the director's machine.
func (r *rig) pairOfLinks(one, other string) {
	r.Run("ip", "link", "add", one, "type", "veth", "peer", "name", other)
	r.Run("ip", "link", "set", one, "up")
	r.Run("ip", "link", "set", other, "up")
}

// advertises waits for the priorities of routers on the wire.
func (r *rig) advertises(t *testing.T, want map[int]int) {
	t.Helper()
	for vrid, priority := range want {
		if !r.lab.Becomes(5*time.Second+room, func() bool { return r.last(vrid) == priority }) {
			t.Errorf("VRID %d advertises priority %d, want %d", vrid, r.last(vrid), priority)
		}
	}
}

// testTrackDefaults has weights and reverse where the tracked object is
// defined, and all kinds of objects in a sync group.
func testTrackDefaults(t *testing.T) {
	r := newRig(t, "10.99.0.2/24")
	r.pairOfLinks("t0", "t1")
	r.Start("sleep", "98761")
	fifo := r.lab.Dir() + "/events"
	conf := strings.NewReplacer("NUMBER", r.lab.File("number", "5"), "FIFO", fifo).Replace(`
global { notify_fifo = "FIFO" }
vrrp_script "ok" {
  script   = ["/bin/true"]
  interval = 0.5
  weight   = 10
}
vrrp_script "reversed" {
  script   = ["/bin/true"]
  interval = 0.5
  weight   = 10
  reverse  = true
}
vrrp_track_process "sleeps" {
  process = ["sleep"]
  weight  = 20
}
vrrp_track_process "awake" {
  process = ["sleep"]
  weight  = 20
  reverse = true
}
vrrp_track_process "whole" {
  process      = ["sleep", "98761"]
  full_command = true
  weight       = 7
}
track_file "number" {
  file   = "NUMBER"
  weight = 3
}
track_file "against" {
  file    = "NUMBER"
  weight  = 3
  reverse = true
}
bfd_instance "nobody" { neighbor_ip = "10.99.0.77" }
vrrp_sync_group "G" {
  group                      = ["VI_9", "VI_10"]
  sync_group_tracking_weight = true
  notify_priority_changes    = true
  track_interface "t0" { weight = 4 }
  track_process "sleeps" {}
  track_bfd "nobody" { weight = -8 }
  track_script "ok" {}
  track_file "number" {}
}
`)
	const often = "advert_int = 0.2"
	for n, line := range []string{`track_script "ok" {}`, `track_script "reversed" {}`, `track_script "ok" { weight = 5 }`,
		`track_process "sleeps" {}`, `track_process "awake" {}`, `track_process "whole" {}`,
		"track_file \"number\" {}\n  notify_priority_changes = true", `track_file "against" {}`, "", ""} {
		conf += numbered(n+1, often, line)
	}
	r.start(conf)
	events := r.Start("cat", fifo)
	r.advertises(t, map[int]int{1: 110, 2: 90, 3: 105, 4: 120, 5: 80, 6: 107, 7: 115, 8: 85, 9: 141, 10: 141})
	lab.Claim(t, "weight and reverse of vrrp_script, vrrp_track_process and track_file are what their users have without their own; full_command; in a sync group interface, process, BFD, script and file count for all members")
	r.lab.File("number", "6")
	r.advertises(t, map[int]int{7: 118, 8: 82, 9: 144, 10: 144})
	r.lab.Eventually(room, "the FIFO tells of it", func() bool {
		return events.Said(`INSTANCE "VI_7" MASTER_PRIORITY 118`) && events.Said(`INSTANCE "VI_9" MASTER_PRIORITY 144`)
	})
	if events.Said(`INSTANCE "VI_8" MASTER_PRIORITY`) {
		t.Errorf("without notify_priority_changes the FIFO has:\n%s", events.Tail(40))
	}
	lab.Claim(t, "notify_priority_changes of an instance, or of its sync group: the FIFO has its new priority; without it not")
}

// testProcessDelay looks at delay, for both directions.
func testProcessDelay(t *testing.T) {
	r := newRig(t, "10.99.0.2/24")
	const delay = 1500 * time.Millisecond
	r.start("vrrp_track_process \"late\" {\n  process = [\"sleep\", \"98762\"]\n  weight = 20\n  delay = 1.5\n}\n" +
		numbered(1, "advert_int = 0.1", `track_process "late" {}`))
	r.advertises(t, map[int]int{1: 100})
	begin := time.Now()
	sleeper := r.Start("sleep", "98762")
	r.advertises(t, map[int]int{1: 120})
	up := time.Since(begin)
	begin = time.Now()
	sleeper.Kill()
	r.advertises(t, map[int]int{1: 100})
	down := time.Since(begin)
	if up < delay || down < delay {
		t.Errorf("a process counts after %v, its end after %v", up, down)
	}
	lab.Claim(t, "delay 1.5 s of vrrp_track_process: a process counts after %s, its end after %s", ms(up), ms(down))
}

// preferences are routes by which routers are told apart (RFC 4191); the
// kernel's default is medium.
const preferences = `virtual_ipaddress "10.99.1.3/24" {}
  virtual_routes "2001:db8:1::/48" {
    dev   = "eth0"
    table = 100
    pref  = "low"
  }
  virtual_routes "2001:db8:2::/48" {
    dev   = "eth0"
    table = 100
    pref  = "medium"
  }`

// testRuleOptions has rules of the kinds that TestRoutes has not, and static
// items in a track_group.
func testRuleOptions(t *testing.T) {
	r := newRig(t, "10.99.0.2/24")
	r.pairOfLinks("t0", "t1")
	r.pairOfLinks("t2", "t3")
	rule := func(lines ...string) string { return "virtual_rules {\n    " + strings.Join(lines, "\n    ") + "\n  }" }
	r.start("track_group \"A\" { group = [\"VI_1\"] }\ntrack_group \"B\" { group = [\"VI_2\"] }\n" +
		"static_ipaddress \"10.66.0.1/24\" {\n  dev = \"t0\"\n  track_group = \"A\"\n}\n" +
		"static_rules {\n  iif = \"t2\"\n  table = 100\n  preference = 1500\n  track_group = \"B\"\n}\n" +
		numbered(1, "advert_int = 0.1") + numbered(2, "advert_int = 0.1") + numbered(3, "advert_int = 0.1",
		rule(`to = "203.0.113.8/32"`, `type = "blackhole"`, "preference = 1001"), rule(`to = "203.0.113.9/32"`, `type = "unreachable"`, "preference = 1002"),
		rule(`iif = "t2"`, "table = 100", "preference = 1003", "no_track = true"), preferences))
	for vrid := 1; vrid <= 3; vrid++ {
		r.becomes("MASTER", room, named(vrid))
	}
	all := func() string { return r.Run("ip", "rule", "show") }
	for _, want := range []string{"from all to 203.0.113.8 blackhole", "from all to 203.0.113.9 unreachable", "1003:"} {
		if !r.lab.Becomes(room, func() bool { return strings.Contains(all(), want) }) {
			t.Errorf("%q is not in\n%s", want, all())
		}
	}
	if got := routes(r.Host, "100"); !containsLine(got, "2001:db8:1::/48", "pref low") || !containsLine(got, "2001:db8:2::/48", "pref medium") {
		t.Errorf("routes:\n%s", got)
	}
	r.Run("ip", "rule", "del", "preference", "1003")
	r.Run("ip", "rule", "del", "preference", "1002")
	r.lab.Eventually(5*time.Second, "the tracked rule is put back", func() bool { return strings.Contains(all(), "1002:") })
	r.Run("ip", "link", "set", "t1", "down")
	r.becomes("FAULT", room, named(1))
	r.becomes("MASTER", 0, named(2))
	r.Run("ip", "link", "set", "t3", "down")
	r.becomes("FAULT", room, named(2))
	if i := r.instance(named(3)); i.State != "MASTER" || i.Transitions != 2 || strings.Contains(all(), "1003:") {
		t.Errorf("with no_track: %s, rules\n%s", i.State, all())
	}
	lab.Claim(t, "rules of type blackhole and unreachable; no_track of a rule: its interface is no fault and it is not put back; track_group of a static address and of a static rule with iif: FAULT with their interface")
}

// containsLine reports whether one line of a text has two words.
func containsLine(text, one, other string) bool {
	for line := range strings.Lines(text) {
		if strings.Contains(line, one) && strings.Contains(line, other) {
			return true
		}
	}
	return false
}

// testAddressPrefix names the virtual link of an address elsewhere.
func testAddressPrefix(t *testing.T) {
	r := newRig(t, "10.99.0.2/24")
	r.pairOfLinks("t0", "t1")
	r.start("global {\n  vmac_prefix = \"one\"\n  vmac_addr_prefix = \"two\"\n}\n" + numbered(1, "advert_int = 0.1", "use_vmac {}", "use_vmac_addr = true",
		`virtual_ipaddress "10.99.1.1/24" {}`, "virtual_ipaddress_excluded \"10.88.0.1/24\" {\n    dev = \"t0\"\n  }"))
	r.master(vip(1), addr("10.88.0.1"))
	own, other := r.Run("ip", "-4", "-o", "address", "show", "to", vip(1).String()), r.Run("ip", "-4", "-o", "address", "show", "to", "10.88.0.1")
	if !strings.Contains(own, ": one.1 ") || !strings.Contains(other, ": two") {
		t.Errorf("addresses are on\n%s%s", own, other)
	}
	lab.Claim(t, "vmac_addr_prefix names the virtual link of an address on another interface, vmac_prefix that of the instance")
}
