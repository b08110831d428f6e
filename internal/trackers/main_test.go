package trackers

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"director/internal/script"
	"director/internal/track"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// journal remembers what a Set reports, one line each: "2s script a up".
type journal struct {
	began time.Time
	news  chan struct{}

	mu    sync.Mutex
	lines []string
}

func newJournal() *journal { return &journal{began: time.Now(), news: make(chan struct{}, 1)} }

func (j *journal) report(id track.ID, s track.State) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, fmt.Sprintf("%v %s %s %s", time.Since(j.began), id.Kind, id.Name, brief(id, s)))
	select {
	case j.news <- struct{}{}:
	default:
	}
}

func brief(id track.ID, s track.State) string {
	switch {
	case s.Pending && !s.Known:
		return "pending"
	case !s.Known:
		return "unknown"
	case id.Kind == track.File:
		return fmt.Sprint(s.Value)
	case s.Up:
		return "up"
	}
	return "down"
}

// take returns the lines since the last time.
func (j *journal) take() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	text := strings.Join(j.lines, "\n")
	j.lines = nil
	return text
}

func (j *journal) expect(t *testing.T, want ...string) {
	t.Helper()
	if got := j.take(); got != strings.Join(want, "\n") {
		t.Errorf("reported\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
}

// await waits, in real time, until the state of an object is as wanted.
func (j *journal) await(t *testing.T, s *Set, id track.ID, want string) {
	t.Helper()
	limit := time.After(20 * time.Second)
	for brief(id, s.State(id)) != want {
		select {
		case <-j.news:
		case <-limit:
			t.Fatalf("%v is %s, want %s (%+v)", id, brief(id, s.State(id)), want, s.Status())
		}
	}
}

// start runs a Set until the test ends.
func start(t *testing.T, s *Set) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Run(ctx)
	}()
	stop = func() {
		cancel()
		<-done
	}
	t.Cleanup(stop)
	return stop
}

func newSet(j *journal, change func(*Options)) *Set {
	o := Options{Log: slog.New(slog.DiscardHandler), Report: j.report, Policy: func() script.Policy { return script.Policy{} }}
	change(&o)
	return New(o)
}
