package integration

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"director/integration/lab"
)

// A quorumLab is two directors before a web server, each of which can lose the
// way to it.
type quorumLab struct {
	lab        *lab.Lab
	inside     *lab.Segment
	witness    *lab.Witness
	lvs1, lvs2 *balancer
	web1       *lab.Host
	server     *lab.Process
}

// newQuorumLab starts both; lvs1 has priority 150, lvs2 100, and both track the
// service as a use says.
func newQuorumLab(t *testing.T, u use) *quorumLab {
	t.Helper()
	l := lab.New(t)
	outside, inside := l.Segment("outside"), l.Segment("inside")
	q := &quorumLab{lab: l, inside: inside, witness: outside.Witness(), web1: l.Host("web1", inside.At("10.88.0.11/24"))}
	q.server = q.web1.Serve(80)
	start := func(name, last string, priority int) *balancer {
		host := l.Host(name, outside.At("10.99.0."+last+"/24"), inside.At("10.88.0."+last+"/24"))
		return newBalancer(l, host, tracking{base: priority, uses: []use{u}}.hcl(0)+
			virtualServer("web", `address = "10.99.0.100:80"`, "  delay_loop = 0.2\n  retry = 0\n  TCP_CHECK { connect_timeout = 0.3 }\n",
				":80", []string{"10.88.0.11"}))
	}
	q.lvs1, q.lvs2 = start("lvs1", "2", 150), start("lvs2", "3", 100)
	q.master(t, "start", q.lvs1, 150)
	return q
}

// master waits until one of the two, and nobody else, advertises, with a
// priority; status agrees.
func (q *quorumLab) master(t *testing.T, what string, b *balancer, priority int) {
	t.Helper()
	source := map[*balancer]string{q.lvs1: "10.99.0.2", q.lvs2: "10.99.0.3"}[b]
	var seen []string
	if !q.lab.Becomes(8*room, func() bool {
		time.Sleep(20 * time.Millisecond)
		seen = nil
		for _, a := range q.witness.Adverts(time.Now().Add(-steadyFor)) {
			if says := fmt.Sprintf("%v with %d", a.Source, a.Priority); !slices.Contains(seen, says) {
				seen = append(seen, says)
			}
		}
		i := b.instance()
		return slices.Equal(seen, []string{fmt.Sprintf("%s with %d", source, priority)}) &&
			i.State == "MASTER" && i.Priority == priority && sumOf(i) == priority && b.Has(addr(vipOf(0)))
	}) {
		t.Fatalf("%s: adverts of %q, want of %s with %d only; status says\n%+v\n%+v", what, seen, source, priority, q.lvs1.instance(), q.lvs2.instance())
	}
}

// oneOf waits until any of the two, and nobody else, advertises with a priority.
func (q *quorumLab) oneOf(t *testing.T, what string, priority int) *balancer {
	t.Helper()
	begin := time.Now()
	q.lab.Eventually(8*room, "one master: "+what, func() bool {
		time.Sleep(20 * time.Millisecond)
		since := time.Now().Add(-2 * steadyFor)
		all := q.witness.Adverts(since)
		return since.After(begin) && len(all) > 0 && !slices.ContainsFunc(all, func(a lab.Advert) bool {
			return a.Source != all[0].Source || int(a.Priority) != priority
		})
	})
	for _, b := range []*balancer{q.lvs1, q.lvs2} {
		if b.Has(addr(vipOf(0))) {
			q.master(t, what, b, priority)
			return b
		}
	}
	t.Fatalf("%s: nobody holds the address", what)
	return nil
}

// testTrackService lets a director that has lost its servers lose priority.
func testTrackService(t *testing.T) {
	q := newQuorumLab(t, use{kind: "virtual_server", name: "web", weight: -80})
	q.lvs1.CutFrom(q.inside)
	q.master(t, "lvs1 does not reach the server", q.lvs2, 100)
	if i := q.lvs1.instance(); i.State != "BACKUP" || i.Priority != 70 || len(i.Terms) != 1 || i.Terms[0].Source != `virtual_server "web"` || i.Terms[0].Delta != -80 {
		t.Errorf("lvs1 says %+v", i)
	}
	lab.Claim(t, "track_virtual_server with weight -80: the director that has lost its servers goes from 150 to 70, and the one with 100 is master")
	q.lvs2.CutFrom(q.inside)
	q.master(t, "nobody reaches the server", q.lvs1, 70)
	lab.Claim(t, "both have lost them: the one with the higher priority before is master, with 70")
	q.lvs1.ConnectTo(q.inside)
	q.master(t, "lvs1 reaches it again", q.lvs1, 150)
	q.lvs2.ConnectTo(q.inside)
	q.master(t, "both reach it again", q.lvs1, 150)
	q.lab.Eventually(5*room, "lvs2 knows its server again", func() bool {
		tr := q.lvs2.tracker("virtual_server", "web")
		return tr.Up && tr.Detail == "live weight 1, quorum 1"
	})
	lab.Claim(t, "and back again, in the same way")
}

// testLastResort is the same without weight: whoever reaches the servers is
// master, and if nobody does, one still is.
func testLastResort(t *testing.T) {
	q := newQuorumLab(t, use{kind: "virtual_server", name: "web"})
	begin := time.Now()
	q.lvs1.CutFrom(q.inside)
	q.master(t, "lvs1 does not reach the server", q.lvs2, 100)
	if i := q.lvs1.instance(); i.State != "BACKUP" || i.Priority != 1 || !slices.Equal(i.LastResort, []string{`virtual_server "web"`}) || len(i.Faults) > 0 {
		t.Errorf("lvs1 says %+v", i)
	}
	gap := q.longestSilence(begin)
	if limit := q.down() + room/2; gap > limit {
		t.Errorf("nobody advertised for %v, want a role that is handed over", gap)
	}
	lab.Claim(t, "track_virtual_server without weight: the director that has lost its servers hands over to the one that reaches them; longest time without advert %s", ms(gap))

	q.server.Kill()
	q.lab.Eventually(5*room, "lvs2 has lost its server, too", func() bool { return len(q.lvs2.instance().LastResort) == 1 })
	// Both have priority 1: it does not matter which.
	is := q.oneOf(t, "the server has ended", 1)
	settled := time.Now()
	time.Sleep(3 * q.down())
	if masters := q.witness.Masters(settled); len(masters) != 1 {
		t.Errorf("%v advertised while nobody reached the server", masters)
	}
	if gap := q.longestSilence(begin); gap > q.down()+room/2 {
		t.Errorf("nobody advertised for %v", gap)
	}
	lab.Claim(t, "all have lost them: one of them (%s) still is the master, with priority 1, and stays it", is.Name)

	q.server = q.web1.Serve(80)
	q.master(t, "lvs2 reaches it again", q.lvs2, 100)
	q.lvs1.ConnectTo(q.inside)
	q.master(t, "lvs1 reaches it again", q.lvs1, 150)
	lab.Claim(t, "the server is back: who reaches it is master, and the higher priority when it does")
}

// down is the master-down interval of priority 1.
func (q *quorumLab) down() time.Duration {
	return 3*100*time.Millisecond + 255*100*time.Millisecond/256
}

// longestSilence is the longest time between two adverts since a moment.
func (q *quorumLab) longestSilence(since time.Time) time.Duration {
	var longest time.Duration
	all := q.witness.Adverts(since)
	for n := 1; n < len(all); n++ {
		longest = max(longest, all[n].At.Sub(all[n-1].At))
	}
	return longest
}
