package vrrp

import "time"

// stamp is the time in an HMAC trailer: 32 bits of seconds since 1970, 16 bits of
// 1/65536 s, and 16 bits that count what was sent within such a fraction. Two are
// compared in serial-number arithmetic (RFC 1982) over all 64 bits, so that the
// seconds may wrap in 2106.
type stamp uint64

// stampOf is the wall-clock reading of t.
func stampOf(t time.Time) stamp {
	fraction := uint64(t.Nanosecond()) << 16 / uint64(time.Second)
	return stamp(uint64(uint32(t.Unix()))<<32 | fraction<<16)
}

// after reports whether s is later than o.
func (s stamp) after(o stamp) bool { return s.sub(o) > 0 }

// sub is how far s is ahead of o.
func (s stamp) sub(o stamp) ticks { return ticks(s - o) }

// ticks is a difference of stamps, in units of 1/2^32 s.
type ticks int64

// ticksOf is exact for the windows that are allowed, up to 300 s.
func ticksOf(d time.Duration) ticks {
	return ticks(d/time.Second)<<32 + ticks(d%time.Second)<<32/ticks(time.Second)
}

// duration is for people, to the millisecond.
func (t ticks) duration() time.Duration {
	return time.Duration(t>>32)*time.Second + time.Duration(t&(1<<32-1)*1000>>32)*time.Millisecond
}

// stamper gives the stamps of what we send.
type stamper struct {
	last stamp
	some bool
}

// next is the clock, or one more than the last stamp where the clock is not
// beyond it. When the clock has been set back by more than window, it begins
// anew, as receivers would refuse what is further ahead; in monotonic mode it
// never does.
func (s *stamper) next(now time.Time, window ticks, monotonic bool) stamp {
	clock := stampOf(now)
	if s.some && !clock.after(s.last) && (monotonic || s.last.sub(clock) <= window) {
		clock = s.last + 1
	}
	s.last, s.some = clock, true
	return clock
}
