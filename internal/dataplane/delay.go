package dataplane

import (
	"math"
	"os"
	"strconv"
	"strings"
	"time"

	"director/internal/netif"
	"director/internal/wire"
	"director/vrrp"
)

// delays debounces the changes of links (interface_up_down_delays).
type delays struct {
	of map[string]wire.InterfaceDelay
	// pending are changes that are believed when their time has come.
	pending map[string]pendingLink
	// seenUp are the interfaces that have been up once: before, a delay has no
	// meaning.
	seenUp map[string]bool
}

type pendingLink struct {
	link netif.Link
	at   time.Time
}

// setDelays takes over the delays of a configuration. A down delay must end
// before the others take over; config has said where it would not.
func (e *engine) setDelays(all []wire.InterfaceDelay) {
	e.delays.of = map[string]wire.InterfaceDelay{}
	for _, d := range all {
		e.delays.of[d.Interface] = d
	}
}

// linkChanged takes in the state of a link, at once or when its delay is over.
func (e *engine) linkChanged(l netif.Link, now time.Time) {
	was, known := e.links[l.Name]
	d, delayed := e.delays.of[l.Name]
	wait := min(d.Down, e.patience(l.Name))
	if l.Up {
		wait = d.Up
	}
	switch {
	case !delayed || !known || was.Up == l.Up || wait <= 0 || was.Index != l.Index || !e.delays.seenUp[l.Name]:
		delete(e.delays.pending, l.Name)
		e.linkIs(l)
	default:
		e.delays.pending[l.Name] = pendingLink{l, now.Add(wait)}
	}
}

// patience is how long an interface may be down unnoticed: the others must not
// take over before we have left. A master that advertises faster than we would
// shortens it.
func (e *engine) patience(link string) time.Duration {
	bound := time.Duration(math.MaxInt64)
	for _, i := range e.instances {
		r := e.runners[i.name()]
		if r == nil || r.cfg.Interface != link {
			continue
		}
		interval := r.cfg.AdvertInt
		if s := r.Status(); r.cfg.Version == 3 && i.role == vrrp.Backup && s.MasterInterval > 0 {
			interval = min(interval, s.MasterInterval)
		}
		n := r.cfg.DownTimerAdverts
		if n == 0 {
			n = 3
		}
		bound = min(bound, time.Duration(n-1)*interval-interval/256)
	}
	return max(bound, 0)
}

// linkIs believes the state of a link.
func (e *engine) linkIs(l netif.Link) {
	was, known := e.links[l.Name]
	e.links[l.Name] = l
	if l.Up {
		e.delays.seenUp[l.Name] = true
	}
	e.linkMoved(was, l, known)
	e.moved = true
}

// passDelays believes the changes whose time has come, and ends the delay of
// the start.
func (e *engine) passDelays(now time.Time) {
	for name, p := range e.delays.pending {
		if !now.Before(p.at) {
			delete(e.delays.pending, name)
			e.linkIs(p.link)
		}
	}
	if e.startup != "" && !now.Before(e.startupUntil) {
		e.startup, e.moved = "", true
	}
}

// nextDelay is when passDelays has something to do; zero: never.
func (e *engine) nextDelay() time.Time {
	var next time.Time
	for _, p := range e.delays.pending {
		if next.IsZero() || p.at.Before(next) {
			next = p.at
		}
	}
	if e.startup != "" && (next.IsZero() || e.startupUntil.Before(next)) {
		next = e.startupUntil
	}
	return next
}

// beginStartup makes instances wait at the start of director
// (vrrp_startup_delay, vrrp_delay_after_boot). The longer one counts.
func (e *engine) beginStartup(s wire.Settings) {
	until, now := e.begun.Add(s.StartupDelay), time.Now()
	if boot := now.Add(s.DelayAfterBoot - uptime()); s.DelayAfterBoot > 0 && boot.After(until) {
		until = boot
	}
	if until.After(now) {
		e.startupUntil = until
		e.startup = delayNames(until.Sub(e.begun).Seconds())
	}
}

// uptime is how long the machine has been running; 0 where that cannot be read,
// which waits too long rather than not at all.
func uptime() time.Duration {
	b, err := os.ReadFile("/proc/uptime")
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(b), " ")
	seconds, err := strconv.ParseFloat(first, 64)
	if err != nil {
		return 0
	}
	return time.Duration(seconds * float64(time.Second))
}
