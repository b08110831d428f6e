package control

import (
	"director/bfd"
	"director/internal/api"
	"director/internal/notify"
	"director/internal/track"
)

// trackerStates are the tracked objects of this process by kind and name, and
// then the tracked virtual servers in the order of the configuration.
func (e *engine) trackerStates() []api.Tracker {
	users := map[track.ID][]string{}
	for n := range e.cfg.Instances {
		i := &e.cfg.Instances[n]
		for _, u := range i.Tracks {
			users[u.ID] = append(users[u.ID], i.VRRP.Name)
		}
	}
	all := []api.Tracker{}
	for _, s := range e.tracking.set.Status() {
		t := tracker(s.ID, s.State, users)
		t.Since, t.Output, t.Runs, t.Failures, t.Skipped = s.Since, s.Output, s.Runs, s.Failures, s.Skipped
		t.TookSeconds = s.Took.Seconds()
		if s.Result != "" {
			t.Detail = s.Result
		}
		all = append(all, t)
	}
	for _, name := range e.order {
		id := track.ID{Kind: track.VirtualServer, Name: name}
		if e.tracking.used[id] {
			t := tracker(id, e.trackState(id), users)
			t.Since = e.services[name].quorumSince
			all = append(all, t)
		}
	}
	return all
}

func tracker(id track.ID, s track.State, users map[track.ID][]string) api.Tracker {
	return api.Tracker{
		Kind: id.Kind.String(), Name: id.Name, Known: s.Known, Up: s.Up, Value: s.Value, Detail: s.Detail,
		UsedBy: list(users[id]),
	}
}

func (e *engine) sessions() []api.Session {
	out := make([]api.Session, 0, len(e.process.Sessions))
	for _, s := range e.process.Sessions {
		a := api.Session{
			Name: s.Name, Neighbor: s.Neighbor, Up: s.Up, State: s.State, Reason: s.Reason,
			IntervalSeconds: s.Interval.Seconds(), DetectionSeconds: s.DetectionTime.Seconds(), Transitions: s.Transitions,
		}
		if s.Reason == bfd.DiagNone.String() { // it was never up
			a.Reason = ""
		}
		if s.Since > 0 {
			a.Since = since(s.Since + age(e.processAt))
		}
		out = append(out, a)
	}
	return out
}

func notifications(s notify.Status) api.Notify {
	out := api.Notify{Names: make([]api.NotifyName, 0, len(s.Names)), FIFOs: make([]api.FIFO, 0, len(s.FIFOs))}
	for _, n := range s.Names {
		a := api.NotifyName{
			Kind: n.Kind.String(), Name: n.Name, State: n.State, Since: n.At,
			Pending: n.Pending, Running: n.Running, Superseded: n.Superseded,
		}
		if l := n.Last; l != nil {
			a.Last = &api.ScriptRun{
				Script: l.Script, State: l.State, Ended: l.Ended, OK: l.Result.Good(),
				Result: l.Result.String(), Output: l.Result.Output, TookSeconds: l.Result.Took.Seconds(),
			}
		}
		out.Names = append(out.Names, a)
	}
	for _, f := range s.FIFOs {
		a := api.FIFO{Path: f.Path, Written: f.Written, Waiting: f.Waiting, Dropped: f.Dropped, Stuck: f.Stuck, Error: f.Error}
		if r := f.Reader; r != nil {
			a.Reader = &api.Reader{PID: r.Pid, Starts: r.Starts, Last: r.Last}
		}
		out.FIFOs = append(out.FIFOs, a)
	}
	return out
}
