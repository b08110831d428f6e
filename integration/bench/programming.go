package bench

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/cloudflare/ipvs"
	"github.com/cloudflare/ipvs/netmask"

	"director/integration/lab"
)

const (
	manyServices = 1000
	serversEach  = 10
	firstPort    = 1000
)

// ipvsadm brings a table into the kernel and does nothing else.
var ipvsadm = program{name: "ipvsadm -R"}

// A filling is one program's way to the full table.
type filling struct {
	start   time.Duration // from the program's start
	master  time.Duration // from its first advert
	lateAds time.Duration // worst gap between two adverts meanwhile
}

// Programming measures, on a kernel with IPVS, how long each program takes from
// its start to a table of 1,000 services with 10 servers each, and the worst gap
// between its adverts meanwhile.
func Programming(ctx context.Context, log io.Writer, times int) ([]Section, error) {
	programs := []program{director, keepalived, keepalivedOff}
	starts, masters, gaps := make([]spread, len(programs)), make([]spread, len(programs)), make([]spread, len(programs))
	for range times {
		base, err := fill(ctx, log, ipvsadm)
		if err != nil {
			return nil, err
		}
		for i, p := range programs {
			f, err := fill(ctx, log, p)
			if err != nil {
				return nil, err
			}
			starts[i].add(f.start, base.start)
			masters[i].add(f.master, base.start)
			gaps[i].add(f.lateAds, shortInterval)
		}
	}
	speed := Section{
		Title: "Time to a table of 1,000 services with 10 servers each / that of ipvsadm -R",
		Head:  []string{"", "least", "median", "most"},
		Note: "From the start of the program, its configuration and its election at 10 ms included, to the last server in the " +
			"kernel; for director also from its first advert as master. Of ipvsadm -R in the same round.",
	}
	late := Section{
		Title: "Worst gap between two adverts / the interval of 10 ms, meanwhile",
		Head:  []string{"", "least", "median", "most"},
		Note:  "From the first advert to the full table; the master-down interval of a backup is 3.61.",
	}
	for i, p := range programs {
		speed.Rows = append(speed.Rows, slices.Concat([]string{p.name}, starts[i].cells()))
		if p == director {
			speed.Rows = append(speed.Rows, slices.Concat([]string{"director, from its first advert"}, masters[i].cells()))
		}
		late.Rows = append(late.Rows, slices.Concat([]string{p.name}, gaps[i].cells()))
	}
	return []Section{speed, late}, nil
}

// fill lets one program bring the table into the kernel of a fresh namespace.
func fill(ctx context.Context, log io.Writer, p program) (f filling, err error) {
	err = lab.Play(ctx, "programming", log, func(t lab.T) {
		l := lab.New(t)
		lan := l.Segment("lan")
		own := netip.MustParseAddr("10.99.0.2")
		r := &router{Host: l.Host("a", lan.At(own.String()+"/24")), lab: l, program: p, own: own}
		// The real servers need no neighbours: nobody asks them.
		r.Run("ip", "route", "add", "10.98.0.0/16", "dev", "eth0")
		witness := lan.Witness()
		var table ipvs.Client
		err := r.Do(func() (err error) { table, err = ipvs.New(); return err })
		l.Expect(err == nil, "IPVS: %v", err)

		var begin time.Time
		if p == ipvsadm {
			path := l.File("table", restore())
			begin = time.Now()
			r.Start("sh", "-c", "exec ipvsadm -R <"+path)
		} else {
			r.config = p.election(shortInterval) + p.services(manyServices, serversEach, firstPort)
			begin = time.Now()
			r.start(true)
		}
		full := waitFull(l, table)
		f.start = full.Sub(begin)
		if adverts := witness.Adverts(begin); p != ipvsadm {
			l.Expect(len(adverts) > 0, "no advert of %s", p.name)
			f.master, f.lateAds = full.Sub(adverts[0].At), worstGap(adverts, full)
		}
		_, _ = fmt.Fprintf(log, "%s: full after %v, from the first advert %v, worst gap %v\n", p.name, f.start, f.master, f.lateAds)
		r.Crash()
		// Else the kernel does this while the next one is measured.
		r.Run("ipvsadm", "-C")
	})
	if err != nil {
		err = fmt.Errorf("programming by %s: %w", p.name, err)
	}
	return f, err
}

// restore is the table in the language of ipvsadm -R.
func restore() string {
	var b strings.Builder
	for i := range manyServices {
		service := fmt.Sprintf("%s:%d", vip, firstPort+i)
		fmt.Fprintf(&b, "-A -t %s -s wlc\n", service)
		for j := range serversEach {
			fmt.Fprintf(&b, "-a -t %s -r %s:%d -g -w 1\n", service, server(j), firstPort+i)
		}
	}
	return b.String()
}

// waitFull waits until every service has all its servers. It looks at one
// service after the other, each of which is cheap: reading the whole table would
// stop everything else on a machine with one CPU for half a second.
func waitFull(l *lab.Lab, table ipvs.Client) time.Time {
	deadline := time.Now().Add(2 * time.Minute)
	service := ipvs.Service{Address: vip, Family: ipvs.INET, Protocol: ipvs.TCP, Netmask: netmask.MaskFrom(32, 32)}
	for next := 0; next < manyServices; {
		service.Port = uint16(firstPort + next)
		servers, err := table.Destinations(service)
		if err == nil && len(servers) == serversEach {
			next++
			continue
		}
		if time.Now().After(deadline) {
			l.Expect(false, "service %d of %d is not complete: %d servers, %v", next, manyServices, len(servers), err)
		}
		time.Sleep(20 * time.Millisecond)
	}
	return time.Now()
}

// worstGap is the longest time without an advert up to a moment.
func worstGap(adverts []lab.Advert, until time.Time) (worst time.Duration) {
	last := adverts[0].At
	for _, a := range adverts {
		if a.At.After(until) {
			break
		}
		worst, last = max(worst, a.At.Sub(last)), a.At
	}
	return max(worst, until.Sub(last))
}
