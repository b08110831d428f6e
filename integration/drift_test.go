package integration

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"director/integration/lab"
	"director/internal/api"
)

const driftInstance = `vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  advert_int        = "100ms"
  virtual_ipaddress "10.99.0.100/24" {}
  virtual_ipaddress "10.99.0.101/24" {}
}
`

const driftServices = `virtual_server "web" {
  address    = "10.99.0.100:80"
  lb_algo    = "rr"
  lb_kind    = "DR"
  delay_loop = 1
  real_server "10.99.0.11:80" {
    weight = 3
    TCP_CHECK {}
  }
  real_server "10.99.0.12:80" {
    weight = 3
    TCP_CHECK {}
  }
}
`

const driftTaken = `virtual_server "taken" {
  address    = "10.99.0.101:443"
  lb_algo    = "wlc"
  lb_kind    = "NAT"
  real_server "10.99.0.11:443" {}
}
`

// What must never be touched: a service and an address of somebody else.
var foreignEntry = []string{"-A -t 10.99.0.200:80 -s sh", "-a -t 10.99.0.200:80 -r 10.99.0.77:80 -g -w 5"}

const foreignAddress = "10.99.0.50"

// A drift is a director that is MASTER while somebody else is at its kernel.
type drift struct {
	*balancer
	before api.Repairs
}

// TestDrift changes what a master has programmed behind its back.
func TestDrift(t *testing.T) {
	lab.Need(t, lab.IPVS, lab.Netns)
	d := newDrift(t)
	testTakenOver(t, d)
	for _, c := range driftCases {
		d.afterwards(t, c)
	}
	testDriftAddresses(t, d)
	testForeign(t, d)
	testLeftovers(t, d)
}

func newDrift(t *testing.T) *drift {
	l := lab.New(t)
	lan := l.Segment("lan")
	for _, name := range []string{"web1", "web2"} {
		address := map[string]string{"web1": "10.99.0.11/24", "web2": "10.99.0.12/24"}[name]
		l.Host(name, lan.At(address)).WebServer(80, addr("10.99.0.100"))
	}
	lvs := l.Host("lvs1", lan.At("10.99.0.2/24"))
	lvs.AddAddress("eth0", prefix(foreignAddress+"/24"))
	lvs.Run("ipvsadm", "-A", "-t", "10.99.0.101:443", "-s", "rr")
	lvs.Run("ipvsadm", "-a", "-t", "10.99.0.101:443", "-r", "10.99.0.99:443", "-m")
	d := &drift{balancer: newBalancer(l, lvs, driftInstance+driftServices+driftTaken)}
	d.addForeign()
	d.master(addr("10.99.0.100"), addr("10.99.0.101"))
	return d
}

func (d *drift) addForeign() {
	for _, line := range foreignEntry {
		d.ipvsadm(line)
	}
}

// ipvsadm changes the kernel's table by one line as `ipvsadm -Sn` prints it.
func (d *drift) ipvsadm(line string) {
	d.Run("sh", "-c", "ipvsadm "+line)
}

func (d *drift) repairs() api.Repairs {
	if s := d.status(); s != nil {
		return s.Dataplane.Repairs
	}
	return api.Repairs{}
}

func testTakenOver(t *testing.T, d *drift) {
	d.eventuallyTable(15*time.Second, "the service that was there is as configured", func(t table) bool {
		return t.has(wholeTaken...) && !t.has("-a -t 10.99.0.101:443 -r 10.99.0.99:443")
	})
	d.lab.Eventually(3*time.Second, "status says what was taken over", func() bool {
		return d.service("taken").TakenOver && d.service("taken").Programmed && d.service("web").Programmed
	})
	if d.service("web").TakenOver {
		t.Error("a service that was not there counts as taken over")
	}
	if len(d.log("taken over", "10.99.0.101:443")) != 1 {
		t.Errorf("log says %q, want once that 10.99.0.101:443 was taken over", d.log("taken over"))
	}
	lab.Claim(t, "a service of the file that was in the kernel with another scheduler and server is taken over, put right, and said")
}

// A driftCase is one thing that somebody does to the kernel's table.
type driftCase struct {
	name string
	// does are lines of ipvsadm's arguments.
	does string
	// back are lines that are there again, not those that are not.
	back []string
	not  string
	// within is what is promised.
	within time.Duration
	// count is what grows by more.
	count func(api.Repairs) uint64
	more  uint64
	said  string
}

const (
	lostService = time.Second
	lostServer  = 10 * time.Second
	// slow is what a guest on a busy machine may add.
	slow = 2 * time.Second
)

var wholeWeb = []string{
	"-A -t 10.99.0.100:80 -s rr",
	"-a -t 10.99.0.100:80 -r 10.99.0.11:80 -g -w 3",
	"-a -t 10.99.0.100:80 -r 10.99.0.12:80 -g -w 3",
}

var wholeTaken = []string{"-A -t 10.99.0.101:443 -s wlc", "-a -t 10.99.0.101:443 -r 10.99.0.11:443 -m -w 1"}

func repairedServices(r api.Repairs) uint64 { return r.Services }
func repairedServers(r api.Repairs) uint64  { return r.Servers }

