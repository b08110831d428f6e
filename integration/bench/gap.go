package bench

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"director/integration/lab"
)

// Gap measures how long nobody answers a client after the master's machine has
// died, for one interval: director's two routers and keepalived's two take turns.
func Gap(ctx context.Context, log io.Writer, interval time.Duration, times int) ([][]string, error) {
	programs := []program{director, keepalived}
	gaps := make([]spread, len(programs))
	err := lab.Play(ctx, "gap", log, func(t lab.T) {
		var pairs []*pair
		for _, p := range programs {
			pair := newPair(t, p, interval)
			pair.startBoth(interval)
			pairs = append(pairs, pair)
		}
		for range times {
			for i, pair := range pairs {
				gaps[i].add(pair.crash(interval), floor(interval))
			}
		}
	})
	if err != nil {
		return nil, fmt.Errorf("gap at %v: %w", interval, err)
	}
	var rows [][]string
	for i, p := range programs {
		rows = append(rows, slices.Concat([]string{p.name, interval.String()}, gaps[i].cells()))
	}
	return rows, nil
}

// GapSection is the table around the rows of several intervals.
func GapSection(rows [][]string) Section {
	return Section{
		Title: "Silence of a virtual address after its master crashed / the protocol's floor",
		Head:  []string{"", "interval", "least", "median", "most"},
		Rows:  rows,
		Note: "Floor: 3 x interval + skew, what a backup has to wait after the last advert (version 3, priority 100). " +
			"The master's cable is cut and its processes killed right after an advert, the worst moment. " +
			"Silence: from that advert to the first answer of the new master to a client that asks every millisecond. " +
			"BFD: adverts every second on another segment; the master loses the one with the clients, and with it its session " +
			"with a gateway there. Floor: the detection time of 30 ms + skew (priority 254); silence: from the cut.",
	}
}

// crash makes the master disappear, returns how long nobody answered, and
// brings it back as a backup.
func (p *pair) crash(interval time.Duration) time.Duration {
	master, backup := p.roles(interval)
	pulse := p.client.Pulse(vip, time.Millisecond)
	defer pulse.Stop()
	begin := time.Now()
	p.lab.Eventually(room, "the master answers", func() bool { return len(pulse.Since(begin, p.mac(master))) > 20 })

	last := p.nextAdvert(master, interval)
	master.Crash()
	if late := p.adverts(master, last); len(late) > 0 {
		last = late[len(late)-1].At
	}
	var answers []lab.Echo
	p.lab.Eventually(floor(interval)+room, "the backup answers", func() bool {
		answers = pulse.Since(last, p.mac(backup))
		return len(answers) > 0
	})
	pulse.Stop()

	master.Return()
	master.start(false)
	p.lab.Eventually(room, "the old master listens", master.listens)
	return answers[0].At.Sub(last)
}

// roles waits until one router has been the only master for a while.
func (p *pair) roles(interval time.Duration) (master, backup *router) {
	calm := 3*interval/2 + 200*time.Millisecond
	p.lab.Eventually(room, "one of both is master", func() bool {
		begin := time.Now()
		time.Sleep(calm)
		masters := p.witness.Masters(begin)
		if len(masters) != 1 {
			return false
		}
		master, backup = p.routers[0], p.routers[1]
		if masters[0] == backup.own {
			master, backup = backup, master
		}
		return !backup.Has(vip)
	})
	return master, backup
}

// nextAdvert waits for the next advert of a router.
func (p *pair) nextAdvert(r *router, interval time.Duration) time.Time {
	begin := time.Now()
	for end := begin.Add(interval + room); time.Now().Before(end); time.Sleep(100 * time.Microsecond) {
		if advert, ok := p.witness.FirstFrom(r.own, begin); ok {
			return advert.At
		}
	}
	p.lab.Expect(false, "no advert of %s", r.Name)
	return time.Time{}
}

// adverts are those of a router since a moment.
func (p *pair) adverts(r *router, since time.Time) []lab.Advert {
	return slices.DeleteFunc(p.witness.Adverts(since), func(a lab.Advert) bool { return a.Source != r.own })
}

func (p *pair) mac(r *router) []byte {
	link, err := r.Links().LinkByName("eth0")
	p.lab.Expect(err == nil, "interface of %s: %v", r.Name, err)
	return link.Attrs().HardwareAddr
}
