package integration

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"director/integration/lab"
)

// owner is a router that is master at once and leaves soon.
var owner = []string{"priority = 255", "advert_int = 0.1"}

// testDefaultInterface has a static address that names no interface.
func testDefaultInterface(t *testing.T) {
	r := newRig(t, "10.99.0.2/24")
	r.Run("ip", "link", "add", "t0", "type", "veth", "peer", "name", "t1")
	on := func(address string) string { return r.Run("ip", "-4", "-o", "address", "show", "to", address) }
	r.start("static_ipaddress \"10.66.0.1/32\" {}\n")
	r.EventuallyHas(addr("10.66.0.1"), room)
	before := on("10.66.0.1")
	r.director.Stop()
	r.start("global {\n  default_interface = \"t0\"\n}\nstatic_ipaddress \"10.66.0.2/32\" {}\n")
	r.EventuallyHas(addr("10.66.0.2"), room)
	if after := on("10.66.0.2"); !strings.Contains(before, ": eth0 ") || !strings.Contains(after, ": t0 ") {
		t.Errorf("without default_interface %q, with t0 %q", before, after)
	}
	lab.Claim(t, "a static address that names no interface is on eth0, or on default_interface")
}

// reports are the membership reports of the director for the group of VRRP.
func (r *rig) reports(since time.Time) []lab.Packet {
	group := addr(group4).As4()
	return r.capture.Packets(since, func(p lab.Packet) bool {
		return p.Protocol == lab.IGMP && p.MAC.String() == r.mac.String() && strings.Contains(string(p.Payload), string(group[:]))
	})
}

// testLocalIGMP listens for membership reports of a starting director.
func testLocalIGMP(t *testing.T) {
	r := newRig(t, "10.99.0.2/24")
	const setting = "/proc/sys/net/ipv4/igmp_link_local_mcast_reports"
	value := func() string { return strings.TrimSpace(r.Run("cat", setting)) }
	if value() != "1" {
		t.Fatalf("%s is %s", setting, value())
	}
	begin := time.Now()
	r.start(numbered(1, owner...))
	r.lab.Eventually(5*time.Second+room, "membership of 224.0.0.18 is reported", func() bool { return len(r.reports(begin)) > 0 })
	r.director.Stop()
	for _, end := range []string{"stop", "reload", "kill"} {
		conf := "global {\n  disable_local_igmp = true\n}\n" + numbered(1, owner...)
		r.start(conf)
		r.lab.Eventually(room, "the setting is there", func() bool { return value() == "0" })
		switch end {
		case "stop":
			r.director.Stop()
		case "reload":
			r.lab.File(r.Name+"/director.hcl", numbered(1, owner...))
			r.director.Signal(1)
			r.lab.Eventually(5*time.Second+room, "a reload puts it back", func() bool { return value() == "1" })
			r.director.Stop()
		case "kill":
			r.director.Kill()
			r.lab.Eventually(room, "no process is left", func() bool { return len(r.Processes()) == 0 })
			r.start(numbered(1, owner...))
			r.lab.Eventually(5*time.Second+room, "the next start puts it back", func() bool { return value() == "1" })
		}
		r.lab.Eventually(room, end+" puts it back", func() bool { return value() == "1" })
	}
	lab.Claim(t, "disable_local_igmp: the kernel's setting while director runs, put back by a reload, by a stop, and by the next start after kill -9; without it membership of 224.0.0.18 is reported on the wire")
}

// testQuietGroup listens longer to one that must not report.
func testQuietGroup(t *testing.T) {
	r := newRig(t, "10.99.0.2/24")
	// The kernel asks for the setting when the timer of a report ends.
	r.start("global {\n  disable_local_igmp = true\n  vrrp_startup_delay = 0.5\n}\n" + numbered(1, owner...))
	r.advert(1)
	begin := time.Now()
	time.Sleep(2 * time.Second)
	if got := r.reports(begin); len(got) != 0 {
		t.Errorf("%d membership reports", len(got))
	}
	lab.Claim(t, "disable_local_igmp: no membership report for 224.0.0.18 on the wire")
}

