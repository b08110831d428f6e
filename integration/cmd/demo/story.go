package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"director/integration/lab"
)

// room is added to every deadline: the machine may be slow.
const room = 10 * time.Second

// pace is how often the client asks.
const pace = 10 * time.Millisecond

func tell(ctx context.Context, keepalived bool) error {
	begin := time.Now()
	return lab.Play(ctx, "demo", os.Stdout, func(t lab.T) {
		c := newCluster(t, keepalived)
		fmt.Printf("Directors lvs1 and lvs2, web servers web1 and web2, a client of %s.\n", service)
		c.oneServes()
		c.requestsSpread()
		c.webServerDies()
		c.masterDies()
		c.masterReturns()
		c.nothingIsLeft()
		fmt.Printf("All seen, in %v.\n", time.Since(begin).Round(time.Second))
	})
}

// point prints one numbered sentence and its evidence.
func point(number int, sentence string, evidence ...string) {
	fmt.Printf("\n%d. %s\n", number, sentence)
	for _, text := range evidence {
		fmt.Println("     " + strings.ReplaceAll(text, "\n", "\n     "))
	}
}

func (c *cluster) oneServes() {
	c.lvs1.start()
	c.lvs2.start()
	c.lab.Eventually(floor+room, "lvs1 serves, lvs2 does not", func() bool {
		return c.lvs1.serves(2) && !c.lvs2.Has(vip)
	})
	if c.lvs1.keepalived == "" {
		c.lab.Expect(c.lvs2.idle(), "lvs2 is backup, but has services:\n%s", c.lvs2.table())
	}
	point(1, "The virtual address and its service are on one director, none on the other.",
		c.lvs1.state(), c.lvs2.state())
}

func (c *cluster) requestsSpread() {
	c.client = c.browser.Client(service, pace)
	c.lab.Eventually(room, "both servers answer", func() bool { return len(c.client.Attempts().By()) == 2 })
	begin := time.Now()
	time.Sleep(2 * time.Second)
	seen := c.client.Attempts().Since(begin)
	c.lab.Expect(len(seen.Failed()) == 0, "requests failed while all was well: %s", seen)
	c.lab.Expect(len(seen.By()) == 2, "not both servers answer: %s", seen)
	point(2, "Requests are spread over both web servers.", seen.String())
}

func (c *cluster) webServerDies() {
	c.server1.Kill()
	died := time.Now()
	c.lab.Eventually(room, "web1 is out", func() bool { return !strings.Contains(c.lvs1.table(), "10.99.0.11:80") })
	out := time.Now()
	table := c.lvs1.table()
	time.Sleep(2 * time.Second)
	seen := c.client.Attempts().Since(out)
	c.lab.Expect(len(seen.Failed()) == 0 && seen.By()["web1"] == 0, "after web1 was out: %s", seen)

	c.server1 = c.web1.Serve(80)
	back := time.Now()
	c.lab.Eventually(room, "web1 is back", func() bool { return c.lvs1.serves(2) })
	returned := time.Since(back)
	c.lab.Eventually(room, "web1 answers again", func() bool { return c.client.Attempts().Since(back).By()["web1"] > 0 })
	point(3, fmt.Sprintf("A web server dies: out after %s, and no request fails from then on. It returns: back after %s.",
		round(out.Sub(died)), round(returned)),
		"lvs1# ipvsadm -Ln\n"+table, "since then: "+seen.String())
}

func (c *cluster) masterDies() {
	begin := time.Now().Add(-2 * interval)
	c.lvs1.Crash()
	died := time.Now()
	c.lab.Eventually(floor+room, "lvs2 serves", func() bool { return c.lvs2.serves(2) })
	c.answersAgain(died)
	seen := c.client.Attempts().Since(begin)
	c.lab.Expect(len(seen.With(lab.Refused)) == 0, "connections were refused: %s", seen)
	last := c.lastAdvert(c.lvs1, begin)
	first := c.firstAnswer(last)
	c.lab.Expect(first.Sub(last) < floor+2*time.Second, "answers came %v after the last advert, the floor is %v", first.Sub(last), floor)
	point(4, fmt.Sprintf("The master's machine dies: the client waits %s. The protocol's floor is %s after the last advert; answers came after %s.",
		round(seen.Gap()), round(floor), round(first.Sub(last))),
		seen.String(), c.lvs2.state())
}

func (c *cluster) masterReturns() {
	c.lvs1.Return()
	begin := time.Now()
	c.lvs1.start()
	c.lab.Eventually(floor+room, "lvs1 serves, lvs2 does not", func() bool {
		return c.lvs1.serves(2) && !c.lvs2.Has(vip)
	})
	preempted := time.Now()
	c.answersAgain(preempted)
	time.Sleep(interval)
	seen := c.client.Attempts().Since(begin)
	c.lab.Expect(len(seen.With(lab.Refused)) == 0, "connections were refused: %s", seen)
	c.lab.Expect(seen.Gap() < 2*interval, "the client waited %v while a living master was preempted", seen.Gap())
	point(5, fmt.Sprintf("The old master returns and preempts after %s: the client waits %s.",
		round(preempted.Sub(begin)), round(seen.Gap())),
		seen.String(), c.lvs1.state())
}

func (c *cluster) nothingIsLeft() {
	c.client.Stop()
	for _, r := range []*router{c.lvs2, c.lvs1} {
		r.process.Stop()
		c.lab.Eventually(room, r.Name+" has nothing left", r.idle)
		left := r.Processes()
		c.lab.Expect(len(left) == 0, "%s has processes left: %v", r.Name, left)
	}
	point(6, "SIGTERM leaves nothing: no address, no service, no process.", c.lvs1.state(), c.lvs2.state())
}

// answersAgain waits until the client has an answer to what it asked since.
func (c *cluster) answersAgain(since time.Time) {
	c.lab.Eventually(room, "the client has answers", func() bool {
		return len(c.client.Attempts().Since(since).With(lab.Answered)) > 0
	})
}

// lastAdvert is when a router last advertised.
func (c *cluster) lastAdvert(r *router, since time.Time) time.Time {
	var last time.Time
	for _, a := range c.witness.Adverts(since) {
		if a.Source == r.address {
			last = a.At
		}
	}
	c.lab.Expect(!last.IsZero(), "no advert of %s", r.Name)
	return last
}

// firstAnswer is when the first attempt began that was answered after the
// longest silence since a moment.
func (c *cluster) firstAnswer(since time.Time) time.Time {
	var before, first time.Time
	var longest time.Duration
	for _, a := range c.client.Attempts().Since(since).With(lab.Answered) {
		if gap := a.Begin.Sub(before); !before.IsZero() && gap > longest {
			longest, first = gap, a.Begin
		}
		before = a.Begin
	}
	return first
}

func round(d time.Duration) string { return d.Round(10 * time.Millisecond).String() }
