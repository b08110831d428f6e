package bench

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"time"

	"director/integration/lab"
)

const (
	// handoverInterval is what most people have.
	handoverInterval = time.Second
	echoPort         = 7
)

// Handover measures what a client that asks every millisecond loses when the
// master is stopped, which is the only handover that keepalived knows.
func Handover(ctx context.Context, log io.Writer, times int) (Section, error) {
	s := Section{
		Title: "Planned handover: probes lost, and the longest time without an answered one, by a stop of the master",
		Head:  []string{"", "handovers", "probes", "lost", "gap, median", "gap, most"},
		Note: "Adverts every second; a client sends a datagram every millisecond, and one without an answer in a second is " +
			"lost; gaps in milliseconds. keepalived's master says priority 0 and lets go at once, and its backup waits for the " +
			"skew time; director's goes on serving until the successor has announced the address.",
	}
	err := lab.Play(ctx, "handover", log, func(t lab.T) {
		for _, p := range []program{director, keepalived} {
			pair := newPair(t, p, handoverInterval)
			pair.startBoth(handoverInterval)
			for _, r := range pair.routers {
				r.Echo(echoPort)
			}
			probes := pair.client.Probes(netip.AddrPortFrom(vip, echoPort), time.Millisecond)
			var all lab.Probed
			var gaps []time.Duration
			for range times {
				seen := pair.handover(probes)
				all, gaps = slices.Concat(all, seen), append(gaps, seen.Gap())
			}
			probes.Stop()
			s.Rows = append(s.Rows, []string{p.name, fmt.Sprint(times), fmt.Sprint(len(all)), fmt.Sprint(len(all.Lost())),
				milliseconds(median(gaps)), milliseconds(slices.Max(gaps))})
		}
	})
	if err != nil {
		return s, fmt.Errorf("handover: %w", err)
	}
	return s, nil
}

// handover stops the master, waits until the other one is master, and starts the
// old one as a backup.
func (p *pair) handover(probes *lab.Probes) lab.Probed {
	master, backup := p.roles(handoverInterval)
	p.lab.Eventually(room, "every probe is answered", func() bool {
		begin := time.Now()
		time.Sleep(100 * time.Millisecond)
		seen := probes.Between(begin, begin.Add(100*time.Millisecond))
		return len(seen) > 0 && len(seen.Lost()) == 0
	})
	begin := time.Now()
	master.process.Stop()
	p.lab.Eventually(floor(handoverInterval)+room, "the backup is master", func() bool {
		_, ok := p.witness.FirstFrom(backup.own, begin)
		return ok && backup.Has(vip) && !master.Has(vip)
	})
	time.Sleep(handoverInterval / 2)
	seen := probes.Between(begin, time.Now())
	master.start(false)
	p.lab.Eventually(room, "the old master listens", master.listens)
	return seen
}

func median(all []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}

// milliseconds prints three digits where they mean something.
func milliseconds(d time.Duration) string { return ratio(float64(d) / float64(time.Millisecond)) }
