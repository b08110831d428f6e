package trackers

import (
	"context"
	"errors"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"director/internal/script"
	"director/internal/track"
)

// play is a runner whose scripts do what is written: of each script, named by
// its program, one word a run: "+" good, "-" bad, with a duration behind it.
// After the last word it goes on with that.
type play struct {
	t       *testing.T
	began   time.Time
	mu      sync.Mutex
	parts   map[string][]string
	running map[string]bool
	starts  map[string][]time.Duration
}

func newPlay(t *testing.T, parts map[string]string) *play {
	p := &play{t: t, began: time.Now(), parts: map[string][]string{}, running: map[string]bool{}, starts: map[string][]time.Duration{}}
	for name, text := range parts {
		p.parts[name] = strings.Fields(text)
	}
	return p
}

func (p *play) exec(ctx context.Context, c script.Command, o script.Options) script.Result {
	name := c.Args[0]
	p.mu.Lock()
	if p.running[name] {
		p.t.Errorf("%s overlaps itself", name)
	}
	p.running[name] = true
	p.starts[name] = append(p.starts[name], time.Since(p.began))
	word := p.parts[name][0]
	if len(p.parts[name]) > 1 {
		p.parts[name] = p.parts[name][1:]
	}
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		p.running[name] = false
		p.mu.Unlock()
	}()
	return p.act(ctx, word, o)
}

func (p *play) act(ctx context.Context, word string, o script.Options) script.Result {
	lasts, err := time.ParseDuration(word[1:])
	if word[1:] != "" && err != nil {
		p.t.Error(err)
	}
	timedOut := lasts > o.Timeout
	select {
	case <-ctx.Done():
		time.Sleep(time.Second) // it takes a while to die
		return script.Result{Status: -1, Err: ctx.Err()}
	case <-time.After(min(lasts, o.Timeout)):
	}
	if word[0] == '+' && !timedOut {
		return script.Result{Output: "fine\n", Took: lasts}
	}
	return script.Result{Status: 1, TimedOut: timedOut, Output: "first\nconnection refused\n\n", Took: min(lasts, o.Timeout)}
}

func spec(name string, change func(*track.ScriptSpec)) track.ScriptSpec {
	s := track.ScriptSpec{Name: name, Command: script.Command{Args: []string{name}},
		Interval: time.Second, Timeout: time.Second, Rise: 1, Fall: 1}
	change(&s)
	return s
}

func same(*track.ScriptSpec) {}

// scene runs a play in virtual time.
func scene(t *testing.T, parts map[string]string, f func(t *testing.T, s *Set, j *journal, p *play)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p, j := newPlay(t, parts), newJournal()
		s := newSet(j, func(o *Options) { o.Exec = p.exec })
		f(t, s, j, p)
	})
}

