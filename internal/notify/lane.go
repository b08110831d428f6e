package notify

import (
	"slices"
	"time"

	"director/internal/script"
)

// lane is what is known of one instance or group: its events are told one after
// the other. The notifier's lock guards it.
type lane struct {
	pending []item
	// running: a goroutine tells its events.
	running bool
	// told is the role that its scripts were started for last.
	told string
	// newest is the newest role, told or waiting. ended: that was its last one,
	// it has been deleted.
	newest Event
	ended  bool
	seq    uint64 // the newest event

	superseded uint64
	warn       pause  // for saying that events are left out
	script     string // the one that runs, by its keyword
	last       *ScriptRun
	// complaints are what was logged of scripts that did not succeed, by script
	// and state.
	complaints map[[2]string]complaint
}

type complaint struct {
	result string
	at     time.Time
	since  int // failures that were not logged since
}

// complain decides whether a failure is logged, and says how many like it were
// not since the last time.
func (l *lane) complain(r ScriptRun) (unlogged int, ok bool) {
	key, result := [2]string{r.Script, r.State}, r.Result.String()
	c, known := l.complaints[key]
	if known && c.result == result && r.Ended.Sub(c.at) < logPause {
		c.since++
		l.complaints[key] = c
		return 0, false
	}
	if l.complaints == nil {
		l.complaints = make(map[[2]string]complaint)
	}
	l.complaints[key] = complaint{result: result, at: r.Ended}
	return c.since, true
}

// ScriptRun is one run of a notify script.
type ScriptRun struct {
	// Script is its keyword: notify_master, notify …
	Script string
	// State is what it was told.
	State string
	// Ended is when it was over.
	Ended  time.Time
	Result script.Result
}

// add lets an event wait its turn, and returns those that will not be told.
func (l *lane) add(it item) (gone []item) {
	l.pending, gone = merge(l.told, l.pending, it, pendingPerName)
	l.hear(it.Event)
	l.superseded += uint64(len(gone))
	return gone
}

// skip is for an event that has no script, while nothing waits.
func (l *lane) skip(e Event) {
	l.hear(e)
	if e.role() {
		l.told = e.State
	}
}

func (l *lane) hear(e Event) {
	if e.role() {
		l.newest, l.ended = e, false
	}
}

// next takes the event whose turn it is.
func (l *lane) next() (item, bool) {
	if len(l.pending) == 0 {
		return item{}, false
	}
	it := l.pending[0]
	l.pending = slices.Delete(l.pending, 0, 1)
	if it.role() {
		l.told = it.State
	}
	return it, true
}

// job is one script to run for an event.
type job struct {
	script  string
	command script.Command
	extra   []string
}

// jobs are the scripts that are run for an event, in this order.
func jobs(s Scripts, e Event) []job {
	var all []job
	own := map[string]job{
		Master:     {script: "notify_master", command: s.Master},
		Backup:     {script: "notify_backup", command: s.Backup},
		Fault:      {script: "notify_fault", command: s.Fault},
		Stop:       {script: "notify_stop", command: s.Stop},
		Deleted:    {script: "notify_deleted", command: s.Deleted},
		RxLowerPri: {script: "notify_master_rx_lower_pri", command: s.RxLowerPri},
	}[e.State]
	if own.command.Given() {
		all = append(all, own)
	}
	if s.All.Given() {
		all = append(all, job{script: "notify", command: s.All, extra: arguments(e)})
	}
	return all
}
