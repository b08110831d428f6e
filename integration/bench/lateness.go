package bench

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"director/integration/lab"
)

const (
	shortInterval = 10 * time.Millisecond
	checked       = 10000
	// settling is time for the checks to reach their pace.
	settling = 3 * time.Second
)

// Saturated measures the worst gap between two adverts of a master while busy
// loops take all CPUs; director's master checks 10,000 servers beside that. All
// programs run at the same time, each with a backup that waits for it to fail.
func Saturated(ctx context.Context, log io.Writer, during time.Duration) (Section, error) {
	s := latenessSection()
	err := lab.Play(ctx, "lateness", log, func(t lab.T) {
		var pairs []*pair
		for _, p := range []program{director, keepalived, directorPlain, keepalivedOff} {
			pair := newPair(t, p, shortInterval)
			if p == director {
				pair.checkMany()
			}
			pair.startBoth(shortInterval)
			pairs = append(pairs, pair)
		}
		load := lab.New(t).Host("load")
		for range runtime.NumCPU() {
			load.Start("sh", "-c", "while :; do :; done")
		}
		time.Sleep(settling)
		begin, made := time.Now(), pairs[0].checks()
		time.Sleep(during)
		end, made := time.Now(), pairs[0].checks()-made
		load.Crash()
		time.Sleep(settling) // the witnesses were starved, too, and catch up
		pace := float64(made) / end.Sub(begin).Seconds()
		for _, pair := range pairs {
			worst, changes := pair.lateness(begin, end)
			name := pair.program.name
			if pair.program == director {
				name += fmt.Sprintf(", %.0f checks/s", pace)
			}
			s.Rows = append(s.Rows, []string{name, ratio(float64(worst) / float64(shortInterval)), fmt.Sprint(changes)})
		}
	})
	if err != nil {
		return s, fmt.Errorf("lateness: %w", err)
	}
	return s, nil
}

func latenessSection() Section {
	return Section{
		Title: "Worst gap between two adverts / the interval of 10 ms, all CPUs saturated",
		Head:  []string{"", "gap/interval", "needless role changes"},
		Note: "A busy loop of normal priority for each CPU; director has 10,000 TCP_CHECKs a second to make as well, " +
			"of loopback addresses that one web server serves; the others only elect. At the same time, each with a backup, which takes over " +
			"after 3.61 intervals of silence. By the kernel's stamps on the wire.",
	}
}

// checkMany gives the first router servers to check, all answered by one web
// server in its own namespace.
func (p *pair) checkMany() {
	const port = 80
	p.routers[0].Serve(port)
	var b strings.Builder
	fmt.Fprintf(&b, "virtual_server \"many\" {\n  address = \"%s:%d\"\n  lb_algo = \"wlc\"\n  lb_kind = \"DR\"\n"+
		"  delay_loop = 1\n  TCP_CHECK { connect_timeout = 1 }\n", vip, port)
	for i := range checked {
		fmt.Fprintf(&b, "  real_server \"127.1.%d.%d:%d\" {}\n", i/250, i%250+1, port)
	}
	b.WriteString("}\n")
	p.routers[0].config += b.String()
}

// checks is how many connections the web server on the first router has got:
// each is a check. Status would tell, but needs seconds on a saturated machine.
func (p *pair) checks() int {
	var text []byte
	err := p.routers[0].Do(func() (err error) {
		text, err = os.ReadFile("/proc/thread-self/net/snmp")
		return err
	})
	p.lab.Expect(err == nil, "%v", err)
	var names []string
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if fields[0] != "Tcp:" {
			continue
		}
		if names == nil {
			names = fields
			continue
		}
		opens, err := strconv.Atoi(fields[slices.Index(names, "PassiveOpens")])
		p.lab.Expect(err == nil, "%v", err)
		return opens
	}
	p.lab.Expect(false, "no TCP counters in\n%s", text)
	return 0
}

// lateness is the worst gap between two adverts between two moments, whoever
// sent them, and how often the role went from one router to the other.
func (p *pair) lateness(since, until time.Time) (worst time.Duration, changes int) {
	adverts := p.witness.Adverts(since)
	p.lab.Expect(len(adverts) > 0, "no advert of %s", p.program.name)
	role := p.routers[0].own
	for _, a := range adverts {
		if a.Source != role && a.At.Before(until) {
			role = a.Source
			changes++
		}
	}
	return worstGap(adverts, until), changes
}
