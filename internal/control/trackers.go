package control

import (
	"fmt"
	"sync/atomic"
	"time"

	"director/config"
	"director/internal/desired"
	"director/internal/script"
	"director/internal/track"
	"director/internal/trackers"
	"director/internal/wire"
)

// trackerGap is the least time between two messages about one tracked object:
// a file may be written thousands of times a second, and a real-time process
// hears of it.
const trackerGap = 50 * time.Millisecond

// tracking is what instances track that this process watches.
type tracking struct {
	set *trackers.Set
	// policy is that of the scripts, for any goroutine.
	policy atomic.Pointer[script.Policy]
	// changed holds the objects whose state may be another one, used those that
	// some instance tracks.
	changed *wire.Mailbox[track.ID, track.ID]
	used    map[track.ID]bool
	// told is what the dataplane was told of those used, and when; late those
	// whose turn comes at the end of the gap.
	told map[track.ID]told[track.State]
	late map[track.ID]bool
	// decided are the services whose quorum a predecessor knew, until the first
	// adopt.
	decided map[string]bool
	// gap ends when the next one is due.
	gap *time.Timer
}

func (e *engine) newTracking() {
	t := &e.tracking
	t.changed = wire.NewMailbox[track.ID, track.ID]()
	t.told, t.late, t.decided = map[track.ID]told[track.State]{}, map[track.ID]bool{}, map[string]bool{}
	t.gap = time.NewTimer(trackerGap)
	t.policy.Store(new(script.Policy))
	t.set = trackers.New(trackers.Options{
		Log:    e.log,
		Report: func(id track.ID, _ track.State) { t.changed.Set(id, id) },
		Policy: func() script.Policy { return *t.policy.Load() },
	})
}

// recallTrackers takes in what a predecessor knew, before the first adopt.
func (e *engine) recallTrackers(states []wire.Tracker) {
	known := map[track.ID]track.State{}
	for _, s := range states {
		if s.ID.Kind == track.VirtualServer {
			e.tracking.decided[s.ID.Name] = s.State.Known
			continue
		}
		known[s.ID] = s.State
	}
	e.tracking.set.Recall(known)
}

// watch makes the objects of a configuration the watched ones.
func (e *engine) watch(cfg *config.Config, first bool) {
	e.tracking.policy.Store(&cfg.Global.Scripts)
	e.tracking.set.Configure(cfg.Scripts, cfg.Files, cfg.Processes, first)
}

// tellTrackers tells the dataplane what is known of the objects in use: it hears
// of them before it hears of the instances, so that those wait for what is
// pending.
func (e *engine) tellTrackers(cfg *config.Config) {
	t := &e.tracking
	t.used = map[track.ID]bool{}
	for n := range cfg.Instances {
		for _, u := range cfg.Instances[n].Tracks {
			switch u.ID.Kind {
			case track.Script, track.File, track.Process, track.VirtualServer:
				t.used[u.ID] = true
			}
		}
	}
	clear(t.told)
	clear(t.late)
	now := time.Now()
	for id := range t.used {
		e.tellTracker(id, now)
	}
}

// noteChanged takes in which objects have changed: checks may follow them.
func (e *engine) noteChanged() {
	for _, id := range e.tracking.changed.Take() {
		e.tracking.late[id] = true
		e.followFile(id)
	}
}

// trackersChanged tells the dataplane of objects that have changed, each at most
// once in a gap.
func (e *engine) trackersChanged() {
	t := &e.tracking
	e.noteChanged()
	now := time.Now()
	soonest := trackerGap
	for id := range t.late {
		wait := trackerGap - now.Sub(t.told[id].at)
		if t.used[id] && wait > 0 {
			soonest = min(soonest, wait)
			continue
		}
		delete(t.late, id)
		if t.used[id] {
			e.tellTracker(id, now)
		}
	}
	if len(t.late) > 0 {
		t.gap.Reset(soonest)
	}
}

func (e *engine) tellTracker(id track.ID, now time.Time) {
	state := e.trackState(id)
	if was, ok := e.tracking.told[id]; ok && was.what == state {
		return
	}
	e.tracking.told[id] = told[track.State]{state, now}
	e.urge("tracker "+id.String(), wire.Message{Tracker: &wire.Tracker{ID: id, State: state}})
}

// trackState is what is known of an object that this process watches.
func (e *engine) trackState(id track.ID) track.State {
	if id.Kind != track.VirtualServer {
		return e.tracking.set.State(id)
	}
	s := e.services[id.Name]
	if s == nil {
		return track.State{}
	}
	return track.State{
		Known: s.decided, Up: s.result.QuorumUp,
		Detail: fmt.Sprintf("live weight %d, quorum %d", s.result.Live, s.result.Quorum),
	}
}

// trackService notes that the quorum of a service may have changed or been
// decided.
func (e *engine) trackService(s *service) {
	id := track.ID{Kind: track.VirtualServer, Name: s.config.Name}
	if !e.tracking.used[id] {
		return
	}
	s.decide()
	e.tracking.changed.Set(id, id)
}

// decide finds out whether the quorum stands on results, or only on what servers
// are taken to be before the first ones. Once it does, it does.
func (s *service) decide() {
	if s.decided {
		return
	}
	most, least := make([]desired.State, len(s.servers)), make([]desired.State, len(s.servers))
	for n, srv := range s.servers {
		up, judged := srv.judged()
		most[n] = desired.State{Up: up || !judged, Part: srv.part}
		least[n] = desired.State{Up: up && judged, Part: srv.part}
	}
	was := s.result.QuorumUp
	s.decided = desired.Compute(s.config, most, was).QuorumUp == desired.Compute(s.config, least, was).QuorumUp
}
