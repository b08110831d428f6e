package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"director/internal/script"
)

// stage is a notifier in virtual time whose scripts only take their time.
type stage struct {
	t *testing.T
	*Notifier
	takes func(run string) time.Duration
	stop  context.CancelFunc
	over  chan struct{}

	mu      sync.Mutex
	ran     []string // "notify_script arguments", as they start
	acked   []uint64
	running map[string]int // by program, which is one name's
	most    int            // that ran at once
	overlap bool
}

func newStage(t *testing.T) *stage {
	s := &stage{t: t, takes: func(string) time.Duration { return 0 }, running: make(map[string]int),
		over: make(chan struct{})}
	s.Notifier = New(slog.New(slog.DiscardHandler), func(seq uint64) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.acked = append(s.acked, seq)
	})
	s.run = s.script
	return s
}

func (s *stage) begin() {
	ctx, stop := context.WithCancel(s.t.Context())
	s.stop = stop
	go func() {
		defer close(s.over)
		s.Run(ctx)
	}()
}

func (s *stage) end() {
	s.stop()
	<-s.over
}

// script stands for package script: the program is the name it belongs to.
func (s *stage) script(ctx context.Context, c script.Command, o script.Options) script.Result {
	run := strings.Join(append(slices.Clone(c.Args), o.Extra...), " ")
	s.mu.Lock()
	s.ran = append(s.ran, run)
	s.running[c.Args[0]]++
	s.overlap = s.overlap || s.running[c.Args[0]] > 1
	total := 0
	for _, n := range s.running {
		total += n
	}
	s.most = max(s.most, total)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.running[c.Args[0]]--
	}()
	limit := time.After(o.Timeout)
	select {
	case <-time.After(s.takes(run)):
		return script.Result{}
	case <-limit:
		return script.Result{Status: -1, TimedOut: true}
	case <-ctx.Done():
		return script.Result{Status: -1, Err: ctx.Err()}
	}
}

// seen are the scripts that ran, how many events are acknowledged, and how many
// scripts ran at once.
func (s *stage) seen() (ran []string, acked, most int) {
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.ran), len(s.acked), s.most
}

// scriptsOf are all the scripts of a name.
func scriptsOf(name string) Scripts {
	one := func(which string) script.Command { return script.Command{Args: []string{name, which}} }
	return Scripts{Master: one("master"), Backup: one("backup"), Fault: one("fault"), Stop: one("stop"),
		Deleted: one("deleted"), RxLowerPri: one("lower"), All: one("notify"), PriorityChanges: true}
}

func instance(seq uint64, name, state string) Event {
	return Event{Seq: seq, Kind: Instance, Name: name, State: state, Priority: 100}
}

func (s *stage) want(ran []string, acked ...uint64) {
	s.t.Helper()
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Equal(s.ran, ran) {
		s.t.Errorf("ran  %q\nwant %q", s.ran, ran)
	}
	if !slices.Equal(s.acked, acked) {
		s.t.Errorf("acknowledged %v, want %v", s.acked, acked)
	}
	if s.overlap {
		s.t.Error("scripts of one name overlapped")
	}
}

