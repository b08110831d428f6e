package control

import (
	"time"

	"director/checkers"
	"director/internal/track"
	"director/internal/wire"
)

// followAll lets all checks that follow something know how it stands, after a
// configuration has been adopted.
func (e *engine) followAll() {
	e.followers = map[track.ID][]*check{}
	for _, c := range e.checks {
		if c.spec.Kind.Follows() {
			id := followed(&c.spec)
			e.followers[id] = append(e.followers[id], c)
		}
	}
	for id := range e.followers {
		if id.Kind == track.File {
			e.followFile(id)
		}
	}
	e.followSessions()
}

// followFile lets the checks of a file know its number.
func (e *engine) followFile(id track.ID) {
	checks := e.followers[id]
	if len(checks) == 0 {
		return
	}
	state := e.tracking.set.State(id)
	if !state.Known {
		return
	}
	for _, c := range checks {
		up, part, reason := c.spec.Follow.File(state.Value)
		if up == c.health.Up && part == c.part && reason == c.reason && c.health.Known {
			continue
		}
		e.learn(c, followedHealth(c.health, up), reason, part)
	}
}

// followSessions lets the checks of BFD know how their sessions stand.
func (e *engine) followSessions() {
	for n := range e.process.Sessions {
		s := &e.process.Sessions[n]
		for _, c := range e.followers[track.ID{Kind: track.BFD, Name: s.Name}] {
			up, reason := judgeSession(s, c.spec.Alpha)
			if up == c.health.Up && reason == c.reason && c.health.Known {
				continue
			}
			e.learn(c, followedHealth(c.health, up), reason, 0)
		}
	}
}

// judgeSession says what a session of BFD means for a server. One that was
// never up says nothing, so that with alpha the server is out, else in.
func judgeSession(s *wire.Session, alpha bool) (up bool, reason string) {
	switch {
	case s.Up:
		return true, "session is up"
	case s.Transitions == 0:
		return !alpha, "session is " + s.State + ", it was never up"
	case s.Reason != "":
		return false, "session is " + s.State + ": " + s.Reason
	}
	return false, "session is " + s.State
}

// followedHealth is the health after was, when what is followed says up.
func followedHealth(was checkers.Health, up bool) checkers.Health {
	h := checkers.Health{Up: up, Known: true, Since: was.Since}
	if up != was.Up {
		h.Since = time.Now()
	}
	if !up {
		h.Failures = 1
	}
	return h
}
