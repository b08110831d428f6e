package integration

import (
	"bytes"
	"net"
	"slices"
	"syscall"
	"time"

	"director/integration/lab"
)

// direct starts a director, again if it has ended, and returns it with its status.
func (r *router) direct() *balancer {
	d := r.Director(r.write())
	r.process = d.Process
	return &balancer{Host: r.Host, lab: r.lab, director: d}
}

// write writes a director's configuration, for its start or a reload.
func (r *router) write() string { return r.lab.File(r.Name+"/director.hcl", r.directorConf()) }

// A stall is a time in which a process did not run.
type stall struct {
	router     *router
	begin, end time.Time
}

func (p *pair) stop(r *router) *stall {
	s := &stall{router: r, begin: time.Now()}
	r.process.Signal(syscall.SIGSTOP)
	return s
}

// goOn ends the stall. What happens after its end may be the process's doing.
func (s *stall) goOn() {
	s.end = time.Now()
	s.router.process.Signal(syscall.SIGCONT)
}

func (s *stall) took() time.Duration { return s.end.Sub(s.begin) }

// passes lets a time pass in which nobody waits for anything.
func (p *pair) passes(d time.Duration) { time.Sleep(d) }

func (r *router) mac() net.HardwareAddr {
	link, err := r.Links().LinkByName("eth0")
	r.lab.Expect(err == nil, "eth0 of %s: %v", r.Name, err)
	return link.Attrs().HardwareAddr
}

// adverts waits for an advert of a router after a moment.
func (p *pair) adverts(r *router, after time.Time) {
	p.lab.Eventually(time.Until(after)+2*p.wire.interval+room, r.String()+" advertises", func() bool {
		_, ok := p.witness.FirstFrom(r.source(), after)
		return ok
	})
}

// claims are when a router advertised or announced a virtual address since a
// moment.
func (p *pair) claims(r *router, since time.Time) (adverts, announcements []time.Time) {
	mac := r.mac()
	for _, a := range p.witness.Adverts(since) {
		if bytes.Equal(a.MAC, mac) {
			adverts = append(adverts, a.At)
		}
	}
	for _, a := range p.witness.Announcements(since) {
		for _, vip := range p.wire.vips() {
			if bytes.Equal(a.MAC, mac) && a.Address == vip.Addr() {
				announcements = append(announcements, a.At)
			}
		}
	}
	return adverts, announcements
}

// firstClaim is when a router first claimed the addresses since a moment. It must
// be an advert.
func (p *pair) firstClaim(r *router, since time.Time) time.Time {
	p.lab.Eventually(p.wire.down(r.priority)+room, r.String()+" claims the addresses", func() bool {
		adverts, _ := p.claims(r, since)
		return len(adverts) > 0
	})
	adverts, announcements := p.claims(r, since)
	if len(announcements) > 0 && announcements[0].Before(adverts[0]) {
		p.lab.Expect(false, "%s announced an address %v before it advertised", r, adverts[0].Sub(announcements[0]))
	}
	return adverts[0]
}

// silent demands that a router has claimed nothing since a moment.
func (p *pair) silent(r *router, since time.Time) {
	adverts, announcements := p.claims(r, since)
	p.lab.Expect(len(adverts)+len(announcements) == 0, "%s advertised %d times and announced %d times", r, len(adverts), len(announcements))
}

// gap is the longest time without any advert.
func (p *pair) gap(since, until time.Time) time.Duration {
	var gap time.Duration
	seen := slices.DeleteFunc(p.witness.Adverts(since), func(a lab.Advert) bool { return a.At.After(until) })
	for i := 1; i < len(seen); i++ {
		gap = max(gap, seen[i].At.Sub(seen[i-1].At))
	}
	return gap
}