var driftCases = []driftCase{
	{name: "ipvsadm -C", does: "-C", within: lostService, count: repairedServices, more: 2, said: "it was removed",
		back: append(wholeTaken, wholeWeb...)},
	{name: "one service removed", does: "-D -t 10.99.0.100:80", within: lostService, back: wholeWeb,
		count: repairedServices, more: 1, said: "it was removed"},
	{name: "the scheduler changed", does: "-E -t 10.99.0.100:80 -s sh", within: lostService, back: wholeWeb,
		not: "-A -t 10.99.0.100:80 -s sh", count: repairedServices, more: 1, said: "its settings were changed"},
	{name: "persistence added", does: "-E -t 10.99.0.100:80 -s rr -p 99", within: lostService, back: wholeWeb,
		not: "-A -t 10.99.0.100:80 -s rr -p 99", count: repairedServices, more: 1, said: "its settings were changed"},
	{name: "a server removed, another's weight changed, a third added", within: lostServer, back: wholeWeb,
		does: "-d -t 10.99.0.100:80 -r 10.99.0.12:80\n-e -t 10.99.0.100:80 -r 10.99.0.11:80 -g -w 77\n-a -t 10.99.0.100:80 -r 10.99.0.88:80 -g",
		not:  "-a -t 10.99.0.100:80 -r 10.99.0.88:80", count: repairedServers, more: 3, said: "its servers were changed"},
}

// afterwards does what the case says and waits until all is well again.
func (d *drift) afterwards(t *testing.T, c driftCase) {
	d.before = d.repairs()
	said := len(d.log(c.said))
	begin := time.Now()
	for line := range strings.Lines(c.does) {
		d.ipvsadm(strings.TrimSpace(line))
	}
	d.eventuallyTable(c.within+slow, c.name+": put right", func(t table) bool {
		return t.has(c.back...) && (c.not == "" || !t.has(c.not))
	})
	took := since(begin)
	d.lab.Eventually(3*time.Second, c.name+": counted", func() bool { return c.count(d.repairs()) == c.count(d.before)+c.more })
	if len(d.log(c.said)) == said {
		t.Errorf("%s: not in the log: %q", c.name, c.said)
	}
	lab.Claim(t, "%s: put right after %s, logged and counted", c.name, took)
	if c.does == "-C" {
		d.addForeign()
	}
}

func testDriftAddresses(t *testing.T, d *drift) {
	for _, c := range [][2]string{
		{"one address deleted", "ip address del 10.99.0.100/24 dev eth0"},
		{"all addresses flushed", "ip -loops 1 address flush dev eth0 to 10.99.0.100/31"},
	} {
		name, command := c[0], c[1]
		before := d.repairs().Addresses
		begin := time.Now()
		// A flush gives up when addresses return as fast as they go.
		_, _ = d.Try("sh", "-c", command)
		d.lab.Eventually(slow, name+": back", func() bool { return d.Has(addr("10.99.0.100")) && d.Has(addr("10.99.0.101")) })
		took := since(begin)
		d.lab.Eventually(3*time.Second, name+": counted", func() bool { return d.repairs().Addresses > before })
		if len(d.log("virtual address was removed", "10.99.0.100")) == 0 {
			t.Errorf("%s: not in the log", name)
		}
		lab.Claim(t, "%s: back after %s, logged and counted", name, took)
	}
	if i := d.instance(); i.Transitions != 2 {
		t.Errorf("%d role changes, want the 2 of the start", i.Transitions)
	}
	d.theirs(t)
	lab.Claim(t, "no drift changed a role or touched what is not ours")
}

// theirs checks that what is somebody else's is as he made it.
func (d *drift) theirs(t *testing.T) {
	t.Helper()
	if have := d.table(); !have.has(foreignEntry...) {
		t.Errorf("of the foreign entry %q the kernel has\n%s", foreignEntry, have)
	}
	if !d.Has(addr(foreignAddress)) {
		t.Error("the foreign address is gone")
	}
}

// testForeign stops the director: only what is not ours stays.
func testForeign(t *testing.T, d *drift) {
	d.director.Stop()
	d.theirs(t)
	d.nothingOfOurs(t)
	lab.Claim(t, "a stop leaves nothing of ours, and all of the others'")
}

func (d *drift) nothingOfOurs(t *testing.T) {
	t.Helper()
	if have := d.table(); have.has("-A -t 10.99.0.10") || d.Has(addr("10.99.0.100")) || d.Has(addr("10.99.0.101")) {
		t.Errorf("left by a stop: %v and\n%s", d.Addresses(), have)
	}
}

// testLeftovers kills the director and starts it with fewer services.
func testLeftovers(t *testing.T, d *drift) {
	d.start(driftInstance + driftServices + driftTaken)
	d.master(addr("10.99.0.100"), addr("10.99.0.101"))
	d.eventuallyTable(15*time.Second, "both services are there", func(t table) bool {
		return t.has(wholeWeb...) && t.has(wholeTaken...)
	})
	d.director.SignalGroup(syscall.SIGKILL)
	d.director.Kill()
	if !d.table().has(wholeTaken...) || !d.Has(addr("10.99.0.101")) {
		t.Error("a killed director took its services and addresses along")
	}
	d.start(driftInstance + driftServices)
	d.master(addr("10.99.0.100"), addr("10.99.0.101"))
	d.eventuallyTable(15*time.Second, "the service that is no longer wanted goes, the other is there", func(t table) bool {
		return !t.has("-A -t 10.99.0.101:443") && t.has(wholeWeb...)
	})
	if d.service("web").TakenOver {
		t.Error("our own leftover counts as taken over from somebody")
	}
	d.theirs(t)
	d.director.Stop()
	d.theirs(t)
	d.nothingOfOurs(t)
	lab.Claim(t, "what a killed director left goes at the next start, or is its own again; the others' stays")
}
