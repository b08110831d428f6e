package integration

import (
	"net/netip"
	"slices"
	"time"

	"director/integration/lab"
)

// becomesMaster waits until a router advertises and holds the addresses.
func (p *pair) becomesMaster(r *router, normally time.Duration) {
	begin, source := time.Now(), r.source()
	p.lab.Eventually(normally+p.wire.interval+room, r.String()+" is master", func() bool {
		return p.holds(r)
	})
	p.lab.Eventually(2*p.wire.interval+room, r.String()+" advertises", func() bool {
		_, ok := p.witness.FirstFrom(source, begin.Add(-p.wire.interval))
		return ok
	})
}

// becomesBackup waits until a router holds none of the addresses.
func (p *pair) becomesBackup(r *router) {
	p.lab.Eventually(2*p.wire.interval+room, r.String()+" is backup", func() bool { return p.lacks(r) })
}

// oneMaster waits a moment and then watches for longer than any router waits:
// only one advertises and holds addresses.
func (p *pair) oneMaster(r *router) {
	other := p.a
	if r == p.a {
		other = p.b
	}
	p.becomesBackup(other)
	time.Sleep(p.wire.interval)
	p.staysMaster(r, other)
}

// staysMaster watches for longer than a master-down interval that one router is
// master and the other is not.
func (p *pair) staysMaster(r, other *router) {
	begin := time.Now()
	p.lab.Always(p.wire.down(0)+p.wire.interval, r.String()+" is master, "+other.String()+" is not", func() bool {
		return p.holds(r) && p.lacks(other)
	})
	want := []netip.Addr{r.source()}
	p.lab.Expect(slices.Equal(p.witness.Masters(begin), want), "adverts of %v, want of %v (%s) only", p.witness.Masters(begin), want, r)
}

// firstAdvert is when a router first advertised since a moment.
func (p *pair) firstAdvert(r *router, since time.Time) time.Time {
	advert, ok := p.witness.FirstFrom(r.source(), since)
	p.lab.Expect(ok, "no advert of %s", r)
	return advert.At
}

// lastAdvert is when a router last advertised, of what was seen since a moment.
func (p *pair) lastAdvert(r *router, since time.Time) time.Time {
	source := r.source()
	var last lab.Advert
	for _, a := range p.witness.Adverts(since) {
		if a.Source == source {
			last = a
		}
	}
	p.lab.Expect(!last.At.IsZero(), "no advert of %s", r)
	return last.At
}

func (r *router) String() string { return r.program + " on " + r.Name }

func ms(d time.Duration) string { return d.Round(time.Millisecond).String() }

func since(begin time.Time) string { return ms(time.Since(begin)) }
