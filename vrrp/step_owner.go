package vrrp

import "time"

// clash is a second owner (255) of lower address, which should have given way.
// After two more adverts of ours and 1.2 intervals the one that hears the other
// still lowers itself to 254, as keepalived does, until the other has gone:
// two masters for good would be worse than the wrong one.
type clash struct {
	// sent counts our adverts since it was heard first, +1; 0: none was heard.
	sent int
	// until is when it has to be gone.
	until   time.Time
	lowered bool
}

// count notes an advert of ours.
func (c *clash) count() {
	if c.sent > 0 {
		c.sent++
	}
}

// lasts takes in an advert of the other owner and reports whether there is no
// more hope that it gives way.
func (c *clash) lasts(ev Event, cfg *Config) bool {
	interval := max(cfg.AdvertInt, ev.Advert.Interval)
	switch {
	case c.sent == 0:
		c.sent = 1
	case c.sent >= 3 && c.until.IsZero():
		c.until = ev.At.Add(interval + interval/5)
	case !c.until.IsZero() && ev.At.Sub(c.until) > 10*interval:
		*c = clash{sent: 1} // it was away for long: another clash
	}
	return !c.until.IsZero() && !ev.At.Before(c.until)
}

// own is the effective priority: what adverts say and what decides.
func (x *stepper) own() uint8 {
	if x.s.clash.lowered && x.s.Priority == 255 {
		return 254
	}
	return x.s.Priority
}