// testUnknownVRIDs has the rival speak for routers that are not ours.
func testUnknownVRIDs(t *testing.T) {
	r := newRig(t, "10.99.0.2/24")
	said := func() int { return len(r.log("not configured here", "vrid=99", rivalAddress)) }
	for _, on := range []bool{false, true} {
		conf := numbered(1, owner...)
		if on {
			conf = "global {\n  log_unknown_vrids = true\n}\n" + conf
		}
		r.start(conf)
		r.becomes("MASTER", room, named(1))
		for range 3 {
			r.sends(t, claimed{vrid: 99, priority: 200}, claimed{vrid: 1, priority: 10})
		}
		r.lab.Eventually(room, "the others have come", func() bool { return r.instance(named(1)).Adverts.Received == 3 })
		if on {
			r.lab.Eventually(room, "the log says so", func() bool { return said() == 1 })
		} else if said() != 0 {
			t.Error("the log tells of another router's adverts")
		}
		if i := r.instance(named(1)); i.State != "MASTER" || len(i.Dropped) != 0 {
			t.Errorf("%s, dropped %v", i.State, i.Dropped)
		}
		r.director.Stop()
	}
	lab.Claim(t, "adverts of other virtual routers change and count nothing; with log_unknown_vrids the log has each router once")
}

// testNamespace starts a director on one host that is to run on another.
func testNamespace(t *testing.T) {
	r := newRig(t, "10.99.0.2/24")
	elsewhere := r.lab.Host("elsewhere", r.lan.At("10.99.0.3/24"))
	link, err := elsewhere.Links().LinkByName("eth0")
	if err != nil {
		t.Fatal(err)
	}
	r.start("global {\n  net_namespace = \"" + elsewhere.Namespace() + "\"\n}\n" + numbered(1, owner...))
	elsewhere.EventuallyHas(vip(1), 5*time.Second+room)
	r.lab.Eventually(room, "it advertises from there", func() bool {
		a, ok := r.witness.FirstFrom(addr("10.99.0.3"), time.Time{})
		return ok && a.MAC.String() == link.Attrs().HardwareAddr.String()
	})
	if r.Has(vip(1)) || len(r.adverts(1, time.Time{})) != 0 || r.instance().State != "MASTER" {
		t.Errorf("where it was started: %v, %d adverts; status says %s", r.Addresses(), len(r.adverts(1, time.Time{})), r.instance().State)
	}
	r.director.Stop()
	if elsewhere.Has(vip(1)) {
		t.Error("left by the stop")
	}
	lab.Claim(t, "net_namespace: sockets and addresses are in the namespace of that name, wherever director was started")
}

// testInstances runs two directors on one machine, which find their run
// directories themselves.
func testInstances(t *testing.T) {
	r := newRig(t, "10.99.0.2/24")
	hosts := []*lab.Host{r.Host, r.lab.Host("lvs2", r.lan.At("10.99.0.3/24"))}
	var both []*lab.Director
	for n, h := range hosts {
		name := filepath.Base(r.lab.Dir()) + "-" + h.Name
		dir := "/run/director-" + name
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
		conf := r.lab.File(name+".hcl", "global {\n  instance = \""+name+"\"\n}\n"+numbered(n+1, owner...))
		d := h.DirectorAt(dir, conf)
		d.EventuallyReady(5*time.Second + room)
		if _, err := os.Stat(filepath.Join(dir, "director.sock")); err != nil {
			t.Error(err)
		}
		h.EventuallyHas(vip(n+1), room)
		both = append(both, d)
	}
	both[0].Stop()
	if hosts[0].Has(vip(1)) || !hosts[1].Has(vip(2)) {
		t.Errorf("one of two has stopped: %v, %v", hosts[0].Addresses(), hosts[1].Addresses())
	}
	lab.Claim(t, "instance: two directors on one machine, each with its run directory /run/director-NAME; one stops, the other goes on")
}

// testChildWait has a control process hang at a stop.
func testChildWait(t *testing.T) {
	r := newRig(t, "10.99.0.2/24")
	var took []time.Duration
	for _, wait := range []string{"0.5", "4"} {
		// Nothing is handed over: a process that hangs is found out soon.
		r.start("global {\n  child_wait_time = " + wait + "\n}\nstatic_ipaddress \"10.66.0.1/32\" {}\n")
		r.EventuallyHas(addr("10.66.0.1"), room)
		r.lab.Expect(syscall.Kill(r.status().Control.PID, syscall.SIGSTOP) == nil, "no control process")
		took = append(took, r.director.Stop())
		r.lab.Eventually(room, "no process is left", func() bool { return len(r.Processes()) == 0 })
	}
	if took[0] < 500*time.Millisecond || took[0] > 500*time.Millisecond+room || took[1] < 4*time.Second || took[1] > 4*time.Second+room {
		t.Errorf("the stop took %v", took)
	}
	lab.Claim(t, "child_wait_time: a control process that hangs is waited for at a stop: with 0.5 s the stop takes %s, with 4 s %s", ms(took[0]), ms(took[1]))
}
