package vrrp

import (
	"fmt"
	"time"
)

// judge watches a world from outside. It knows who can hear whom, who is able
// to take part, the priorities and the formulas of the standards, and sees who
// claims to be master. It does not look into anybody's state.
type judge struct {
	w        *world
	interval time.Duration // the longest of all
	uniform  bool          // all have the same interval
	settle   time.Duration // bound on two masters
	down     time.Duration // bound on none
	islands  [2]island
	seen     [3]sighting
	changed  time.Time // when anything last changed
	left     time.Time // when a master last said priority 0
	// lenient is when a master last came back from a pause, which then listens
	// first, or began to hand over, which then no longer says that it is one.
	lenient time.Time
	verdict error
}

// island is what can hear each other.
type island struct {
	vacant, crowded time.Time // since when; zero: neither
	limit, settle   time.Duration
}

// sighting is what is seen of one node.
type sighting struct {
	role     Role
	since    time.Time // of the role
	changed  time.Time // when something was last done to the node
	wasUntil time.Time // the end of its last time as master
	lowest   uint8     // its lowest priority of that time
}

func newJudge(w *world) *judge {
	j := &judge{w: w, uniform: true}
	for _, n := range w.nodes {
		j.uniform = j.uniform && n.cfg.AdvertInt == w.nodes[0].cfg.AdvertInt
		j.interval = max(j.interval, n.cfg.AdvertInt)
	}
	j.settle = j.interval + 4*maxDelay
	j.down = downTime(&w.nodes[0].cfg, 1, j.interval) + 4*maxDelay
	return j
}

func (j *judge) able(n *node) bool { return n.up && !n.paused && !n.faulty }

func (j *judge) priority(n *node) uint8 {
	if n.state.Priority == 0 {
		return n.cfg.Priority
	}
	return n.state.Priority
}

// count looks at the islands anew after something happened.
func (j *judge) count() {
	for i := range j.islands {
		able, masters := 0, 0
		for _, n := range j.w.nodes {
			if n.island == i && j.able(n) {
				able++
				if j.seen[n.id].role == Master {
					masters++
				}
			}
		}
		l := &j.islands[i]
		l.mark(&l.vacant, able > 0 && masters == 0, j.w.now)
		l.mark(&l.crowded, masters > 1, j.w.now)
		l.settle = j.settle
		if !j.lenient.IsZero() && l.crowded.Sub(j.lenient) < 6*j.interval {
			l.settle += 2 * j.interval
		}
		if l.vacant.IsZero() {
			l.limit = j.down
		}
	}
}

func (l *island) mark(since *time.Time, is bool, now time.Time) {
	switch {
	case !is:
		*since = time.Time{}
	case since.IsZero():
		*since = now
	}
}

// change starts all clocks anew: something was done to n.
func (j *judge) change(n *node) {
	j.changed = j.w.now
	s := &j.seen[n.id]
	s.changed, s.lowest = j.w.now, min(s.lowest, j.priority(n))
	if !n.up {
		j.sight(n, Init)
	}
	for i := range j.islands {
		j.islands[i] = island{limit: j.down}
	}
	j.count()
}

// leaves says that n is about to say priority 0, if it is master: then the
// others have only their skew. One that waits for its services may take its
// rival for living a little longer, so this is asked only when all was calm.
func (j *judge) leaves(n *node) {
	calm := j.w.now.Sub(j.changed) > 2*j.down
	j.change(n)
	if j.seen[n.id].role != Master {
		return
	}
	j.left = j.w.now
	if calm {
		j.islands[n.island].limit = skew(&n.cfg, 1, j.interval) + 4*maxDelay
	}
}

// hands says that n says priority 1 from now on, if it is master.
func (j *judge) hands(n *node) {
	j.change(n)
	j.lenient, j.seen[n.id].lowest = j.w.now, lowest
}

// resumes says that n comes back from a pause.
func (j *judge) resumes(n *node) {
	if j.seen[n.id].role == Master {
		j.lenient = j.w.now
	}
	j.change(n)
}

