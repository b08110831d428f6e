package integration

import (
	"errors"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"director/integration/lab"
)

// TestStart shows what becomes of a director that finds its place taken, lacks
// privileges, or whose control process does not get ready.
//
// It needs network namespaces.
func TestStart(t *testing.T) {
	lab.Need(t, lab.Netns)
	t.Run("second", func(t *testing.T) { t.Parallel(); testSecond(t) })
	t.Run("unprivileged", func(t *testing.T) { t.Parallel(); testUnprivileged(t) })
	t.Run("unprepared", func(t *testing.T) { t.Parallel(); testUnprepared(t) })
}

// onlyInstance is a configuration for a machine without rivals.
const onlyInstance = `vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  advert_int        = "100ms"
  priority          = 100
  virtual_ipaddress "10.99.0.100/24" {}
}
`

// newMachine is a machine on a segment of its own.
func newMachine(t lab.T) (*lab.Lab, *lab.Host) {
	l := lab.New(t)
	return l, l.Host("lvs1", l.Segment("lan").At("10.99.0.2/24"))
}

func testSecond(t *testing.T) {
	l, host := newMachine(t)
	b := newBalancer(l, host, onlyInstance)
	b.becomes("MASTER", room)
	first := b.status()

	inRunDir := host.Director(l.File("second.hcl", onlyInstance))
	refused(t, l, inRunDir.Process, "another director is running in the run directory "+b.director.RunDir)
	lab.Claim(t, "a second director in the same run directory is refused, exit status 1")

	inNamespace := host.Director(l.File("second.hcl", onlyInstance), "--run-dir", filepath.Join(l.Dir(), "other"))
	refused(t, l, inNamespace.Process, "another director is running in this network namespace")
	lab.Claim(t, "and with another run directory in the same network namespace, too")

	now := b.status()
	if now == nil || now.Dataplane.PID != first.Dataplane.PID || now.Instances[0].Transitions != first.Instances[0].Transitions || !host.Has(vip1) {
		t.Errorf("the first is now\n%+v, was\n%+v", now, first)
	}
	lab.Claim(t, "the first one notices nothing of either")
}

func refused(t *testing.T, l *lab.Lab, p *lab.Process, why string) {
	t.Helper()
	l.Expect(p.Ends(5*room), "a second director runs")
	if exit := (*exec.ExitError)(nil); !errors.As(p.Err(), &exit) || exit.ExitCode() != 1 {
		t.Errorf("a second director ended with %v, want exit status 1", p.Err())
	}
	if !p.Said(why) {
		t.Errorf("a second director does not say %q:\n%s", why, p.Tail(10))
	}
}

// testUnprivileged takes capabilities away: those that remain decide what goes
// on.
func testUnprivileged(t *testing.T) {
	l, host := newMachine(t)
	b := &balancer{Host: host, lab: l}
	b.director = host.DirectorVia([]string{"setpriv", "--bounding-set=-all,+net_raw", "--inh-caps=-all"},
		l.File("director.hcl", onlyInstance))
	b.eventually("it elects, and cannot bring up its address", func() bool {
		return len(b.instance().Faults) > 0 && strings.Contains(b.address("10.99.0.100").Error, "not permitted")
	})
	s := b.status()
	if s.Dataplane.Realtime || s.Dataplane.RealtimeReason == "" || s.Dataplane.IPVS || s.Dataplane.IPVSReason == "" {
		t.Errorf("status does not say what it may not do: %+v", s.Dataplane)
	}
	lab.Claim(t, "without CAP_NET_ADMIN and CAP_SYS_NICE it runs and says so: %q, IPVS: %q, address: %q",
		s.Instances[0].Faults, s.Dataplane.IPVSReason, s.Instances[0].Addresses[0].Error)
	b.director.Stop()

	b.director = host.DirectorVia([]string{"setpriv", "--bounding-set=-all", "--inh-caps=-all"}, l.File("director.hcl", onlyInstance))
	b.becomes("FAULT", 5*room)
	if faults := b.instance().Faults; !slices.ContainsFunc(faults, func(f string) bool { return strings.Contains(f, "socket") }) {
		t.Errorf("FAULT without the reason: %q", faults)
	}
	b.director.Stop()
	lab.Claim(t, "without CAP_NET_RAW, too, it is in FAULT and says that it has no socket; it stops as asked")

	b.start(onlyInstance)
	b.becomes("MASTER", 5*room)
	s = b.status()
	if _, err := os.Stat("/proc/net/ip_vs"); err != nil && (s.Dataplane.IPVS || !b.director.Said("no IPVS: electing and checking go on without it")) {
		t.Errorf("there is no IPVS, and it does not say so: %+v", s.Dataplane)
	}
	lab.Claim(t, "without IPVS in the kernel it says so and is MASTER (IPVS: %v %q)", s.Dataplane.IPVS, s.Dataplane.IPVSReason)
}

// testUnprepared kills control while it reads a configuration that takes long.
func testUnprepared(t *testing.T) {
	l, host := newMachine(t)
	var servers []string
	for n := range 10_000 {
		servers = append(servers, netip.AddrFrom4([4]byte{10, 96, byte(n >> 8), byte(n)}).String())
	}
	config := onlyInstance + service("web", vip1, "", servers...)
	b := &balancer{Host: host, lab: l, director: host.Director(l.File("director.hcl", config))}
	killed := map[int]bool{}
	var times []time.Time
	for len(times) < 4 {
		l.Eventually(long, "there is a control process", func() bool {
			for pid, command := range host.Processes() {
				if strings.HasPrefix(command, "director control ") && !killed[pid] {
					killed[pid] = true
					times = append(times, time.Now())
					return syscall.Kill(pid, syscall.SIGKILL) == nil
				}
			}
			return false
		})
	}
	var waits []string
	for n, least := range []time.Duration{250, 500, 1000} {
		wait := times[n+1].Sub(times[n])
		waits = append(waits, ms(wait))
		if least *= time.Millisecond; wait < least {
			t.Errorf("start %d came %v after the one before, want %v at least", n+2, wait, least)
		}
	}
	l.Expect(b.director.Running(), "director has ended")
	lab.Claim(t, "a control process that dies before it is ready is started again later and later: after %s", strings.Join(waits, ", "))

	b.becomes("MASTER", long)
	lab.Claim(t, "when the next one is ready, the director is")
}
