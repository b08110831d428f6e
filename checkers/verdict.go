package checkers

import "time"

// Health is what a check knows of its server. It is all that has to be
// remembered over a restart.
type Health struct {
	// Up: the server is in order, or is taken to be because nothing is known
	// yet and the check is not alpha.
	Up bool
	// Known: at least one probe has been judged.
	Known bool
	// Since is when Up took its value.
	Since time.Time
	// Failures is the number of failures in a row, 0 after a success.
	Failures int
	// SetsWeight: the last success has given the server this Weight.
	SetsWeight bool
	Weight     int
}

// Change says what a step did to Health.Up.
type Change uint8

// The changes.
const (
	NoChange Change = iota
	WentUp
	WentDown
)

// String returns "none", "up" or "down".
func (c Change) String() string {
	switch c {
	case WentUp:
		return "up"
	case WentDown:
		return "down"
	}
	return "none"
}

// Verdict says what a run of results means, and when to probe next, as
// keepalived does:
//
//   - A failure counts after Spec.Retry further ones, DelayBeforeRetry apart.
//   - One success brings the server back; while it is out it is probed every
//     DelayLoop, without retries.
//   - The first result after the start counts at once. Until then the server
//     is up, or down with Spec.Alpha.
//   - The times count from the end of a probe, of MISC_CHECK from its start.
//   - Of several URLs one is asked at a time. The server comes back when all
//     have answered in one round; any of them takes it out, and then the next
//     round begins with the first.
//
// Verdict is a value; it knows no clock.
type Verdict struct {
	Health
	// Due is when the next probe is to begin.
	Due time.Time
	// URL is the position of the URL to ask next; always 0 for kinds other
	// than HTTP_GET and SSL_GET.
	URL int

	loop, beforeRetry time.Duration
	retry             int
	urls              int
	fastRecovery      bool
	// fromStart: the times count from the start of a probe, not from its end.
	fromStart bool
	// passed: a whole round of URLs has succeeded since the start or since
	// the server was last out.
	passed bool
}

// NewVerdict begins without knowledge; the first probe is due now.
func NewVerdict(s Spec, now time.Time) Verdict {
	v := Verdict{
		Health:      Health{Up: !s.Alpha, Since: now},
		Due:         now,
		loop:        s.DelayLoop,
		beforeRetry: s.DelayBeforeRetry,
		retry:       s.Retry,
		urls:        1,
		fromStart:   s.Kind == MiscCheck,
	}
	if s.HTTP != nil {
		v.urls = max(1, len(s.HTTP.URLs))
		v.fastRecovery = s.HTTP.FastRecovery
	}
	return v
}

// Resume begins with what is remembered: the first failure counts like any
// other. Health that is not Known is the same as none.
func Resume(s Spec, h Health, now time.Time) Verdict {
	v := NewVerdict(s, now)
	if h.Known {
		v.Health = h
		v.passed = h.Up
	}
	return v
}

// Step takes the result of the probe of v.URL, which ended at now.
func (v Verdict) Step(r Result, now time.Time) (Verdict, Change) {
	switch {
	case r.Unmade:
		// A second at least, so that a shortage is not made worse.
		v.Due = now.Add(min(v.loop, max(v.beforeRetry, time.Second)))
		return v, NoChange
	case r.OK:
		v.SetsWeight, v.Weight = r.SetsWeight, r.Weight
		v, change := v.succeed(now)
		return v.early(r, now), change
	}
	v, change := v.fail(now)
	return v.early(r, now), change
}

// early moves Due by the length of the probe, where it counts from its start.
func (v Verdict) early(r Result, now time.Time) Verdict {
	if v.fromStart {
		v.Due = v.Due.Add(-r.Latency)
		if v.Due.Before(now) {
			v.Due = now
		}
	}
	return v
}

func (v Verdict) succeed(now time.Time) (Verdict, Change) {
	v.Known, v.Failures = true, 0
	v.Due = now.Add(v.loop)
	v.URL++
	if v.URL < v.urls {
		if v.fastRecovery && !v.passed {
			v.Due = now
		}
		return v, NoChange
	}
	v.URL, v.passed = 0, true
	if v.Up {
		return v, NoChange
	}
	v.Up, v.Since = true, now
	return v, WentUp
}

func (v Verdict) fail(now time.Time) (Verdict, Change) {
	first := !v.Known
	v.Known = true
	v.Failures++
	if v.Up && !first && v.Failures <= v.retry {
		v.Due = now.Add(v.beforeRetry)
		return v, NoChange
	}
	v.URL, v.passed = 0, false
	v.Due = now.Add(v.loop)
	if !v.Up {
		return v, NoChange
	}
	v.Up, v.Since = false, now
	return v, WentDown
}
