package notify

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"director/internal/script"
)

const (
	// ScriptTimeout is how long a notify script may run; then its process group
	// gets SIGTERM, and killAfter later SIGKILL.
	ScriptTimeout = 30 * time.Second
	killAfter     = time.Second

	// pendingPerName is how many events of one instance or group wait for its
	// scripts, linesPerFIFO how many lines for a reader.
	pendingPerName = 16
	linesPerFIFO   = 1024
	// scriptsAtOnce is how many scripts of different instances run at a time.
	scriptsAtOnce = 32
)

// Settings are what a configuration says about notifications.
type Settings struct {
	// Instances and Groups are all of them, by name, also those without scripts.
	Instances, Groups map[string]Scripts
	FIFOs             FIFOs
	Policy            script.Policy
}

func (s Settings) scripts(who subject) (Scripts, bool) {
	of := s.Instances
	if who.kind == Group {
		of = s.Groups
	}
	scripts, ok := of[who.name]
	return scripts, ok
}

// Notifier tells scripts and FIFOs of events. Its methods may be called
// concurrently; events of one name are told in the order of the calls.
type Notifier struct {
	log  *slog.Logger
	done func(seq uint64)
	// run and start are those of package script.
	run   func(context.Context, script.Command, script.Options) script.Result
	start func(script.Command, script.Options) (process, error)
	// patience is how long an event waits for the reader of a FIFO before it is
	// acknowledged all the same. moment is how long, when a FIFO ends, its last
	// lines may take to be written and read, and its reader to end by itself.
	patience, moment time.Duration

	wake  chan struct{} // there is something for Run
	slots chan struct{}
	quit  context.CancelFunc
	quits context.Context

	mu         sync.Mutex
	configured bool
	settings   Settings
	// retired are the scripts of names that the configuration has no longer:
	// that they are deleted is told by them.
	retired map[subject]Scripts
	lanes   map[subject]*lane
	ready   []subject // have something to tell and no goroutine yet
	busy    int       // lanes that run
	idle    chan struct{}
	fifos   [3]*fifo // all, vrrp, lvs
	added   []*fifo  // not started yet
	open    map[uint64]*ticket
	closed  bool
}

// New returns a notifier; [Notifier.Run] makes it work. done is called with the
// Seq of an event when nothing is left to do for it: its scripts have ended and
// its lines are in the FIFOs, or have waited five seconds for a reader, or it is
// told to nobody. It must not block.
func New(log *slog.Logger, done func(seq uint64)) *Notifier {
	n := &Notifier{log: log, done: done, run: script.Run, start: startProcess, patience: 5 * time.Second, moment: 2 * time.Second,
		wake: make(chan struct{}, 1), slots: make(chan struct{}, scriptsAtOnce),
		retired: make(map[subject]Scripts), lanes: make(map[subject]*lane),
		idle: make(chan struct{}), open: make(map[uint64]*ticket)}
	n.quits, n.quit = context.WithCancel(context.Background())
	return n
}

// Configure takes over a configuration, the first one before any event, or a new
// one. Events that wait
// are told by the new scripts. A FIFO stays open if its path and owner stay, and
// its reader runs on if also that is the same.
func (n *Notifier) Configure(s Settings) {
	var finished []*ticket
	defer func() { n.release(finished...) }()
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return
	}
	for who, scripts := range n.settings.all() {
		if _, ok := s.scripts(who); !ok {
			n.retired[who] = scripts
		}
	}
	for who := range s.all() {
		delete(n.retired, who)
	}
	reload := n.configured
	n.settings, n.configured = s, true
	n.configureFIFOs(s)
	if reload && s.FIFOs.StatesOnReload {
		finished = n.repeatStates()
	}
	n.poke()
}

// repeatStates writes the newest role of every name to the FIFOs again.
func (n *Notifier) repeatStates() (finished []*ticket) {
	for _, who := range slices.SortedFunc(maps.Keys(n.lanes), subject.compare) {
		l := n.lanes[who]
		if _, configured := n.settings.scripts(who); !configured || l.newest.State == "" || l.ended {
			continue
		}
		for _, f := range n.listeners() {
			finished = append(finished, f.put(l.newest, nil)...)
		}
	}
	return finished
}