func settle(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestScriptRuns(t *testing.T) {
	scene(t, map[string]string{"a": "+100ms -100ms -100ms +100ms -100ms"}, func(t *testing.T, s *Set, j *journal, _ *play) {
		s.Configure([]track.ScriptSpec{spec("a", func(s *track.ScriptSpec) { s.Fall = 2 })}, nil, nil, true)
		start(t, s)
		settle(6 * time.Second)
		j.expect(t, "0s script a pending", "100ms script a up", "2.1s script a down", "3.1s script a up", "5.1s script a down")
		got := s.Status()[0]
		want := Status{ID: track.ID{Kind: track.Script, Name: "a"}, Runs: 6, Failures: 4, Took: 100 * time.Millisecond,
			State:  track.State{Known: true, Detail: "exit status 1: connection refused"},
			Result: "exit status 1", Output: "first\nconnection refused\n\n", Since: j.began.Add(5100 * time.Millisecond)}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

// From start to start; what is due while one runs is left out.
func TestScriptInterval(t *testing.T) {
	scene(t, map[string]string{"a": "+300ms +2500ms +1s +100ms", "b": "-9s"}, func(t *testing.T, s *Set, j *journal, p *play) {
		s.Configure([]track.ScriptSpec{
			spec("a", func(s *track.ScriptSpec) { s.Timeout = 5 * time.Second }),
			spec("b", func(s *track.ScriptSpec) { s.Interval, s.Timeout = 2*time.Second, 0 }),
		}, nil, nil, true)
		start(t, s)
		settle(6500 * time.Millisecond)
		p.mu.Lock()
		defer p.mu.Unlock()
		sec := time.Second
		if diff := cmp.Diff(map[string][]time.Duration{"a": {0, sec, 4 * sec, 5 * sec, 6 * sec}, "b": {0, 2 * sec, 4 * sec, 6 * sec}}, p.starts); diff != "" {
			t.Error(diff)
		}
		j.expect(t, "0s script a pending", "0s script b pending", "300ms script a up", "2s script b down")
		if st := s.Status(); st[0].Skipped != 2 || st[1].Skipped != 0 || st[1].Failures != 3 {
			t.Errorf("%+v", st)
		}
		if got, want := s.State(track.ID{Kind: track.Script, Name: "b"}).Detail, "timed out after 2s: connection refused"; got != want {
			t.Errorf("detail %q, want %q", got, want)
		}
	})
}

func TestScriptInitFail(t *testing.T) {
	scene(t, map[string]string{"a": "+10ms"}, func(t *testing.T, s *Set, j *journal, _ *play) {
		s.Configure([]track.ScriptSpec{spec("a", func(s *track.ScriptSpec) { s.InitFail, s.Rise = true, 3 })}, nil, nil, true)
		start(t, s)
		settle(5 * time.Second)
		j.expect(t, "0s script a down", "2.01s script a up")
	})
}

func TestScriptReload(t *testing.T) {
	parts := map[string]string{"a": "-10ms +10ms -10ms +10ms", "b": "+500ms", "c": "+10ms", "d": "+10ms"}
	scene(t, parts, func(t *testing.T, s *Set, j *journal, p *play) {
		a := spec("a", func(s *track.ScriptSpec) { s.Rise, s.Fall = 2, 2 })
		s.Configure([]track.ScriptSpec{a, spec("b", same), spec("c", same)}, nil, nil, true)
		start(t, s)
		settle(1300 * time.Millisecond) // a: one good result of two
		j.take()
		longer := spec("b", func(s *track.ScriptSpec) { s.Interval = 3 * time.Second })
		s.Configure([]track.ScriptSpec{a, longer, spec("d", same)}, nil, nil, false)
		j.expect(t, "1.3s script b up", "1.3s script d unknown")
		settle(2 * time.Second)
		// a's good result was forgotten by a bad one, not by the reload; b's run
		// was killed, and the next waited until it was gone.
		j.expect(t, "1.31s script d up")
		if got := s.State(track.ID{Kind: track.Script, Name: "c"}); got.Known {
			t.Errorf("c is gone, but known: %+v", got)
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		if diff := cmp.Diff([]time.Duration{0, time.Second, 2300 * time.Millisecond}, p.starts["b"]); diff != "" {
			t.Error(diff)
		}
		if got := p.starts["c"]; len(got) != 2 {
			t.Errorf("c ran at %v", got)
		}
	})
}

// A reload in the middle of a count does not begin it anew.
func TestScriptReloadKeepsTheCount(t *testing.T) {
	scene(t, map[string]string{"a": "-10ms +10ms"}, func(t *testing.T, s *Set, j *journal, _ *play) {
		scripts := []track.ScriptSpec{spec("a", func(s *track.ScriptSpec) { s.Rise = 2 })}
		s.Configure(scripts, nil, nil, true)
		start(t, s)
		settle(1500 * time.Millisecond)
		s.Configure(scripts, nil, nil, false)
		settle(time.Second)
		j.expect(t, "0s script a pending", "10ms script a down", "2.01s script a up")
	})
}

// A new command is a new script, which nothing is known of.
func TestScriptReloadWithAnotherCommand(t *testing.T) {
	scene(t, map[string]string{"a": "+10ms", "b": "-10ms"}, func(t *testing.T, s *Set, j *journal, _ *play) {
		s.Configure([]track.ScriptSpec{spec("a", same)}, nil, nil, true)
		start(t, s)
		settle(500 * time.Millisecond)
		s.Configure([]track.ScriptSpec{spec("a", func(s *track.ScriptSpec) { s.Command.Args = []string{"b"} })}, nil, nil, false)
		settle(500 * time.Millisecond)
		j.expect(t, "0s script a pending", "10ms script a up", "500ms script a unknown", "510ms script a down")
	})
}

// A restarted control process goes on from what was known, and is not shaken by
// one result.
func TestScriptRecall(t *testing.T) {
	scene(t, map[string]string{"a": "-10ms +10ms", "b": "+10ms", "c": "+10ms"}, func(t *testing.T, s *Set, j *journal, _ *play) {
		two := func(s *track.ScriptSpec) { s.Rise, s.Fall, s.InitFail = 2, 2, true }
		s.Recall(map[track.ID]track.State{
			{Kind: track.Script, Name: "a"}: {Known: true, Pending: true, Up: true},
			{Kind: track.Script, Name: "b"}: {Known: true, Detail: "exit status 1"},
			{Kind: track.Script, Name: "c"}: {Pending: true},
		})
		s.Configure([]track.ScriptSpec{spec("a", two), spec("b", two), spec("c", same)}, nil, nil, true)
		start(t, s)
		settle(3 * time.Second)
		j.expect(t, "0s script a up", "0s script b down", "0s script c pending", "10ms script c up", "1.01s script b up")
	})
}

// A stop waits for what still runs, and reports nothing of it.
func TestScriptStop(t *testing.T) {
	scene(t, map[string]string{"a": "-10s"}, func(t *testing.T, s *Set, j *journal, p *play) {
		s.Configure([]track.ScriptSpec{spec("a", func(s *track.ScriptSpec) { s.Timeout = time.Minute })}, nil, nil, true)
		stop := start(t, s)
		settle(500 * time.Millisecond)
		stop()
		if took := time.Since(j.began); took != 1500*time.Millisecond {
			t.Errorf("stopped after %v", took)
		}
		s.Configure([]track.ScriptSpec{spec("a", same), spec("b", same)}, nil, nil, false)
		settle(time.Minute)
		j.expect(t, "0s script a pending", "1.5s script a pending", "1.5s script b unknown")
	})
}

// A run that cannot be killed fails again each time one would be due, and no
// other one is started beside it.
func TestScriptThatCannotBeKilled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJournal()
		left := make(chan struct{})
		runs := 0
		s := newSet(j, func(o *Options) {
			o.Exec = func(context.Context, script.Command, script.Options) script.Result {
				if runs++; runs == 2 {
					return script.Result{Status: -1, TimedOut: true, Left: left}
				}
				return script.Result{}
			}
		})
		s.Configure([]track.ScriptSpec{spec("a", func(s *track.ScriptSpec) { s.Fall = 3 })}, nil, nil, true)
		stop := start(t, s)
		settle(5500 * time.Millisecond)
		j.expect(t, "0s script a pending", "0s script a up", "3s script a down")
		if runs != 2 {
			t.Errorf("%d runs", runs)
		}
		close(left)
		settle(time.Second)
		j.expect(t, "6s script a up")
		if got := s.Status()[0]; got.Skipped != 4 || got.Failures != 5 {
			t.Errorf("%+v", got)
		}
		stop()
	})
}

func TestScriptDetail(t *testing.T) {
	for _, tt := range []struct {
		result script.Result
		want   string
	}{
		{script.Result{Output: "all is well"}, "exit status 0"},
		{script.Result{Status: 2}, "exit status 2"},
		{script.Result{Status: 2, Output: "\n\n"}, "exit status 2"},
		{script.Result{Status: 2, Output: "one\r\ntwo \r\n"}, "exit status 2: two"},
		{script.Result{Status: -1, Err: errors.New("no such file")}, "no such file"},
		{script.Result{Status: 1, Output: strings.Repeat("é", 150)}, "exit status 1: …" + strings.Repeat("é", 100)},
	} {
		if got := detail(tt.result); got != tt.want {
			t.Errorf("%+v: %q, want %q", tt.result, got, tt.want)
		}
	}
}

// Real scripts, to the end: what they print, and that a stop takes them along.
func TestRealScripts(t *testing.T) {
	j := newJournal()
	me := script.Policy{User: strconv.Itoa(os.Geteuid()), Group: strconv.Itoa(os.Getegid())}
	s := newSet(j, func(o *Options) { o.Policy = func() script.Policy { return me } })
	real := func(name, text string) track.ScriptSpec {
		return spec(name, func(s *track.ScriptSpec) {
			s.Command.Args = []string{"/bin/sh", "-c", text}
			s.Timeout = 20 * time.Second
		})
	}
	missing := spec("missing", func(s *track.ScriptSpec) { s.Command.Args = []string{"/no/such/program"} })
	s.Configure([]track.ScriptSpec{real("good", "true"), real("bad", "echo refused >&2; exit 3"), real("hangs", "sleep 60"), missing}, nil, nil, true)
	stop := start(t, s)
	for name, want := range map[string]string{"good": "up", "bad": "down", "missing": "down"} {
		j.await(t, s, track.ID{Kind: track.Script, Name: name}, want)
	}
	if got := s.State(track.ID{Kind: track.Script, Name: "bad"}).Detail; got != "exit status 3: refused" {
		t.Error(got)
	}
	if got := s.State(track.ID{Kind: track.Script, Name: "missing"}).Detail; !strings.Contains(got, "no such file") {
		t.Error(got)
	}
	began := time.Now()
	stop()
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("stop took %v", took)
	}
	if got := s.State(track.ID{Kind: track.Script, Name: "hangs"}); !got.Pending {
		t.Errorf("what a stop killed has a result: %+v", got)
	}
}