func TestScriptsOfEachState(t *testing.T) {
	withoutDeleted := func(name string) Scripts {
		s := scriptsOf(name)
		s.Deleted, s.PriorityChanges = script.Command{}, false
		return s
	}
	for _, c := range []struct {
		what     string
		settings Settings
		event    Event
		ran      []string
	}{
		{"master", Settings{Instances: map[string]Scripts{"A": scriptsOf("A")}}, instance(1, "A", Master),
			[]string{"A master", "A notify INSTANCE A MASTER 100"}},
		{"stop", Settings{Instances: map[string]Scripts{"A": scriptsOf("A")}}, instance(1, "A", Stop),
			[]string{"A stop", "A notify INSTANCE A STOP 100"}},
		{"lower master", Settings{Instances: map[string]Scripts{"A": scriptsOf("A")}}, instance(1, "A", RxLowerPri),
			[]string{"A lower", "A notify INSTANCE A MASTER_RX_LOWER_PRI 100"}},
		{"priority", Settings{Instances: map[string]Scripts{"A": scriptsOf("A")}}, instance(1, "A", MasterPriority),
			[]string{"A notify INSTANCE A MASTER_PRIORITY 100"}},
		{"priority, not asked for", Settings{Instances: map[string]Scripts{"A": withoutDeleted("A")}},
			instance(1, "A", BackupPriority), nil},
		{"deleted", Settings{Instances: map[string]Scripts{"A": scriptsOf("A")}}, instance(1, "A", Deleted),
			[]string{"A deleted", "A notify INSTANCE A DELETED 100"}},
		{"deleted without notify_deleted", Settings{Instances: map[string]Scripts{"A": withoutDeleted("A")}},
			instance(1, "A", Deleted), []string{"A fault", "A notify INSTANCE A FAULT 100"}},
		{"group", Settings{Groups: map[string]Scripts{"A": scriptsOf("A")}},
			Event{Seq: 1, Kind: Group, Name: "A", State: Fault, Priority: 100},
			[]string{"A fault", "A notify GROUP A FAULT 0"}},
		{"group deleted without notify_deleted", Settings{Groups: map[string]Scripts{"A": withoutDeleted("A")}},
			Event{Seq: 1, Kind: Group, Name: "A", State: Deleted}, nil},
		{"no such name", Settings{}, instance(1, "A", Master), nil},
		{"no such state", Settings{Instances: map[string]Scripts{"A": scriptsOf("A")}}, instance(1, "A", "HAPPY"), nil},
		{"no such kind", Settings{}, Event{Seq: 1, Kind: 9, Name: "A", State: Master}, nil},
	} {
		t.Run(c.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t)
				s.Configure(c.settings)
				s.begin()
				defer s.end()
				s.Notify(c.event)
				s.want(c.ran, 1)
			})
		})
	}
}

func TestScriptsInOrderAndAcknowledgedAfterwards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		s.takes = func(string) time.Duration { return time.Second }
		s.Configure(Settings{Instances: map[string]Scripts{"A": scriptsOf("A"), "B": {Master: scriptsOf("B").Master}}})
		s.begin()
		defer s.end()
		s.Notify(instance(1, "A", Backup))
		s.want([]string{"A backup"})
		s.Notify(instance(2, "A", Master))
		s.Notify(instance(3, "A", Master)) // said already
		s.want([]string{"A backup"}, 3)
		time.Sleep(1500 * time.Millisecond)
		s.Notify(instance(4, "B", Master)) // waits for nobody
		s.want([]string{"A backup", "A notify INSTANCE A BACKUP 100", "B master"}, 3)
		if got := s.Status().Names[0]; got.Pending != 1 || got.Running != "notify" || got.State != Master ||
			got.Last == nil || got.Last.Script != "notify_backup" {
			t.Errorf("status %+v", got)
		}
		time.Sleep(5 * time.Second)
		s.want([]string{"A backup", "A notify INSTANCE A BACKUP 100", "B master", "A master", "A notify INSTANCE A MASTER 100"},
			3, 1, 4, 2)
	})
}

func TestEventToldTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		s.Configure(Settings{Instances: map[string]Scripts{"A": {Backup: scriptsOf("A").Backup, Master: scriptsOf("A").Master}}})
		s.takes = func(string) time.Duration { return time.Second }
		s.begin()
		defer s.end()
		s.Notify(instance(1, "A", Backup))
		s.Notify(instance(2, "A", Master))
		s.Notify(instance(1, "A", Backup)) // is being told
		s.want([]string{"A backup"})
		time.Sleep(3 * time.Second)
		s.Notify(instance(1, "A", Backup)) // has been told
		s.want([]string{"A backup", "A master"}, 1, 2, 1)
	})
}

func TestSeededRoleIsNotToldAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		s.Configure(Settings{Instances: map[string]Scripts{"A": {Backup: scriptsOf("A").Backup, Master: scriptsOf("A").Master}}})
		s.begin()
		defer s.end()
		s.Seed(instance(5, "A", Master))
		s.Notify(instance(6, "A", Master))
		s.Notify(instance(7, "A", Backup))
		s.want([]string{"A backup"}, 6, 7)
	})
}

func TestTimeoutDoesNotHoldUpTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		s.takes = func(string) time.Duration { return time.Hour }
		s.Configure(Settings{Instances: map[string]Scripts{"A": scriptsOf("A")}})
		s.begin()
		defer s.end()
		s.Notify(instance(1, "A", Master))
		time.Sleep(ScriptTimeout + time.Second)
		s.want([]string{"A master", "A notify INSTANCE A MASTER 100"})
		if last := s.Status().Names[0].Last; last == nil || !last.Result.TimedOut {
			t.Errorf("last run %+v", last)
		}
		time.Sleep(ScriptTimeout)
		s.want([]string{"A master", "A notify INSTANCE A MASTER 100"}, 1)
	})
}

func TestScriptThatCannotBeKilledIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		gone := make(chan struct{})
		s.Notifier.run = func(context.Context, script.Command, script.Options) script.Result {
			return script.Result{Status: -1, TimedOut: true, Left: gone}
		}
		all := make(map[string]Scripts)
		for i := range 2 * scriptsAtOnce {
			all[fmt.Sprint(i)] = Scripts{Master: script.Command{Args: []string{"x"}}}
		}
		s.Configure(Settings{Instances: all})
		s.begin()
		defer s.end()
		for i := range 2 * scriptsAtOnce {
			s.Notify(instance(uint64(i+1), fmt.Sprint(i), Master))
		}
		synctest.Wait()
		for _, name := range s.Status().Names {
			if name.Last == nil || name.Running == "" {
				t.Fatalf("%s was held up by another name", name.Name)
			}
		}
		s.want(nil)
		close(gone)
		if _, acked, _ := s.seen(); acked != 2*scriptsAtOnce {
			t.Errorf("%d acknowledged", acked)
		}
	})
}

func TestScriptsAtOnceAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		s.takes = func(string) time.Duration { return time.Second }
		all := make(map[string]Scripts)
		for i := range 100 {
			name := fmt.Sprint(i)
			all[name] = Scripts{Master: scriptsOf(name).Master}
		}
		s.Configure(Settings{Instances: all})
		for i := range 100 {
			s.Notify(instance(uint64(i+1), fmt.Sprint(i), Master))
		}
		s.begin() // what came before is told too
		defer s.end()
		time.Sleep(3500 * time.Millisecond)
		if _, acked, most := s.seen(); most != scriptsAtOnce || acked != 96 {
			t.Errorf("%d at once, %d acknowledged", most, acked)
		}
		time.Sleep(time.Second)
		if _, acked, _ := s.seen(); acked != 100 {
			t.Errorf("%d acknowledged", acked)
		}
	})
}

func TestFloodKeepsTheLastRole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		s.takes = func(string) time.Duration { return time.Second }
		s.Configure(Settings{Instances: map[string]Scripts{"A": {Master: scriptsOf("A").Master, Backup: scriptsOf("A").Backup}}})
		s.begin()
		defer s.end()
		const events = 1001
		for i := range events {
			s.Notify(instance(uint64(i+1), "A", []string{Backup, Master}[i%2]))
			synctest.Wait()
		}
		if got := s.Status().Names[0]; got.Pending > pendingPerName || got.Superseded == 0 {
			t.Errorf("status %+v", got)
		}
		time.Sleep(time.Minute)
		if ran, acked, _ := s.seen(); acked != events || ran[len(ran)-1] != "A backup" {
			t.Errorf("%d acknowledged, %d scripts ran, the last %q", acked, len(ran), ran[len(ran)-1])
		}
	})
}

func TestDeletedIsToldByTheOldScripts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		s.Configure(Settings{Instances: map[string]Scripts{"A": scriptsOf("A")}})
		s.begin()
		defer s.end()
		s.Notify(instance(1, "A", Backup))
		s.Configure(Settings{})
		s.Notify(instance(2, "A", Deleted))
		s.want([]string{"A backup", "A notify INSTANCE A BACKUP 100", "A deleted", "A notify INSTANCE A DELETED 100"}, 1, 2)
		if got := s.Status().Names; len(got) != 0 || len(s.retired) != 0 {
			t.Errorf("remembered %+v, %v", got, s.retired)
		}
		s.Configure(Settings{Instances: map[string]Scripts{"A": {Deleted: scriptsOf("A").Deleted}}})
		s.Notify(instance(3, "A", Deleted)) // another one of that name
		s.want([]string{"A backup", "A notify INSTANCE A BACKUP 100", "A deleted", "A notify INSTANCE A DELETED 100", "A deleted"}, 1, 2, 3)
	})
}

