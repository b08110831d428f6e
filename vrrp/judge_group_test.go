package vrrp

import (
	"fmt"
	"time"
)

// groupJudge demands that the members of a group are master on the same router,
// or on none.
type groupJudge struct {
	g     *groups
	apart [3]time.Time // since when they are not; zero: they are
}

// group makes a judge of one instance one of a member, which waits for the
// others.
func (j *judge) group() { j.down += 4 * maxDelay }

// look sees what has become of the members.
func (j *groupJudge) look(now time.Time) {
	for id := range j.apart {
		a, b := j.g.circuits[0], j.g.circuits[1]
		x, y := a.judge.seen[id].role == Master, b.judge.seen[id].role == Master
		able := a.judge.able(a.nodes[id]) && b.judge.able(b.nodes[id])
		switch {
		case x == y || !able:
			j.apart[id] = time.Time{}
		case j.apart[id].IsZero():
			j.apart[id] = now
		}
	}
}

// until checks the clocks before time goes on to then.
func (j *groupJudge) until(then time.Time) error {
	for id, since := range j.apart {
		if limit := j.limit(); !since.IsZero() && then.Sub(since) > limit {
			return fmt.Errorf("%c is master of one member of its group for more than %v, since %v", 'a'+id, limit, since.Sub(epoch))
		}
	}
	return nil
}

// limit is how long a router may be master of one member only: a late grant to a
// member that has just heard a master.
func (j *groupJudge) limit() time.Duration {
	one := j.g.circuits[0].judge
	return one.settle + one.down
}
