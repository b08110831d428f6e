package integration

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// A destiny is all that a seed decides: a set-up and when what will happen.
type destiny struct {
	seed        uint64
	version     int
	interval    time.Duration
	circuits    []circuit
	group, vmac bool
	routers     [3]temper
	blows       []blow
}

// A circuit is one virtual router, that has an instance on each machine.
type circuit struct {
	name string
	vrid uint8
	ipv6 bool
	vips []netip.Prefix
}

// A temper is how one machine is configured.
type temper struct {
	priority  int
	nopreempt bool
	delay     time.Duration // preempt_delay
}

// A blow is one thing that will happen to one machine.
type blow struct {
	at     time.Duration // since the begin
	router int
	master bool // whoever is master then, instead
	kind   blowKind
	size   float64 // of 1: how long, how much
}

type blowKind string

const (
	blowPartition blowKind = "partition"
	blowHeal      blowKind = "heal"
	blowPause     blowKind = "SIGSTOP"
	blowKill      blowKind = "kill -9 of the dataplane"
	blowControl   blowKind = "kill -9 of control"
	blowStop      blowKind = "stop"
	blowHandover  blowKind = "handover"
	blowBack      blowKind = "handover --back"
	blowWeight    blowKind = "tracked priority"
	blowCarrier   blowKind = "cable pulled out"
	blowLink      blowKind = "link down"
	blowReload    blowKind = "reload"
	blowAddress   blowKind = "address removed by hand"
	blowStart     blowKind = "start" // what any blow does to a machine without a director
)

// blowPartitions is how much more often partitions come.
const blowPartitions = 3

var blowKinds = []blowKind{blowPause, blowKill, blowControl, blowStop, blowHandover, blowBack,
	blowWeight, blowCarrier, blowLink, blowReload, blowAddress}

func newDestiny(seed uint64, intervals []time.Duration, lasting time.Duration) *destiny {
	rng := rand.New(rand.NewPCG(seed, uint64(intervals[0])))
	p := &destiny{seed: seed, version: 3, interval: intervals[rng.IntN(len(intervals))]}
	if p.interval == time.Second {
		p.version = 2 + rng.IntN(2)
	}
	p.circuits = []circuit{{name: "VI_1", vrid: 51, vips: []netip.Prefix{prefix("10.99.0.100/24"), prefix("10.99.0.101/24")}}}
	if rng.IntN(2) == 0 {
		second := circuit{name: "VI_2", vrid: 52, vips: []netip.Prefix{prefix("10.99.0.110/24")}}
		if p.version == 3 && rng.IntN(2) == 0 {
			second.ipv6, second.vips = true, []netip.Prefix{prefix("fe80::5:1/64"), prefix("fd99::100/64")}
		}
		p.circuits = append(p.circuits, second)
		p.group = rng.IntN(2) == 0
	}
	p.vmac = rng.IntN(3) == 0
	for n := range p.routers {
		r := &p.routers[n]
		r.priority = 50 + 50*rng.IntN(4)
		switch rng.IntN(8) {
		case 0:
			r.nopreempt = true
		case 1:
			r.delay = p.interval * time.Duration(1+rng.IntN(10))
		}
	}
	// Sometimes at once, sometimes after all has settled.
	for at := p.gap(rng); at < lasting; at += p.gap(rng) {
		p.blows = append(p.blows, blow{at: at, router: rng.IntN(3), master: rng.IntN(2) == 0, kind: p.kind(rng), size: rng.Float64()})
	}
	return p
}

func (p *destiny) gap(rng *rand.Rand) time.Duration {
	long := min(30*p.interval, 4*time.Second)
	if rng.IntN(2) == 0 {
		long = p.interval
	}
	return time.Duration(rng.Int64N(int64(long)))
}

func (p *destiny) kind(rng *rand.Rand) blowKind {
	n := rng.IntN(len(blowKinds) + 2*blowPartitions)
	switch kind := n - 2*blowPartitions; {
	case n < blowPartitions:
		return blowPartition
	case kind < 0:
		return blowHeal
	case blowKinds[kind] == blowLink && p.ipv6():
		return blowCarrier // the kernel would forget the machine's own addresses
	default:
		return blowKinds[kind]
	}
}

func (p *destiny) ipv6() bool {
	return slices.ContainsFunc(p.circuits, func(c circuit) bool { return c.ipv6 })
}

// String tells of the set-up.
func (p *destiny) String() string {
	parts := []string{fmt.Sprintf("version %d at %v", p.version, p.interval)}
	if len(p.circuits) > 1 {
		parts = append(parts, "two instances")
	}
	for _, more := range []struct {
		is   bool
		name string
	}{{p.ipv6(), "IPv6"}, {p.group, "sync group"}, {p.vmac, "VMAC"}} {
		if more.is {
			parts = append(parts, more.name)
		}
	}
	return strings.Join(parts, ", ")
}

// hcl is the configuration of one machine with a priority, which follows the
// number in a file.
func (p *destiny) hcl(n, priority int, file string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "track_file \"more\" {\n  file = %q\n}\n", file)
	r := p.routers[n]
	for _, c := range p.circuits {
		fmt.Fprintf(&b, "vrrp_instance %q {\n  interface = \"eth0\"\n  virtual_router_id = %d\n  version = %d\n  priority = %d\n  advert_int = %v\n",
			c.name, c.vrid, p.version, priority, p.interval.Seconds())
		if r.nopreempt {
			b.WriteString("  nopreempt = true\n")
		}
		if r.delay > 0 {
			fmt.Fprintf(&b, "  preempt_delay = %v\n", r.delay.Seconds())
		}
		if p.vmac {
			b.WriteString("  use_vmac {}\n")
		}
		b.WriteString("  track_file \"more\" {\n    weight = 1\n  }\n")
		for _, vip := range c.vips {
			fmt.Fprintf(&b, "  virtual_ipaddress %q {}\n", vip)
		}
		b.WriteString("}\n")
	}
	if p.group {
		b.WriteString("vrrp_sync_group \"all\" {\n  group = [\"VI_1\", \"VI_2\"]\n  sync_group_tracking_weight = true\n}\n")
	}
	return b.String()
}

// down is the longest master-down interval, that of priority 1.
func (p *destiny) down() time.Duration {
	return wire{version: p.version, interval: p.interval}.down(1)
}
