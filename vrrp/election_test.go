package vrrp_test

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing/synctest"
	"time"

	"director/vrrp"
	"director/vrrp/vrrptest"
)

// election is Runners on a segment, and a log of what they do.
type election struct {
	segment *vrrptest.Segment
	start   time.Time
	nodes   []*router
	adverts bool // logged too

	mu  sync.Mutex // guards log
	log []logLine
}

type logLine struct {
	at         time.Duration
	node, text string
}

// travel is how long an advert takes on the segment.
const travel = 100 * time.Microsecond

func newElection() *election {
	return &election{segment: vrrptest.NewSegment(travel), start: time.Now()}
}

func (e *election) node(name string) (*router, error) {
	for _, n := range e.nodes {
		if n.name == name {
			return n, nil
		}
	}
	return nil, fmt.Errorf("no node %q", name)
}

func (e *election) note(node, format string, args ...any) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.log = append(e.log, logLine{time.Since(e.start), node, fmt.Sprintf(format, args...)})
}

// takeLog returns what happened since the last call. What happened at the same
// moment on two nodes is in the order of their names.
func (e *election) takeLog() string {
	synctest.Wait()
	e.mu.Lock()
	defer e.mu.Unlock()
	slices.SortStableFunc(e.log, func(a, b logLine) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.node, b.node))
	})
	var out strings.Builder
	for _, l := range e.log {
		fmt.Fprintf(&out, "%+.6f %s %s\n", l.at.Seconds(), l.node, l.text)
	}
	e.log = nil
	return out.String()
}

func (e *election) end() {
	for _, n := range e.nodes {
		n.crash()
	}
}

func (e *election) setTrace(args []string) error {
	if args[0] != "adverts" {
		return fmt.Errorf("trace adverts")
	}
	e.adverts = true
	return nil
}

// addNode is "node NAME key=value...": the number of the node is the end of its
// address.
func (e *election) addNode(args []string) error {
	n := &router{election: e, name: args[0], number: len(e.nodes) + 1}
	n.addr = netip.AddrFrom4([4]byte{192, 0, 2, byte(n.number)})
	n.cfg = vrrp.Config{
		Name: n.name, Interface: "eth0", Family: vrrp.IPv4, Version: 3, VRID: 51, Priority: 100,
		AdvertInt: time.Second, Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.50")},
	}
	if err := n.configure(args[1:]); err != nil {
		return err
	}
	e.nodes = append(e.nodes, n)
	n.create()
	return nil
}

func (e *election) setPriority(args []string) error {
	n, err := e.node(args[0])
	if err != nil {
		return err
	}
	p, err := strconv.ParseUint(args[1], 10, 8)
	n.runner.SetPriority(uint8(p))
	synctest.Wait()
	return err
}

func (e *election) setFault(args []string) error {
	n, err := e.node(args[0])
	if err != nil {
		return err
	}
	n.runner.SetFault(args[1], args[2] == "on")
	synctest.Wait()
	return nil
}

func (e *election) setHold(args []string) error {
	n, err := e.node(args[0])
	if err != nil {
		return err
	}
	n.runner.SetHold(args[1], args[2] == "on")
	synctest.Wait()
	return nil
}

func (e *election) reload(args []string) error {
	n, err := e.node(args[0])
	if err != nil {
		return err
	}
	if err := n.configure(args[1:]); err != nil {
		return err
	}
	n.runner.Reconfigure(n.cfg)
	synctest.Wait()
	return nil
}

// router is one node: its Runner's Observer and Transport.
type router struct {
	election *election
	name     string
	number   int
	addr     netip.Addr
	cfg      vrrp.Config
	prepare  time.Duration // how long services take; negative: for ever
	port     *vrrptest.Port
	runner   *vrrp.Runner
	cancel   context.CancelFunc
	done     chan struct{}
	dead     bool
}

