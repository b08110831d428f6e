package integration

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"director/integration/lab"
)

// peace is a chronicle in which all is well: a (150) is master beside b and c
// (100), at an interval of 100 ms, for ten seconds.
func peace() *chronicle {
	begin := time.Unix(1000, 0)
	p := &destiny{version: 3, interval: 100 * time.Millisecond,
		circuits: []circuit{{name: "VI_1", vrid: 51, vips: []netip.Prefix{prefix("10.99.0.100/24")}}}}
	s := scene{begin: begin, end: begin.Add(10 * time.Second), what: "peace"}
	for n := range s.routers {
		s.routers[n] = condition{able: true, watched: true, priority: []int{150, 100, 100}[n], plain: true}
	}
	c := &chronicle{plan: p, scenes: []scene{s}, adverts: make([][]claim, 1)}
	for at := 50 * time.Millisecond; at < 10*time.Second; at += 100 * time.Millisecond {
		c.adverts[0] = append(c.adverts[0], claim{at: begin.Add(at), router: 0, priority: 150})
		for n := range s.routers {
			has := 0
			if n == 0 {
				has = 1
			}
			c.holdings = append(c.holdings, holding{begin.Add(at), n, []int{has}})
		}
	}
	return c
}

// split cuts the only scene in two and changes the second one.
func (c *chronicle) split(at time.Duration, change func(*scene)) {
	first, second := c.scenes[0], c.scenes[0]
	first.end = first.begin.Add(at)
	second.begin = first.end
	change(&second)
	c.scenes = []scene{first, second}
}

// advert changes each advert from a moment on; false: it is left out.
func (c *chronicle) advert(from, to time.Duration, change func(*claim) bool) {
	var kept []claim
	for _, a := range c.adverts[0] {
		since := a.at.Sub(c.scenes[0].begin)
		if since < from || since >= to || change(&a) {
			kept = append(kept, a)
		}
	}
	c.adverts[0] = kept
}

// starve says that the machine was late.
func (c *chronicle) starve(from, to time.Duration) {
	begin := c.scenes[0].begin
	c.late = append(c.late, lab.Span{Begin: begin.Add(from), End: begin.Add(to)})
}

// forever is longer than peace.
const forever = time.Hour

func drop(*claim) bool { return false }

// second makes b advertise beside a.
func (c *chronicle) second(from, to time.Duration) {
	var more []claim
	c.advert(from, to, func(a *claim) bool {
		more = append(more, claim{a.at.Add(1), 1, 100, a.island})
		return true
	})
	c.adverts[0] = append(c.adverts[0], more...)
}

var judgeRows = []struct {
	name   string
	events func(*chronicle)
	want   string // empty: nothing
}{
	{"peace", func(*chronicle) {}, ""},
	{"nobody advertises for a while", func(c *chronicle) { c.advert(3*time.Second, 4*time.Second, drop) }, "no master on island 0 before 4.05s"},
	{"nobody ever", func(c *chronicle) { c.advert(0, forever, drop) }, "no master on island 0, allowed until 550ms"},
	{"as long as a backup may wait", func(c *chronicle) { c.advert(2*time.Second, 2*time.Second+300*time.Millisecond, drop) }, ""},
	{"after a partition the other island has one, too", func(c *chronicle) {
		c.split(5*time.Second, func(s *scene) { s.routers[2].island = 1 })
	}, "no master on island 1"},
	{"nobody there is able", func(c *chronicle) {
		c.split(5*time.Second, func(s *scene) { s.routers[2] = condition{island: 1} })
	}, ""},
	{"the machine was late", func(c *chronicle) {
		c.advert(3*time.Second, 4*time.Second, drop)
		c.starve(3100*time.Millisecond, 3900*time.Millisecond)
	}, ""},
	{"another time", func(c *chronicle) {
		c.advert(3*time.Second, 4*time.Second, drop)
		c.starve(6*time.Second, 7*time.Second)
	}, "no master"},
	{"priority 0 is no master", func(c *chronicle) {
		c.advert(5*time.Second, forever, func(a *claim) bool { a.priority = 0; return true })
	}, "no master on island 0"},
	{"two", func(c *chronicle) { c.second(5*time.Second, 5*time.Second+500*time.Millisecond) }, "a and b are masters on island 0"},
	{"two for a moment", func(c *chronicle) { c.second(2*time.Second, 2*time.Second+200*time.Millisecond) }, ""},
	{"two on two islands", func(c *chronicle) {
		c.second(0, forever)
		for n := range c.adverts[0] {
			c.adverts[0][n].island = c.adverts[0][n].router
		}
		c.scenes[0].routers[1].island = 1
		for n := range c.holdings {
			c.holdings[n].has[0] = 1 - c.holdings[n].router/2
		}
	}, ""},
	{"the worse one", func(c *chronicle) { c.scenes[0].routers[1].priority = 151 }, "a (150) is master beside b (151)"},
	{"that may not preempt", func(c *chronicle) {
		c.scenes[0].routers[1].priority, c.scenes[0].routers[1].plain = 151, false
	}, ""},
	{"another one takes over for no reason", func(c *chronicle) {
		c.advert(8*time.Second, forever, func(a *claim) bool { a.router, a.priority = 1, 100; return true })
	}, "b takes over on island 0"},
	{"members of a sync group with two masters", func(c *chronicle) {
		c.plan.circuits = append(c.plan.circuits, circuit{name: "VI_2", vrid: 52})
		c.plan.group = true
		var others []claim
		for _, a := range c.adverts[0] {
			a.router, a.priority = 1, 100
			others = append(others, a)
		}
		c.adverts = append(c.adverts, others)
		for n := range c.holdings {
			c.holdings[n].has = append(c.holdings[n].has, 0)
		}
	}, "a is its master and b that of the other member"},
	{"a priority that it should not have", func(c *chronicle) {
		c.advert(8*time.Second, 9*time.Second, func(a *claim) bool { a.priority = 149; return true })
	}, "a says priority 149"},
	{"an address too many", func(c *chronicle) { c.holdings[len(c.holdings)-1].has[0] = 1 }, "c is not master and has 1 addresses"},
	{"an address too few", func(c *chronicle) { c.holdings[len(c.holdings)-3].has[0] = 0 }, "a is master and has 0 of 1 addresses"},
	{"that somebody took", func(c *chronicle) {
		c.holdings[len(c.holdings)-3].has[0] = 0
		c.scenes[0].routers[0].touched = c.scenes[0].end.Add(-100 * time.Millisecond)
	}, ""},
}

// TestRandomJudge shows what the judge of TestRandomNamespaces sees, and what it
// excuses.
func TestRandomJudge(t *testing.T) {
	for _, row := range judgeRows {
		t.Run(row.name, func(t *testing.T) {
			c := peace()
			row.events(c)
			slices.SortFunc(c.adverts[0], func(a, b claim) int { return a.at.Compare(b.at) })
			_, objections := c.judge()
			got := strings.Join(objections, "\n")
			if row.want == "" && got != "" || !strings.Contains(got, row.want) {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}
