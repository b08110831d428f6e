package trackers

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"director/internal/script"
	"director/internal/track"
)

// Options are what a Set needs from its surroundings.
type Options struct {
	Log *slog.Logger
	// Report is told of each new state, that is when Known, Pending, Up or Value
	// have changed; the states of one object come in order, and none of an
	// object that Configure has dropped. It must neither wait nor call the Set.
	Report func(track.ID, track.State)
	// Policy says under which identity scripts run; it is asked for each run.
	Policy func() script.Policy
	// Exec runs a script; nil: script.Run.
	Exec func(context.Context, script.Command, script.Options) script.Result
	// Proc is where the kernel lists processes; empty: /proc.
	Proc string
}

// Set watches tracked objects. Its methods may be called by any goroutine.
type Set struct {
	opts Options

	mu       sync.Mutex
	objects  map[track.ID]*object
	recalled map[track.ID]track.State
	// alive is the context of all watchers while Run runs, else nil; over: Run
	// has ended.
	alive     context.Context
	over      bool
	processes *scan // nil: there are none
	running   sync.WaitGroup
}

// New makes a Set that watches nothing yet.
func New(o Options) *Set {
	if o.Exec == nil {
		o.Exec = script.Run
	}
	if o.Proc == "" {
		o.Proc = "/proc"
	}
	return &Set{opts: o, objects: map[track.ID]*object{}, recalled: map[track.ID]track.State{}}
}

// Recall tells what was known of objects by an earlier control process, before
// Configure and Run. They go on from there: no script is asked for a first
// result, and no init_file is written.
func (s *Set) Recall(states map[track.ID]track.State) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, state := range states {
		if state.Known {
			state.Pending = false
			s.recalled[id] = state
		}
	}
}

// Configure says what is watched from now on. An object whose specification is
// the same goes on as if nothing had been; a script of which only the times and
// counts changed keeps its result. first: director starts, and instances wait
// for what they track. The start state of each new object is reported before
// Configure returns.
func (s *Set) Configure(scripts []track.ScriptSpec, files []track.FileSpec, processes []track.ProcessSpec, first bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	wanted := map[track.ID]*object{}
	for _, spec := range scripts {
		s.want(wanted, &scriptWatch{spec: spec}, first)
	}
	for _, spec := range files {
		s.want(wanted, &fileWatch{spec: spec, init: first && spec.Init}, first)
	}
	for _, spec := range processes {
		s.want(wanted, &processWatch{spec: spec}, first)
	}
	for id, o := range s.objects {
		if wanted[id] != o {
			o.drop()
		}
	}
	s.objects = wanted
	clear(s.recalled)
	s.startAll()
}

// want puts the object of w into wanted: the one that is there, or a new one.
func (s *Set) want(wanted map[track.ID]*object, w watch, first bool) {
	old := s.objects[w.id()]
	if old != nil && old.watch.same(w) {
		wanted[w.id()] = old
		return
	}
	o := &object{watch: w, status: Status{ID: w.id(), Since: time.Now(), State: track.State{Pending: first}}}
	var known *track.State
	if old != nil {
		o.after = old.done
		if w.continues(old.watch) {
			known = &old.status.State
		}
	} else if state, ok := s.recalled[w.id()]; ok {
		known = &state
	}
	if known != nil {
		o.status.State = *known
	}
	w.begin(&o.status.State, known != nil && known.Known)
	wanted[w.id()] = o
	s.opts.Report(w.id(), o.status.State)
}

// State is what is known of an object now; of one that is not watched, nothing.
func (s *Set) State(id track.ID) track.State {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o := s.objects[id]; o != nil {
		return o.status.State
	}
	return track.State{}
}

// Run watches until ctx ends. Scripts that run then are killed; it returns when
// they are gone, two seconds later, or three where SIGKILL does not help.
func (s *Set) Run(ctx context.Context) {
	s.mu.Lock()
	s.alive = ctx
	s.startAll()
	s.mu.Unlock()
	<-ctx.Done()
	s.mu.Lock()
	s.over = true
	s.mu.Unlock()
	s.running.Wait()
}

// startAll starts the watchers of objects that have none yet.
func (s *Set) startAll() {
	if s.alive == nil || s.over {
		return
	}
	for _, o := range s.objects {
		if r, ok := o.watch.(runner); ok && o.stop == nil {
			s.start(o, r)
		}
	}
	s.scanProcesses()
}

func (s *Set) start(o *object, r runner) {
	ctx, stop := context.WithCancel(s.alive)
	o.stop, o.done = stop, make(chan struct{})
	s.running.Go(func() {
		defer close(o.done)
		defer stop()
		if o.after != nil { // a run of the old one never overlaps one of the new
			<-o.after
		}
		r.run(ctx, s, o)
	})
}

// update changes what is known of an object and reports it, unless ctx says that
// the watcher has been stopped.
func (s *Set) update(ctx context.Context, o *object, change func(*Status)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ctx.Err() != nil {
		return
	}
	was := o.status.State
	change(&o.status)
	is := o.status.State
	if was.Known == is.Known && was.Pending == is.Pending && was.Up == is.Up && was.Value == is.Value {
		return
	}
	o.status.Since = time.Now()
	o.watch.tell(s.opts.Log, was, is)
	s.opts.Report(o.status.ID, is)
}