func (n *router) configure(settings []string) error {
	for _, s := range settings {
		key, value, _ := strings.Cut(s, "=")
		if err := n.set(key, value); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	return nil
}

func (n *router) set(key, value string) (err error) {
	var number uint64
	switch key {
	case "version":
		number, err = strconv.ParseUint(value, 10, 8)
		n.cfg.Version = uint8(number)
	case "priority":
		number, err = strconv.ParseUint(value, 10, 8)
		n.cfg.Priority = uint8(number)
	case "interval":
		n.cfg.AdvertInt, err = time.ParseDuration(value)
	case "preempt_delay":
		n.cfg.PreemptDelay, err = time.ParseDuration(value)
	case "prepare":
		n.prepare, err = time.ParseDuration(value)
	case "nopreempt":
		n.cfg.NoPreempt = true
	case "ipv6":
		n.addr = netip.MustParseAddr(fmt.Sprintf("fe80::%d", n.number))
		n.cfg.Family, n.cfg.Addresses = vrrp.IPv6, []netip.Addr{netip.MustParseAddr("fe80::50")}
	case "pass":
		n.cfg.Auth, n.cfg.AuthPassword = vrrp.AuthPass, value
	case "owner":
		n.cfg.Priority, n.cfg.StartMaster = 255, true
	case "peer":
		var a netip.Addr
		a, err = netip.ParseAddr(value)
		n.cfg.Peers = append(n.cfg.Peers, vrrp.Peer{Addr: a})
	default:
		err = fmt.Errorf("unknown setting")
	}
	return err
}

func (n *router) create() {
	n.runner = vrrp.NewRunner(n.cfg, n, slog.New(slog.DiscardHandler))
	n.port = n.election.segment.Attach(n.addr, n.runner.Deliver)
	n.runner.SetTransport(n, n.addr)
	n.dead, n.cancel = false, nil
}

func (n *router) start() {
	if n.dead {
		n.create()
	}
	ctx, cancel := context.WithCancel(context.Background())
	n.cancel, n.done = cancel, make(chan struct{})
	go func() {
		defer close(n.done)
		n.runner.Run(ctx)
	}()
}

func (n *router) stop() {
	if n.cancel != nil {
		n.cancel()
		<-n.done
	}
	n.port.Close()
	n.dead = true
}

// crash is a stop that nobody hears of.
func (n *router) crash() {
	n.port.Close()
	n.dead = true
	n.stop()
}

func (n *router) cut() { n.port.Move(n.number) }

func (n *router) logStatus() {
	s := n.runner.Status()
	n.note("status: %v priority %d/%d master %v (%d, %v) transitions %d faults %v sent %d+%d received %d+%d drops %v preparing %v",
		s.Role, s.Priority, s.BasePriority, s.Master, s.MasterPriority, s.MasterInterval, s.Transitions, s.Faults,
		s.Sent, s.SentZero, s.Received, s.ReceivedZero, s.Drops, s.Preparing)
}

func (n *router) note(format string, args ...any) {
	if !n.dead {
		n.election.note(n.name, format, args...)
	}
}

// Send is vrrp.Transport's.
func (n *router) Send(src, dst netip.Addr, message []byte) error {
	if n.election.adverts {
		n.note("advert of priority %d to %v", message[2], dst)
	}
	return n.port.Send(src, dst, message)
}

// Drain is vrrp.Transport's.
func (n *router) Drain() { n.port.Drain() }

// RoleChanged is vrrp.Observer's.
func (n *router) RoleChanged(c vrrp.RoleChange) {
	n.note("%v -> %v: %s", c.From, c.To, c.Reason)
	if !c.Linger.IsZero() {
		n.note("serves on for %v at most", c.Linger.Sub(c.At))
	}
}

// Prepare is vrrp.Observer's.
func (n *router) Prepare(_ vrrp.Key, on bool) {
	if !on {
		n.note("takes services away again")
		return
	}
	n.note("prepares services")
	if n.prepare >= 0 {
		runner := n.runner
		time.AfterFunc(n.prepare, func() {
			n.note("services are complete")
			runner.Prepared()
		})
	}
}

// Announce is vrrp.Observer's.
func (n *router) Announce(vrrp.Key) { n.note("announces again") }

// Wish is vrrp.Observer's.
func (n *router) Wish(_ vrrp.Key, on bool) { n.note("wishes to be master: %v", on) }

// Stayed is vrrp.Observer's.
func (n *router) Stayed(_ vrrp.Key, reason string) { n.note("stays master: %s", reason) }