// role is told of every role change. It starts no clock anew.
func (j *judge) role(n *node, to Role) {
	j.sight(n, to)
	j.count()
	if to == Master {
		for _, other := range j.w.nodes {
			j.compare(n, other)
		}
	}
}

func (j *judge) sight(n *node, to Role) {
	s := &j.seen[n.id]
	if s.role == Master && to != Master {
		s.wasUntil = j.w.now
	}
	if to == Master {
		s.lowest = j.priority(n)
	}
	s.role, s.since = to, j.w.now
}

// compare objects if n may not be master because of other: both have been
// undisturbed, able and together for long.
func (j *judge) compare(n, other *node) {
	if n == other || n.island != other.island || !j.able(other) || j.verdict != nil {
		return
	}
	long := j.w.now.Add(-2 * j.down)
	a, b := &j.seen[n.id], &j.seen[other.id]
	if a.changed.After(long) || b.changed.After(long) {
		return
	}
	mine, its := j.priority(n), j.priority(other)
	if b.role == Master && its >= mine && j.mustBow(b) {
		j.object("%c (%d) takes over from a living master %c (%d)", 'a'+n.id, mine, 'a'+other.id, its)
	}
	if b.role == Backup && its > mine && j.mustBeFirst(n, other, long) {
		j.object("%c (%d) is faster than %c (%d)", 'a'+n.id, mine, 'a'+other.id, its)
	}
}

// mustBow reports whether all have had time to hear the master. Two things
// excuse a needless takeover: priority 0 from one of two masters just before,
// for the standards do not ask whose it is; and a short interval learned from
// a third router that was master for a moment.
func (j *judge) mustBow(master *sighting) bool {
	return j.uniform && j.w.now.Sub(master.since) > j.settle+j.down && j.w.now.Sub(j.left) > j.down
}

// mustBeFirst reports whether the difference in skew has to let other succeed
// before n: they follow a master that neither of them would have preempted.
func (j *judge) mustBeFirst(n, other *node, long time.Time) bool {
	gap := skew(&n.cfg, j.priority(n), j.interval) - skew(&n.cfg, j.priority(other), j.interval)
	if !j.uniform || gap <= 2*maxDelay || j.seen[n.id].wasUntil.After(long) {
		return false
	}
	third := &j.seen[3-n.id-other.id]
	recent := third.role == Master || third.wasUntil.After(long)
	return !recent || third.lowest >= j.priority(other)
}

// until checks the clocks before time goes on to then.
func (j *judge) until(then time.Time) error {
	for i := range j.islands {
		l := &j.islands[i]
		if !l.vacant.IsZero() && then.Sub(l.vacant) > l.limit {
			return fmt.Errorf("island %d: no master for more than %v, since %v", i, l.limit, l.vacant.Sub(epoch))
		}
		if !l.crowded.IsZero() && then.Sub(l.crowded) > l.settle {
			return fmt.Errorf("island %d: two masters for more than %v, since %v", i, l.settle, l.crowded.Sub(epoch))
		}
	}
	return j.best(then)
}

// best objects if, after everything has settled, a router is master although a
// better one could be.
func (j *judge) best(then time.Time) error {
	if then.Sub(j.changed) < 5*j.down {
		return nil
	}
	for _, m := range j.w.nodes {
		// One that has just claimed the role may be told better at once.
		if s := &j.seen[m.id]; s.role != Master || !j.able(m) || then.Sub(s.since) <= j.settle {
			continue
		}
		for _, n := range j.w.nodes {
			plain := !n.cfg.NoPreempt && n.cfg.PreemptDelay == 0 && !n.ceded
			if plain && n.island == m.island && j.able(n) && j.priority(n) > j.priority(m) {
				return fmt.Errorf("%c (%d) is master beside %c (%d)", 'a'+m.id, j.priority(m), 'a'+n.id, j.priority(n))
			}
		}
	}
	return nil
}

func (j *judge) object(format string, args ...any) {
	j.verdict = fmt.Errorf(format, args...)
}
