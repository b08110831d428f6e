package integration

import (
	"fmt"
	"slices"
	"time"

	"director/integration/lab"
)

// A chronicle is all that somebody outside knows of an ordeal: what was done to
// whom, who advertised, and who held which addresses.
type chronicle struct {
	plan   *destiny
	scenes []scene
	late   []lab.Span // when the machine itself was late
	// adverts are those of each circuit, in order.
	adverts  [][]claim
	holdings []holding
}

// A scene is a time in which nothing was done.
type scene struct {
	begin, end time.Time
	// what was done before it, and for how long that may take to arrive: a
	// process starts, a link comes up.
	what  string
	grace time.Duration
	// lenient: somebody came back from a pause, and listens first, or hands over.
	lenient bool
	routers [3]condition
}

// A condition is what is known of one machine during a scene.
type condition struct {
	island int
	// able: it can take part in the election.
	able bool
	// watched: it is somebody's duty to keep its addresses right.
	watched bool
	// priority is what it should say.
	priority int
	// plain: it preempts whoever is lower, at once.
	plain bool
	// touched is when somebody last removed one of its addresses.
	touched time.Time
}

// A claim is an advert.
type claim struct {
	at               time.Time
	router, priority int
	island           int
}

// A holding is how many addresses of each circuit one machine had.
type holding struct {
	at     time.Time
	router int
	has    []int
}

const (
	// tardy is when a machine counts as late.
	tardy = 50 * time.Millisecond
	// chain is what a machine that is not late may add to an answer: a timer, a
	// packet and a process, each a little late.
	chain = 3 * tardy
	// programming is for addresses to come and go, and for a file to be read.
	programming = 500 * time.Millisecond
	reading     = 2 * time.Second
)

// allowed are bounds that follow from the protocol's formulas.
func (c *chronicle) none() time.Duration {
	limit := c.plan.down() + chain
	if c.plan.group {
		limit += c.plan.interval // its members wait for each other
	}
	return limit
}

func (c *chronicle) two(s *scene) time.Duration {
	limit := c.plan.interval + chain
	if s.lenient {
		limit += 2 * c.plan.interval
	}
	return limit
}

// judge returns how much time it could judge, and what it objects to.
func (c *chronicle) judge() (judged time.Duration, objections []string) {
	for _, s := range c.cut() {
		judged += s.end.Sub(s.begin)
		for n := range c.plan.circuits {
			for island := range 2 {
				objections = append(objections, c.vacant(&s, n, island)...)
			}
			objections = append(objections, c.crowded(&s, n)...)
			objections = append(objections, c.best(&s, n)...)
			objections = append(objections, c.steady(&s, n)...)
			objections = append(objections, c.priorities(&s, n)...)
		}
		objections = append(objections, c.apart(&s)...)
		objections = append(objections, c.addresses(&s)...)
	}
	return judged, objections
}

// cut takes the times out in which the machine was late: all clocks begin anew.
func (c *chronicle) cut() []scene {
	var all []scene
	for _, s := range c.scenes {
		for _, late := range c.late {
			if late.End.Before(s.begin) || late.Begin.After(s.end) {
				continue
			}
			if early := s; late.Begin.After(s.begin) {
				early.end = late.Begin
				all = append(all, early)
			}
			s.grace = max(0, s.grace-late.End.Sub(s.begin))
			s.begin, s.lenient = late.End, true
		}
		if s.end.After(s.begin) {
			all = append(all, s)
		}
	}
	return all
}

// during returns the adverts of a circuit in a scene.
func (c *chronicle) during(s *scene, circuit int) []claim {
	all := c.adverts[circuit]
	from, _ := slices.BinarySearchFunc(all, s.begin, func(a claim, t time.Time) int { return a.at.Compare(t) })
	to, _ := slices.BinarySearchFunc(all, s.end, func(a claim, t time.Time) int { return a.at.Compare(t) })
	return all[from:max(from, to)]
}

func (c *chronicle) object(s *scene, circuit int, format string, args ...any) []string {
	return []string{fmt.Sprintf("%s after %s of %q: ", c.plan.circuits[circuit].name, c.stamp(s.begin), s.what) + fmt.Sprintf(format, args...)}
}

func (c *chronicle) stamp(at time.Time) string {
	return at.Sub(c.scenes[0].begin).Round(time.Millisecond).String()
}

// vacant objects to an island on which somebody is able and nobody advertises.
func (c *chronicle) vacant(s *scene, circuit, island int) []string {
	if !slices.ContainsFunc(s.routers[:], func(r condition) bool { return r.able && r.island == island }) {
		return nil
	}
	deadline := s.begin.Add(s.grace + c.none())
	for _, a := range c.during(s, circuit) {
		if a.island != island || a.priority == 0 {
			continue
		}
		if a.at.After(deadline) {
			return c.object(s, circuit, "no master on island %d before %s, allowed until %s", island, c.stamp(a.at), c.stamp(deadline))
		}
		if next := a.at.Add(c.none()); next.After(deadline) {
			deadline = next
		}
	}
	if s.end.After(deadline) {
		return c.object(s, circuit, "no master on island %d, allowed until %s", island, c.stamp(deadline))
	}
	return nil
}

// A reign is a time in which one router advertised without a pause.
type reign struct {
	router, island int
	first, last    time.Time
}

// reigns returns those of a scene.
func (c *chronicle) reigns(s *scene, circuit int) []reign {
	var all []reign
	var now [3]*reign
	flush := func(n int) {
		if now[n] != nil {
			all = append(all, *now[n])
			now[n] = nil
		}
	}
	for _, a := range c.during(s, circuit) {
		if r := now[a.router]; r != nil && (a.at.Sub(r.last) > 2*c.plan.interval+chain || a.priority == 0 || a.island != r.island) {
			flush(a.router)
		}
		switch {
		case a.priority == 0:
		case now[a.router] == nil:
			now[a.router] = &reign{a.router, a.island, a.at, a.at}
		default:
			now[a.router].last = a.at
		}
	}
	for n := range now {
		flush(n)
	}
	return all
}

// crowded objects to two routers of an island that advertise side by side.
func (c *chronicle) crowded(s *scene, circuit int) []string {
	all := c.reigns(s, circuit)
	for n, a := range all {
		for _, b := range all[:n] {
			if a.router == b.router || a.island != b.island {
				continue
			}
			begin, end := latest(a.first, b.first, s.begin.Add(s.grace)), a.last
			if b.last.Before(end) {
				end = b.last
			}
			if both := end.Sub(begin); both > c.two(s) {
				return c.object(s, circuit, "%c and %c are masters on island %d for %v from %s on, allowed are %v",
					'a'+b.router, 'a'+a.router, a.island, both, c.stamp(begin), c.two(s))
			}
		}
	}
	return nil
}

func latest(times ...time.Time) time.Time { return slices.MaxFunc(times, time.Time.Compare) }
