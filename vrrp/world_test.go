package vrrp

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"time"
)

// world is three routers, a network and fate, in a time of its own. It drives
// Step as a Runner does, so a million steps take seconds. The same seed makes
// the same world.
type world struct {
	rng   *rand.Rand
	now   time.Time
	queue happenings
	seq   int
	nodes [3]*node
	judge *judge
	step  func(Params, State, Event) (State, Actions)
	steps int
	tell  func(string) // nil: nobody listens
	// heed is told of every action, before others see what it does; nil: nobody
	// wants to know.
	heed func(*node, Action)
}

// node is one router's machine.
type node struct {
	id       int
	cfg      Config
	addr     netip.Addr
	state    State
	boot     int // counts starts: what was meant for an earlier life is void
	up       bool
	paused   bool
	deaf     bool // paused with its machine: adverts are lost, not queued
	faulty   bool
	ceded    bool // it was told to leave the role to others
	island   int
	last     time.Time
	mailbox  []Event
	arrived  [3]time.Time  // the last advert from each node: links keep order
	prepares time.Duration // how long its services take; negative: for ever
}

// happening is something that will happen to a node, or fate.
type happening struct {
	at   time.Time
	seq  int
	node *node // nil: fate strikes
	boot int
	from int // island of the sender, for an advert
	ev   Event
	wake bool // a pause ends
}

type happenings []happening

func (h happenings) Len() int { return len(h) }
func (h happenings) Less(i, j int) bool {
	if h[i].at.Equal(h[j].at) {
		return h[i].seq < h[j].seq
	}
	return h[i].at.Before(h[j].at)
}
func (h happenings) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *happenings) Push(x any)   { *h = append(*h, x.(happening)) }
func (h *happenings) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}

// maxDelay bounds how long an advert travels.
const maxDelay = 500 * time.Microsecond

func newWorld(seed uint64) *world {
	w := newQuietWorld(seed)
	w.begin()
	w.push(happening{at: w.now.Add(10 * w.judge.interval)})
	return w
}

// newQuietWorld makes a world in which nothing happens yet, and no fate.
func newQuietWorld(seed uint64) *world {
	w := &world{rng: rand.New(rand.NewPCG(seed, 1)), now: epoch, step: Step}
	version := uint8(2 + w.rng.IntN(2))
	same := w.interval(version)
	mixed := version == 3 && w.rng.IntN(4) == 0
	for i := range w.nodes {
		n := &node{id: i, addr: netip.AddrFrom4([4]byte{192, 0, 2, byte(i + 1)})}
		n.cfg = Config{
			Version: version, VRID: 1, Priority: w.priority(), AdvertInt: same,
			HigherPrioSendAdvert: w.rng.IntN(8) == 0, LowerPrioNoAdvert: w.rng.IntN(8) == 0,
		}
		if mixed {
			n.cfg.AdvertInt = w.interval(version)
		}
		switch w.rng.IntN(6) {
		case 0:
			n.cfg.NoPreempt = true
		case 1:
			n.cfg.PreemptDelay = time.Duration(w.rng.IntN(10)) * same
		case 2:
			n.prepares = -1
		default:
			n.prepares = time.Duration(w.rng.Int64N(int64(6 * same)))
		}
		if n.cfg.Priority == 254 && w.rng.IntN(3) == 0 {
			n.cfg.Priority, n.cfg.StartMaster = 255, true
		}
		w.nodes[i] = n
	}
	w.judge = newJudge(w)
	return w
}

func (w *world) begin() {
	for _, n := range w.nodes {
		w.start(n)
	}
}

func (w *world) interval(version uint8) time.Duration {
	if version == 2 {
		return time.Duration(1+w.rng.IntN(2)) * time.Second
	}
	return []time.Duration{10, 30, 100, 1000, 2000}[w.rng.IntN(5)] * time.Millisecond
}

func (w *world) priority() uint8 {
	return []uint8{1, 50, 100, 100, 150, 200, 254}[w.rng.IntN(7)]
}

// run goes on until that many steps are done or the judge objects.
func (w *world) run(steps int) error {
	for w.steps < steps {
		if err := w.pass(w.queue[0].at); err != nil {
			return err
		}
		if err := w.turn(); err != nil {
			return err
		}
	}
	return nil
}

// pass lets time go on until something happens.
func (w *world) pass(until time.Time) error {
	if err := w.judge.until(until); err != nil {
		return err
	}
	w.now = until
	return nil
}

