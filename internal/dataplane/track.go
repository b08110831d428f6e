package dataplane

import (
	"fmt"
	"time"

	"director/bfd"
	"director/internal/track"
	"director/internal/wire"
	"director/vrrp"
)

// tracked is what is known of the objects that instances track, but for
// interfaces, which are links.
type tracked struct {
	// told is what control says of scripts, files, processes and services.
	told map[track.ID]track.State
	// sessions are those of BFD.
	sessions map[string]bfd.Status
}

// state returns what is known of one object.
func (e *engine) trackState(id track.ID) track.State {
	switch id.Kind {
	case track.Interface:
		l, ok := e.links[id.Name]
		return track.State{Known: true, Up: ok && l.Up}
	case track.BFD:
		s, ok := e.tracked.sessions[id.Name]
		return track.State{Known: ok && s.Known, Up: s.Up}
	}
	return e.tracked.told[id]
}

// tellTracker takes in what control says of a tracked object.
func (e *engine) tellTracker(t wire.Tracker) {
	was, known := e.tracked.told[t.ID]
	e.tracked.told[t.ID] = t.State
	was.Detail, t.State.Detail = "", ""
	if !known || was != t.State {
		e.moved = true
	}
}

// sessionChanged takes in the state of a BFD session. The loss of one with the
// router that is master is the loss of the master.
func (e *engine) sessionChanged(name string, s bfd.Status) {
	was := e.tracked.sessions[name]
	e.tracked.sessions[name] = s
	if was.Up != s.Up || was.Known != s.Known {
		e.moved = true
	}
	// Silence only: a neighbor that says that it goes down is alive.
	if was.Up && !s.Up && s.Diag == bfd.DiagTimeExpired {
		// What was told when it came up is older than the intervals it ran at.
		detection := time.Duration(s.RemoteMultiplier) * max(s.MinRx, s.RemoteMinTx)
		for _, r := range e.runners {
			r.MasterLost(s.Neighbor.WithZone(""), detection)
		}
	}
}

// forgetTracked drops what no configuration names any more.
func (e *engine) forgetTracked(sessions []bfd.Config) {
	used := map[track.ID]bool{}
	for _, i := range e.instances {
		for _, u := range i.spec.Tracks {
			used[u.ID] = true
		}
	}
	for id := range e.tracked.told {
		if !used[id] {
			delete(e.tracked.told, id)
		}
	}
	named := map[string]bool{}
	for _, s := range sessions {
		named[s.Name] = true
	}
	for name := range e.tracked.sessions {
		if !named[name] {
			delete(e.tracked.sessions, name)
		}
	}
}

// judgeTracks finds out what the tracked objects do to an instance, and returns
// the faults.
func (e *engine) judgeTracks(i *instance, r *running) []string {
	v := track.Judge(r.cfg.Priority, i.spec.Tracks, e.trackState)
	r.ownWaits = v.Waiting
	if e.startup != "" {
		r.ownWaits = append(r.ownWaits, e.startup)
	}
	was := r.verdict
	r.verdict = v
	if v.Priority != r.priority {
		r.priority = v.Priority
		r.SetPriority(v.Priority)
		if was.Priority != 0 {
			e.priorityChanged(i, v.Priority)
		}
	}
	// The services' loss on the master: whoever reaches the servers is asked to
	// take over. When nobody is there, it stays.
	if len(v.LastResort) > 0 && len(was.LastResort) == 0 && i.role == vrrp.Master {
		e.log.Warn("instance is ready to leave to whoever reaches the servers", "instance", i.name(), "lost", v.LastResort)
		e.handOver(i, vrrp.Backup, false)
	}
	return v.Faults
}

// delayNames says what an instance waits for at the start of director.
func delayNames(seconds float64) string { return fmt.Sprintf("the start-up delay of %gs", seconds) }
