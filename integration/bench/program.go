package bench

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"director/integration/lab"
)

// A program is one of those compared.
type program struct {
	name       string
	keepalived bool
	realtime   bool
}

// director is as it is started; the kernel may refuse it real time.
var (
	director      = program{"director", false, true}
	directorPlain = program{"director, no real time", false, false}
	keepalived    = program{"keepalived, vrrp_rt_priority 50", true, true}
	keepalivedOff = program{"keepalived", true, false}
)

var vip = netip.MustParseAddr("10.99.0.100")

// priority of both routers of a pair: the one that comes back leaves the other
// alone, so that every crash has the same floor.
const priority = 100

// floor is the master-down interval of a backup (RFC 9568 section 6.1).
func floor(interval time.Duration) time.Duration {
	return 3*interval + (256-priority)*interval/256
}

// A router is a machine with one of the programs on it.
type router struct {
	*lab.Host
	lab     *lab.Lab
	program program
	own     netip.Addr
	// config is for the program's own language.
	config  string
	process *lab.Process
}

// start starts the program, for VRRP alone or also to drive IPVS.
func (r *router) start(ipvs bool) {
	if r.program.keepalived {
		r.process = r.Keepalived(r.config, ipvs)
		return
	}
	path := r.lab.File(r.Name+"/director.hcl", r.config)
	if r.program.realtime {
		r.process = r.Director(path).Process
		return
	}
	r.lab.Expect(os.MkdirAll(r.runDir(), 0o755) == nil, "folder %s", r.runDir())
	r.process = r.Start("env", "DIRECTOR_REALTIME=off", os.Getenv(lab.Binary),
		"run", "-c", path, "--run-dir", r.runDir(), "-i", r.Name)
}

func (r *router) runDir() string { return filepath.Join(r.Dir(), "run") }

// listens reports whether the program has said that it is backup.
func (r *router) listens() bool {
	if r.program.keepalived {
		return r.process.Said("Entering BACKUP STATE")
	}
	return r.process.Said("to=BACKUP")
}

// election is the part of a configuration that elects, in the program's language.
func (p program) election(interval time.Duration) string {
	if p.keepalived {
		var realtime string
		if p.realtime {
			// Its own limit of 10 ms kills it on a slow machine; this is director's.
			realtime = " vrrp_rt_priority 50\n vrrp_rlimit_rttime 2000000\n"
		}
		return fmt.Sprintf("global_defs {\n router_id bench\n vrrp_version 3\n%s}\n"+
			"vrrp_instance VI_1 {\n interface eth0\n virtual_router_id 51\n state BACKUP\n priority %d\n"+
			" advert_int %v\n virtual_ipaddress {\n  %s/24\n }\n}\n", realtime, priority, interval.Seconds(), vip)
	}
	return fmt.Sprintf("vrrp_instance \"VI_1\" {\n  interface = \"eth0\"\n  virtual_router_id = 51\n  version = 3\n"+
		"  priority = %d\n  advert_int = %v\n  virtual_ipaddress \"%s/24\" {}\n}\n", priority, interval.Seconds(), vip)
}

// services are virtual servers on the address, one port each, from a port on.
func (p program) services(n, servers, port int) string {
	var b strings.Builder
	for i := range n {
		if p.keepalived {
			fmt.Fprintf(&b, "virtual_server %s %d {\n lvs_sched wlc\n lvs_method DR\n protocol TCP\n", vip, port+i)
		} else {
			fmt.Fprintf(&b, "virtual_server \"s%d\" {\n  address = \"%s:%d\"\n  lb_algo = \"wlc\"\n  lb_kind = \"DR\"\n", i, vip, port+i)
		}
		for j := range servers {
			if p.keepalived {
				fmt.Fprintf(&b, " real_server %s %d {\n  weight 1\n }\n", server(j), port+i)
			} else {
				fmt.Fprintf(&b, "  real_server \"%s:%d\" {}\n", server(j), port+i)
			}
		}
		b.WriteString("}\n")
	}
	return b.String()
}

// server is the address of a real server that nobody asks.
func server(n int) netip.Addr { return netip.AddrFrom4([4]byte{10, 98, byte(n >> 8), byte(n)}) }

// A pair is two routers of one program on a segment of their own.
type pair struct {
	lab     *lab.Lab
	program program
	routers [2]*router
	client  *lab.Host
	witness *lab.Witness
}

func newPair(t lab.T, p program, interval time.Duration) *pair {
	l := lab.New(t)
	lan := l.Segment("lan")
	pair := &pair{lab: l, program: p}
	for i, name := range []string{"a", "b"} {
		own := netip.AddrFrom4([4]byte{10, 99, 0, byte(2 + i)})
		pair.routers[i] = &router{Host: l.Host(name, lan.At(own.String()+"/24")), lab: l, program: p, own: own,
			config: p.election(interval)}
	}
	pair.client = l.Host("client", lan.At("10.99.0.9/24"))
	pair.witness = lan.Witness()
	return pair
}

// startBoth makes the first master and the second backup.
func (p *pair) startBoth(interval time.Duration) {
	p.routers[0].start(false)
	p.lab.Eventually(floor(interval)+room, p.program.name+" advertises", func() bool {
		_, ok := p.witness.FirstFrom(p.routers[0].own, time.Time{})
		return ok
	})
	p.routers[1].start(false)
	p.lab.Eventually(room, p.program.name+" listens", p.routers[1].listens)
}

// room is added to every deadline: the machine may be slow.
const room = 20 * time.Second