// turn lets the next thing happen.
func (w *world) turn() error {
	h := heap.Pop(&w.queue).(happening)
	switch {
	case h.node == nil:
		w.fate()
	case h.boot != h.node.boot || !h.node.up:
	case h.wake:
		w.resume(h.node)
	case h.ev.Kind == AdvertReceived && h.from != h.node.island:
	case h.ev.Kind == TimerFired && !h.ev.At.Equal(h.node.state.Deadline):
	case h.node.paused:
		w.keep(h.node, h.ev)
	default:
		w.do(h.node, h.ev)
	}
	return w.judge.verdict
}

func (w *world) push(h happening) {
	w.seq++
	h.seq = w.seq
	heap.Push(&w.queue, h)
}

func (w *world) note(format string, args ...any) {
	if w.tell != nil {
		w.tell(fmt.Sprintf("%12v  ", w.now.Sub(epoch)) + fmt.Sprintf(format, args...))
	}
}

// do lets Step decide and carries out what it says, as Runner.step does.
func (w *world) do(n *node, ev Event) {
	if ev.At.Before(n.last) {
		ev.At = n.last
	}
	n.last = ev.At
	w.steps++
	before := n.state
	s, acts := w.step(Params{Config: &n.cfg, Source: n.addr}, n.state, ev)
	n.state = s
	for _, a := range acts.All() {
		switch a.Kind {
		case ActSendAdvert:
			w.advertise(n, a.Priority)
		case ActArmTimer:
			at := a.At
			if at.Before(w.now) {
				at = w.now
			}
			w.push(happening{at: at, node: n, boot: n.boot, ev: Event{Kind: TimerFired, At: a.At}})
		case ActPrepare:
			if n.prepares >= 0 {
				at := w.now.Add(n.prepares)
				w.push(happening{at: at, node: n, boot: n.boot, ev: Event{Kind: Prepared, At: at}})
			}
		case ActRole:
			w.note("%c %v -> %v: %s", 'a'+n.id, a.From, a.To, a.Reason.explain(before, ev))
			n.ceded = n.ceded && a.To != Master
			n.up = a.To != Init
			w.judge.role(n, a.To)
		case ActStayed:
			w.note("%c stays: %v", 'a'+n.id, a.Reason)
			n.ceded = false
			w.judge.change(n)
		}
		if w.heed != nil {
			w.heed(n, a)
		}
	}
}

func (w *world) advertise(n *node, priority uint8) {
	if priority == 0 {
		w.judge.left = w.now
	}
	for _, to := range w.nodes {
		if to == n || !to.up || to.island != n.island {
			continue
		}
		at := w.now.Add(time.Duration(w.rng.Int64N(int64(maxDelay))))
		if !at.After(to.arrived[n.id]) {
			at = to.arrived[n.id].Add(1)
		}
		to.arrived[n.id] = at
		w.push(happening{at: at, node: to, boot: to.boot, from: n.island, ev: Event{
			Kind: AdvertReceived, At: at,
			Advert: Advert{Source: n.addr, Priority: priority, Interval: n.cfg.AdvertInt},
		}})
	}
}

// keep is what happens to a paused node: its socket keeps adverts, if its
// machine runs.
func (w *world) keep(n *node, ev Event) {
	if ev.Kind == AdvertReceived && n.deaf || ev.Kind == TimerFired {
		return
	}
	n.mailbox = append(n.mailbox, ev)
}

// resume reads the socket before it believes the timer, as Runner.fire does.
func (w *world) resume(n *node) {
	w.note("%c resumes with %d kept", 'a'+n.id, len(n.mailbox))
	n.paused = false
	w.judge.resumes(n)
	kept := n.mailbox
	n.mailbox = nil
	for _, ev := range kept {
		ev.At = arrival(ev.At, w.now)
		w.do(n, ev)
	}
	if d := n.state.Deadline; !d.IsZero() && !w.now.Before(d) {
		w.do(n, Event{Kind: TimerFired, At: w.now})
	}
}

func (w *world) start(n *node) {
	w.note("%c starts: priority %d, interval %v", 'a'+n.id, n.cfg.Priority, n.cfg.AdvertInt)
	n.boot++
	n.up, n.paused, n.faulty, n.mailbox, n.last = true, false, false, nil, w.now
	n.state, n.ceded = State{}, false
	w.judge.change(n)
	w.do(n, Event{Kind: Start, At: w.now})
}
