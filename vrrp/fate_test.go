package vrrp

import "time"

// fate does one bad thing and comes back later: sometimes at once, sometimes
// after everything has settled.
func (w *world) fate() {
	w.push(happening{at: w.now.Add(w.gap())})
	w.meet(w.nodes[w.rng.IntN(len(w.nodes))])
}

// gap is the time between two blows of fate.
func (w *world) gap() time.Duration {
	longest := w.judge.interval
	if w.rng.IntN(2) == 0 {
		return time.Duration(w.rng.Int64N(int64(longest)))
	}
	return time.Duration(w.rng.Int64N(int64(25 * longest)))
}

// meet lets fate strike a node.
func (w *world) meet(n *node) {
	switch {
	case !n.up:
		w.start(n)
	case w.rng.IntN(3) == 0:
		w.partition(n)
	case n.paused: // nothing else can happen to it
	default:
		w.strike(n)
	}
}

func (w *world) strike(n *node) {
	switch w.rng.IntN(8) {
	case 6:
		w.handOver(n)
	case 7:
		w.note("%c may take back", 'a'+n.id)
		n.ceded = false
		w.judge.change(n)
		w.do(n, Event{Kind: TakeBack, At: w.now})
	case 0:
		w.note("%c crashes", 'a'+n.id)
		n.up = false
		w.judge.change(n)
	case 1:
		w.note("%c stops", 'a'+n.id)
		w.judge.leaves(n)
		w.do(n, Event{Kind: Shutdown, At: w.now})
		n.up = false
		w.judge.count()
	case 2:
		w.pause(n)
	case 3:
		w.fault(n)
	case 4:
		w.setPriority(n)
	case 5:
		w.note("%c reloads", 'a'+n.id)
		w.judge.change(n)
		w.do(n, Event{Kind: Reconfigured, At: w.now})
	}
}

// handOver lets a node leave as planned: for good, or to be a backup.
func (w *world) handOver(n *node) {
	ev := Event{Kind: HandOver, At: w.now, To: Backup, Cede: w.rng.IntN(2) == 0}
	if w.rng.IntN(2) == 0 {
		ev.To = Init
	}
	w.note("%c hands over, to be %v", 'a'+n.id, ev.To)
	n.ceded = n.ceded || ev.Cede
	w.judge.hands(n)
	w.do(n, ev)
	if ev.To == Init && n.state.Role == Init {
		n.up = false
		w.judge.count()
	}
}

// partition moves one node to the other island, or heals everything.
func (w *world) partition(n *node) {
	if w.rng.IntN(2) == 0 {
		n.island = 1 - n.island
		w.note("%c moves to island %d", 'a'+n.id, n.island)
		w.judge.change(n)
		return
	}
	w.note("heal")
	for _, n := range w.nodes {
		if n.island != 0 {
			n.island = 0
			w.judge.change(n)
		}
	}
}

func (w *world) pause(n *node) {
	n.paused, n.deaf = true, w.rng.IntN(2) == 0
	d := time.Duration(w.rng.Int64N(int64(8 * n.cfg.AdvertInt)))
	w.note("%c pauses for %v, deaf %v", 'a'+n.id, d, n.deaf)
	w.judge.change(n)
	w.push(happening{at: w.now.Add(d), node: n, boot: n.boot, wake: true})
}

func (w *world) fault(n *node) {
	n.faulty = !n.faulty
	if n.faulty {
		w.note("%c gets a fault", 'a'+n.id)
		w.judge.leaves(n)
		w.do(n, Event{Kind: FaultRaised, At: w.now})
		return
	}
	w.note("%c loses its fault", 'a'+n.id)
	w.judge.change(n)
	w.do(n, Event{Kind: FaultCleared, At: w.now})
}

func (w *world) setPriority(n *node) {
	if n.state.Priority == 255 {
		return // an owner's priority never moves
	}
	p := w.priority()
	w.note("%c gets priority %d", 'a'+n.id, p)
	w.do(n, Event{Kind: PriorityChanged, At: w.now, Priority: p})
	w.judge.change(n)
}
