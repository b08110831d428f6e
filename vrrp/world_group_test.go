package vrrp

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// groups is three routers with a sync group of two instances each: two worlds in
// one time, whose nodes of the same number are on the same machine. It brings
// members together as the dataplane does: they are granted when all wish, and
// dragged when one yields; what keeps one from taking part keeps all.
type groups struct {
	rng      *rand.Rand
	circuits [2]*world
	next     time.Time // when fate strikes again
	wishing  [2][3]bool
	told     [2][3]time.Time
	judge    groupJudge
	trace    []string
	// planted bugs
	alone, forgetful bool
}

func newGroups(seed uint64) *groups {
	g := &groups{rng: rand.New(rand.NewPCG(seed, 3)), judge: groupJudge{}}
	for c := range g.circuits {
		w := newQuietWorld(seed)
		w.rng = rand.New(rand.NewPCG(seed, uint64(10+c)))
		for _, n := range w.nodes {
			n.cfg.VRID, n.cfg.Grouped = uint8(1+c), true
		}
		w.judge.group()
		w.heed = func(n *node, a Action) { g.heed(c, n, a) }
		g.circuits[c] = w
	}
	g.judge.g = g
	for _, w := range g.circuits {
		w.begin()
	}
	g.next = epoch.Add(10 * g.circuits[0].judge.interval)
	return g
}

// remember keeps the story.
func (g *groups) remember() {
	for _, w := range g.circuits {
		w.tell = func(line string) { g.trace = append(g.trace, fmt.Sprintf("VRID %d %s", w.nodes[0].cfg.VRID, line)) }
	}
}

// run goes on until that many steps are done or a judge objects.
func (g *groups) run(steps int) error {
	for g.circuits[0].steps+g.circuits[1].steps < steps {
		at, happens := g.next, g.fate
		for _, w := range g.circuits {
			if len(w.queue) > 0 && w.queue[0].at.Before(at) {
				at, happens = w.queue[0].at, w.turn
			}
		}
		for _, w := range g.circuits {
			if err := w.pass(at); err != nil {
				return fmt.Errorf("VRID %d: %w", w.nodes[0].cfg.VRID, err)
			}
		}
		if err := g.judge.until(at); err != nil {
			return err
		}
		if err := happens(); err != nil {
			return err
		}
		g.judge.look(at)
	}
	return nil
}

// heed is what the dataplane does with what a member says.
func (g *groups) heed(c int, n *node, a Action) {
	switch a.Kind {
	case ActWish:
		g.wishing[c][n.id] = true
		g.grant(c, n.id)
	case ActUnwish:
		g.wishing[c][n.id] = false
	case ActRole:
		g.wishing[c][n.id] = false
		if a.From == Master && a.To != Fault {
			g.post(1-c, g.circuits[1-c].nodes[n.id], Dragged)
		}
		g.grant(c, n.id)
	}
}

// grant lets members go to MASTER that wait for each other.
func (g *groups) grant(from, id int) {
	for c, w := range g.circuits {
		n := w.nodes[id]
		if !g.wishing[c][id] && (n.state.Role != Master || !n.up) && !g.alone {
			return
		}
	}
	for c, w := range g.circuits {
		if g.wishing[c][id] && (!g.forgetful || c == from) {
			g.wishing[c][id] = false
			g.post(c, w.nodes[id], Granted)
		}
	}
}

// post tells a member something a moment later.
func (g *groups) post(c int, n *node, kind EventKind) {
	w := g.circuits[c]
	at := w.now.Add(time.Duration(g.rng.Int64N(int64(maxDelay))))
	if last := g.told[c][n.id]; at.Before(last) {
		at = last
	}
	g.told[c][n.id] = at
	w.push(happening{at: at, node: n, boot: n.boot, ev: Event{Kind: kind, At: at}})
}

// fate strikes a machine: the same happens to all members.
func (g *groups) fate() error {
	id, seed := g.rng.IntN(3), g.rng.Uint64()
	a, b := g.circuits[0].nodes[id], g.circuits[1].nodes[id]
	if a.up == b.up && a.state.Role != Init == (b.state.Role != Init) {
		if !a.up {
			a.state, b.state = State{}, State{}
			g.wishing[0][id], g.wishing[1][id] = false, false
		}
		for c, w := range g.circuits {
			w.rng = rand.New(rand.NewPCG(seed, 0))
			w.meet(w.nodes[id])
			w.rng = rand.New(rand.NewPCG(seed, uint64(10+c)))
		}
	}
	g.next = g.next.Add(g.circuits[0].gap())
	for _, w := range g.circuits {
		if w.judge.verdict != nil {
			return w.judge.verdict
		}
	}
	return nil
}
