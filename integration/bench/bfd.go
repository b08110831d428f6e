package bench

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"time"

	"director/integration/lab"
)

// What BFD does: adverts go over a segment of their own, clients and a gateway
// are on another one, and there is a session with the gateway.
const (
	bfdInterval   = 10 * time.Millisecond
	bfdMultiplier = 3
	bfdAdverts    = time.Second
	// bfdPriority has a short skew time.
	bfdPriority = 254
)

// bfdFloor is the detection time (RFC 5880 section 6.8.4), and the skew time
// after the priority 0 that a master says when it goes to FAULT.
const bfdFloor = bfdMultiplier*bfdInterval + (256-bfdPriority)*bfdAdverts/256

var gateway, bfdVIP = netip.MustParseAddr("10.98.0.1"), netip.MustParseAddr("10.98.0.100")

// BFD measures how long nobody answers a client after the master has lost its
// way to clients and gateway, while its adverts still arrive.
func BFD(ctx context.Context, log io.Writer, times int) ([][]string, error) {
	var rows [][]string
	for _, p := range []program{director, keepalived} {
		var gaps spread
		err := lab.Play(ctx, "bfd", log, func(t lab.T) {
			pair, clients := newBFDPair(t, p)
			for range times {
				gaps.add(pair.cut(clients), bfdFloor)
			}
		})
		if err != nil {
			return nil, fmt.Errorf("BFD: %w", err)
		}
		rows = append(rows, slices.Concat([]string{p.name, "BFD 10ms x 3"}, gaps.cells()))
	}
	return rows, nil
}

// newBFDPair makes two routers and a gateway, all of one program, and starts
// them.
func newBFDPair(t lab.T, p program) (*pair, *lab.Segment) {
	l := lab.New(t)
	adverts, clients := l.Segment("adverts"), l.Segment("clients")
	pair := &pair{lab: l, program: p}
	sides := [2]netip.Addr{netip.AddrFrom4([4]byte{10, 98, 0, 2}), netip.AddrFrom4([4]byte{10, 98, 0, 3})}
	far := &router{Host: l.Host("gw", clients.At(gateway.String()+"/24")), lab: l, program: p,
		config: p.session("a", gateway, sides[0]) + p.session("b", gateway, sides[1])}
	for i, name := range []string{"a", "b"} {
		own := netip.AddrFrom4([4]byte{10, 99, 0, byte(2 + i)})
		pair.routers[i] = &router{Host: l.Host(name, adverts.At(own.String()+"/24"), clients.At(sides[i].String()+"/24")),
			lab: l, program: p, own: own, config: p.session("gw", sides[i], gateway) + p.tracking()}
	}
	pair.client = l.Host("client", clients.At("10.98.0.9/24"))
	pair.witness = adverts.Witness()
	far.start(true)
	for _, r := range pair.routers {
		r.start(false)
	}
	return pair, clients
}

// session is a bfd_instance.
func (p program) session(name string, from, to netip.Addr) string {
	if p.keepalived {
		return fmt.Sprintf("bfd_instance %s {\n source_ip %s\n neighbor_ip %s\n min_rx %d\n min_tx %d\n multiplier %d\n}\n",
			name, from, to, bfdInterval.Milliseconds(), bfdInterval.Milliseconds(), bfdMultiplier)
	}
	return fmt.Sprintf("bfd_instance %q {\n  source_ip = %q\n  neighbor_ip = %q\n  min_rx = \"%v\"\n  min_tx = \"%v\"\n  multiplier = %d\n}\n",
		name, from, to, bfdInterval, bfdInterval, bfdMultiplier)
}

// tracking is an instance that follows the session.
func (p program) tracking() string {
	if p.keepalived {
		return fmt.Sprintf("global_defs {\n router_id bench\n vrrp_version 3\n vrrp_rt_priority 50\n vrrp_rlimit_rttime 2000000\n"+
			" bfd_rt_priority 50\n bfd_rlimit_rttime 2000000\n}\n"+
			"vrrp_instance VI_1 {\n interface eth0\n virtual_router_id 51\n state BACKUP\n priority %d\n advert_int %v\n"+
			" track_bfd {\n  gw\n }\n virtual_ipaddress {\n  %s/24 dev eth1\n }\n}\n", bfdPriority, bfdAdverts.Seconds(), bfdVIP)
	}
	return fmt.Sprintf("vrrp_instance \"VI_1\" {\n  interface = \"eth0\"\n  virtual_router_id = 51\n  version = 3\n  priority = %d\n"+
		"  advert_int = %v\n  track_bfd \"gw\" {}\n  virtual_ipaddress \"%s/24\" {\n    dev = \"eth1\"\n  }\n}\n",
		bfdPriority, bfdAdverts.Seconds(), bfdVIP)
}

// cut takes the master off the segment of the clients, returns how long nobody
// answered, and brings it back as a backup.
func (p *pair) cut(clients *lab.Segment) time.Duration {
	var master, backup *router
	p.lab.Eventually(room, "one of both is master", func() bool {
		begin := time.Now()
		time.Sleep(3 * bfdAdverts / 2)
		masters := p.witness.Masters(begin)
		if len(masters) != 1 {
			return false
		}
		master, backup = p.routers[0], p.routers[1]
		if masters[0] == backup.own {
			master, backup = backup, master
		}
		return master.Has(bfdVIP) && !backup.Has(bfdVIP)
	})
	pulse := p.client.Pulse(bfdVIP, time.Millisecond)
	defer pulse.Stop()
	begin := time.Now()
	p.lab.Eventually(room, "the master answers", func() bool { return len(pulse.Since(begin, clientSide(master))) > 20 })
	cut := time.Now()
	master.CutFrom(clients)
	var answers []lab.Echo
	p.lab.Eventually(room, "the backup answers", func() bool {
		answers = pulse.Since(cut, clientSide(backup))
		return len(answers) > 0
	})
	master.ConnectTo(clients)
	// The session with the gateway has to come up before it can be lost again.
	time.Sleep(3 * time.Second)
	return answers[0].At.Sub(cut)
}

// clientSide is the MAC of a router towards clients.
func clientSide(r *router) []byte {
	link, err := r.Links().LinkByName("eth1")
	r.lab.Expect(err == nil, "interface of %s: %v", r.Name, err)
	return link.Attrs().HardwareAddr
}
