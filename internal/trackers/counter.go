package trackers

// counter decides when a script counts as good or bad. It runs from 0 to
// rise+fall-1, and is good from rise up. It is a plain value.
type counter struct {
	rise, fall int
	n          int
	known      bool
}

// newCounter starts at the extreme of what is known.
func newCounter(rise, fall int, known, up bool) counter {
	c := counter{rise: rise, fall: fall, known: known}
	if known && up {
		c.n = c.top()
	}
	return c
}

func (c counter) top() int { return c.rise + c.fall - 1 }

func (c counter) up() bool { return c.known && c.n >= c.rise }

// step counts one result. The first one is decisive. After that it takes rise
// good ones in a row to become good, and fall bad ones to become bad.
func (c counter) step(good bool) counter {
	switch {
	case !c.known && good:
		c.n = c.top()
	case !c.known:
		c.n = 0
	case good && c.n >= c.rise-1:
		c.n = c.top()
	case good:
		c.n++
	case c.n <= c.rise:
		c.n = 0
	default:
		c.n--
	}
	c.known = true
	return c
}