// all are the scripts of every name.
func (s Settings) all() map[subject]Scripts {
	all := make(map[subject]Scripts, len(s.Instances)+len(s.Groups))
	for name, scripts := range s.Instances {
		all[subject{Instance, name}] = scripts
	}
	for name, scripts := range s.Groups {
		all[subject{Group, name}] = scripts
	}
	return all
}

// Seed says which role was told last of a name, by a process before this one: it
// is not told again. It is only for names of which the sender keeps no event
// that was not acknowledged, and comes before their first Notify.
func (n *Notifier) Seed(e Event) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !e.role() || e.check() != nil {
		return
	}
	l := n.lane(e.subject())
	l.newest, l.told, l.seq = e, e.State, e.Seq
}

// Notify has an event told. It never blocks. What is not told is acknowledged
// at once: a role that was told already, priorities that nobody asked for.
//
// The contract with the sender is "at least once": it keeps an event until it is
// acknowledged, and sends what it has kept, in order, to the next control
// process. So scripts see an event twice if control died after they ran and
// before the sender knew. After [Notifier.Drain] events are neither told nor
// acknowledged.
func (n *Notifier) Notify(e Event) {
	var finished []*ticket
	defer func() { n.release(finished...) }()
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed || n.open[e.Seq] != nil {
		return
	}
	atOnce := newTicket(e.Seq, 1)
	if err := e.check(); err != nil {
		n.log.Error("notify: bad event", "error", err, "name", e.Name)
		finished = append(finished, atOnce)
		return
	}
	l := n.lane(e.subject())
	scripts, _ := n.scripts(e.subject())
	told, wanted := e.meaning(scripts)
	if e.Seq != 0 && e.Seq <= l.seq {
		finished = append(finished, atOnce)
		return
	}
	l.seq = max(l.seq, e.Seq)
	if !wanted || told.role() && told.State == l.newest.State {
		finished = append(finished, atOnce)
	} else {
		finished = n.admit(l, scripts, told)
	}
	if e.State == Deleted {
		l.ended = true
		n.forget(e.subject())
	}
}

// admit gives an event to its scripts and to the FIFOs, and returns the tickets
// of what is done with, or dropped for it.
func (n *Notifier) admit(l *lane, scripts Scripts, e Event) (finished []*ticket) {
	to := n.listeners()
	t := newTicket(e.Seq, 1+len(to))
	if e.Seq != 0 {
		n.open[e.Seq] = t
	}
	if !l.running && len(jobs(scripts, e)) == 0 {
		l.skip(e)
		finished = append(finished, t)
	} else {
		finished = n.enqueue(l, item{e, t})
	}
	for _, f := range to {
		finished = append(finished, f.put(e, t)...)
	}
	return finished
}

// enqueue lets an event wait for its scripts, and returns the tickets of those
// that it supersedes.
func (n *Notifier) enqueue(l *lane, it item) (superseded []*ticket) {
	gone := l.add(it)
	for _, it := range gone {
		superseded = append(superseded, it.ticket)
	}
	if slices.ContainsFunc(gone, func(it item) bool { return it.State != RxLowerPri }) && l.warn.due() {
		n.log.Warn("notify: scripts lag behind, older states are left out", "kind", it.Kind, "name", it.Name,
			"running", l.script, "waiting", len(l.pending), "left_out", l.superseded)
	}
	if !l.running {
		l.running = true
		n.busy++
		n.ready = append(n.ready, it.subject())
		n.poke()
	}
	return superseded
}

func (n *Notifier) lane(who subject) *lane {
	l := n.lanes[who]
	if l == nil {
		l = &lane{}
		n.lanes[who] = l
	}
	return l
}

// scripts are those of a name, also of one that the configuration has lost.
func (n *Notifier) scripts(who subject) (Scripts, bool) {
	if s, ok := n.settings.scripts(who); ok {
		return s, true
	}
	return n.retired[who], false
}

// forget drops what is known of a name that was deleted and has nothing to tell
// any more.
func (n *Notifier) forget(who subject) {
	l := n.lanes[who]
	if l == nil || !l.ended || l.running {
		return
	}
	delete(n.retired, who)
	delete(n.lanes, who)
}

func (n *Notifier) poke() {
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

// arguments are what keepalived appends to notify.
func arguments(e Event) []string {
	return []string{e.Kind.String(), e.Name, e.State, strconv.Itoa(e.priority())}
}
