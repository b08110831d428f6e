package vrrp

// What a clock that is set back makes acceptable again must not be accepted
// again. A source's last stamp cannot tell, since what it sends then is lower
// too. So every accepted stamp is remembered: the newest one by one, older ones as
// spans of time, inside which nothing is believed any more. A router that is set
// back by less than what is remembered one by one is heard at once, otherwise when
// its clock has passed the span.

const (
	// stampsRemembered bounds the memory: 64 KiB, more than two hours of one
	// advert a second.
	stampsRemembered = 8192
	// spansRemembered bounds the times of which we know only that they were.
	// A new one comes from a jump of the clock, or a long silence.
	spansRemembered = 16
)

// memory holds the stamps that were accepted.
type memory struct {
	ring []stamp // grows to stampsRemembered
	next int     // the oldest one, when it is full
	// spans has room for one too many.
	spans [spansRemembered + 1]span
	n     int
}

// span is a time from which stamps were accepted. Both ends belong to it.
type span struct{ first, last stamp }

func (s span) contains(x stamp) bool { return x.sub(s.first) >= 0 && s.last.sub(x) >= 0 }

// near reports whether x is in the span or within gap of it.
func (s span) near(x stamp, gap ticks) bool {
	return x.sub(s.first) >= -gap && s.last.sub(x) >= -gap
}

// extend makes o part of s.
func (s *span) extend(o span) {
	if s.first.after(o.first) {
		s.first = o.first
	}
	if o.last.after(s.last) {
		s.last = o.last
	}
}

// gap is the time between two spans, negative where they overlap.
func (s span) gap(o span) ticks { return max(s.first.sub(o.last), o.first.sub(s.last)) }

// mayHold reports whether x was accepted, or is of a time of which that is not
// known any more.
func (m *memory) mayHold(x stamp) bool {
	for _, s := range m.spans[:m.n] {
		if s.contains(x) {
			return true
		}
	}
	for _, s := range m.ring {
		if s == x {
			return true
		}
	}
	return false
}

// add remembers x. Forgotten stamps that are at most gap apart make one span.
func (m *memory) add(x stamp, gap ticks) {
	if len(m.ring) < stampsRemembered {
		m.ring = append(m.ring, x)
		return
	}
	m.forget(m.ring[m.next], gap)
	m.ring[m.next] = x
	m.next = (m.next + 1) % stampsRemembered
}

func (m *memory) forget(x stamp, gap ticks) {
	one := span{x, x}
	for i := m.n - 1; i >= 0; i-- {
		if m.spans[i].near(x, gap) {
			m.spans[i].extend(one)
			return
		}
	}
	m.spans[m.n] = one
	if m.n++; m.n > spansRemembered {
		m.join()
	}
}

// join makes one span of the two that are closest: silences disappear before
// jumps of the clock do.
func (m *memory) join() {
	a, b := 0, 1
	for i := range m.n {
		for j := i + 1; j < m.n; j++ {
			if m.spans[i].gap(m.spans[j]) < m.spans[a].gap(m.spans[b]) {
				a, b = i, j
			}
		}
	}
	m.spans[a].extend(m.spans[b])
	copy(m.spans[b:], m.spans[b+1:m.n])
	m.n--
}