func TestDrainWaitsForScripts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		s.takes = func(string) time.Duration { return time.Second }
		s.Configure(Settings{Instances: map[string]Scripts{"A": scriptsOf("A")}})
		s.begin()
		s.Notify(instance(1, "A", Master))
		s.Notify(instance(2, "A", Stop))
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if err := s.Drain(ctx); err != nil || time.Since(began) != 4*time.Second {
			t.Errorf("drained after %v: %v", time.Since(began), err)
		}
		<-s.over
		s.Notify(instance(3, "A", Master))
		s.Configure(Settings{})
		s.want([]string{"A master", "A notify INSTANCE A MASTER 100", "A stop", "A notify INSTANCE A STOP 100"}, 1, 2)
	})
}

func TestDrainIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		s.takes = func(string) time.Duration { return time.Hour }
		s.Configure(Settings{Instances: map[string]Scripts{"A": scriptsOf("A")}})
		s.begin()
		s.Notify(instance(1, "A", Master))
		s.Notify(instance(2, "A", Stop))
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		err := s.Drain(ctx)
		<-s.over
		if err == nil || !strings.Contains(err.Error(), `["A"]`) || time.Since(began) != 5*time.Second {
			t.Errorf("drained after %v: %v", time.Since(began), err)
		}
		s.want([]string{"A master"}) // nothing is acknowledged: the sender still has it
	})
}

// step is an event, and how long it takes until the next.
type step struct {
	Event
	pause time.Duration
}

// Whatever comes and however long scripts take: they never overlap for a name,
// every event is acknowledged once, and the last role is told last.
func TestNotifierProperties(t *testing.T) {
	milliseconds := func(most int) *rapid.Generator[time.Duration] {
		return rapid.Custom(func(t *rapid.T) time.Duration {
			return time.Duration(rapid.IntRange(0, most).Draw(t, "ms")) * time.Millisecond
		})
	}
	rapid.Check(t, func(r *rapid.T) {
		steps := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) step {
			return step{instance(0, rapid.SampledFrom([]string{"A", "B", "C"}).Draw(t, "name"),
				rapid.SampledFrom([]string{Master, Backup, Fault, RxLowerPri}).Draw(t, "state")),
				milliseconds(200).Draw(t, "pause")}
		}), 0, 100).Draw(r, "steps")
		takes := rapid.SliceOfN(milliseconds(2000), 7, 7).Draw(r, "takes")
		var err error
		synctest.Test(t, func(t *testing.T) { err = play(newStage(t), steps, takes) })
		if err != nil {
			r.Fatal(err)
		}
	})
}

func play(s *stage, steps []step, takes []time.Duration) error {
	s.takes = func(string) time.Duration {
		s.mu.Lock()
		defer s.mu.Unlock()
		return takes[len(s.ran)%len(takes)]
	}
	settings := Settings{Instances: make(map[string]Scripts)}
	for _, name := range []string{"A", "B", "C"} {
		settings.Instances[name] = Scripts{All: scriptsOf(name).All}
	}
	s.Configure(settings)
	s.begin()
	last := make(map[string]string)
	for i, step := range steps {
		step.Seq = uint64(i + 1)
		s.Notify(step.Event)
		if step.role() {
			last[step.Name] = step.State
		}
		time.Sleep(step.pause)
	}
	if err := s.Drain(s.t.Context()); err != nil {
		return err
	}
	<-s.over
	return s.verify(last, len(steps))
}

func (s *stage) verify(last map[string]string, events int) error {
	told := make(map[string]string)
	for _, run := range s.ran {
		words := strings.Fields(run)
		if name, state := words[0], words[4]; state != RxLowerPri {
			if told[name] == state {
				return fmt.Errorf("%s was told %s twice in a row", name, state)
			}
			told[name] = state
		}
	}
	for name, state := range last {
		if told[name] != state {
			return fmt.Errorf("%s was told %q last, not %q", name, told[name], state)
		}
	}
	slices.Sort(s.acked)
	if len(slices.Compact(s.acked)) != events || len(s.acked) != events {
		return fmt.Errorf("acknowledged %v of %d", s.acked, events)
	}
	if s.overlap {
		return errors.New("scripts of one name overlapped")
	}
	return nil
}
