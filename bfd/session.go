package bfd

import "time"

// idleFloor is the shortest interval that may be announced while a session is
// not up, RFC 5880, 6.8.3.
const idleFloor = time.Second

// Params is what Step knows beside the session. It does not change during a
// step.
type Params struct {
	Config *Config
	// Discriminator is ours, not 0 and unique on this machine.
	Discriminator uint32
}

// Session is the variables of a session, RFC 5880, 6.8.1. The zero value is
// one that has not started.
type Session struct {
	State State
	// Diag is why State last changed.
	Diag Diag
	// Alive is what trackers believe: the session is up, or was when the
	// neighbor said that it is administratively down, which is no failure.
	Alive bool

	// Remote is the neighbor's discriminator, 0 while it is not heard.
	Remote                   uint32
	RemoteState              State
	RemoteDiag               Diag
	RemoteDemand             bool
	RemoteMultiplier         uint8
	RemoteMinTx, RemoteMinRx time.Duration

	// MinTx and MinRx are what our packets say.
	MinTx, MinRx time.Duration
	// Polling: our packets ask for a final.
	Polling bool
	// Stalls counts how often the session listened anew because it was met too
	// late.
	Stalls uint64

	// tx and rx are what counts: MinTx and MinRx, except that a longer tx and a
	// shorter rx wait for the final while the session is up.
	tx, rx time.Duration
	// repoll: what we say changed after the poll began, so its final does not
	// mean that.
	repoll bool
	// listened: the present silence has been excused once.
	listened bool
	// farewells is the packets still to be sent in quick succession.
	farewells   int
	farewellGap time.Duration
	// When the next periodic packet is due, when the neighbor has been silent
	// for too long, and when an ended session is gone. Zero: never.
	transmit, detect, gone time.Time
}

// Next is when Step wants a TimerFired; zero: never.
func (s *Session) Next() time.Time {
	next := s.transmit
	for _, t := range [...]time.Time{s.detect, s.gone} {
		if next.IsZero() || !t.IsZero() && t.Before(next) {
			next = t
		}
	}
	return next
}

// Drain reports whether a TimerFired at now could judge the neighbor, so that
// what it sent must have been handed in before.
func (s *Session) Drain(now time.Time) bool {
	return !s.detect.IsZero() && !now.Before(s.detect) || s.stalled(now)
}

// stalled reports whether Next was missed by so much that the neighbor's
// packets may have been missed as well: by one of them.
func (s *Session) stalled(now time.Time) bool {
	next := s.Next()
	return s.heard() && !next.IsZero() && now.Sub(next) >= s.rxInterval()
}

// heard reports whether silence would be news.
func (s *Session) heard() bool { return s.State == Init || s.State == Up }

// rxInterval is the longest interval in which the neighbor sends.
func (s *Session) rxInterval() time.Duration { return max(s.rx, s.RemoteMinTx) }

// DetectionTime is how long the neighbor may be silent; 0 while it is not
// heard.
func (s *Session) DetectionTime() time.Duration {
	if s.Remote == 0 {
		return 0
	}
	return time.Duration(s.RemoteMultiplier) * s.rxInterval()
}

// TxInterval is the interval of our packets before jitter; 0: none are sent
// periodically.
func (s *Session) TxInterval(c *Config) time.Duration {
	switch {
	case c.Passive && s.Remote == 0, s.RemoteMinRx == 0:
		return 0
	case s.RemoteDemand && s.State == Up && s.RemoteState == Up && !s.Polling:
		return 0
	}
	return max(s.tx, s.RemoteMinRx)
}

// jittered shortens an interval by 10 to 25 %: within what RFC 5880, 6.8.7
// allows for any multiplier, and what keepalived does.
func jittered(interval time.Duration, random uint32) time.Duration {
	spread := interval / 100 * 15
	return interval - interval/10 - time.Duration(float64(spread)*(float64(random)/(1<<32)))
}
