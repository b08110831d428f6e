package netif

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// playStalls is play with a process that can stand still: stop ends Run, lets
// the time pass, and runs it again, which finds its timers late.
func playStalls(t *testing.T, want []string, script func(a *Announcer, stop func(time.Duration))) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &wireLog{begin: time.Now()}
		a := NewAnnouncer(slog.New(slog.DiscardHandler), w)
		run := func() (end func()) {
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan struct{})
			go func() { defer close(done); a.Run(ctx) }()
			return func() { cancel(); <-done }
		}
		end := run()
		script(a, func(d time.Duration) {
			end()
			time.Sleep(d)
			end = run()
		})
		synctest.Wait()
		end()
		if diff := cmp.Diff(want, w.sent); diff != "" {
			t.Errorf("sent (-want +got)\n%s", diff)
		}
	})
}

func TestStallIsFollowedByListening(t *testing.T) {
	s := Schedule{Repeat: 1, Delay: 5 * time.Second, Refresh: 10 * time.Second, RefreshRepeat: 1, MasterDown: 4 * time.Second}
	begin := func(a *Announcer) {
		a.Start("one", vips(1), s)
		time.Sleep(4 * time.Second)
	}
	t.Run("what was due is put off", func(t *testing.T) {
		playStalls(t, []string{"0s 10.0.0.1", "24s 10.0.0.1", "25s 10.0.0.1"}, func(a *Announcer, stop func(time.Duration)) {
			begin(a)
			stop(16 * time.Second)
			time.Sleep(9 * time.Second)
		})
	})
	t.Run("who has lost the role announces nothing", func(t *testing.T) {
		playStalls(t, []string{"0s 10.0.0.1"}, func(a *Announcer, stop func(time.Duration)) {
			begin(a)
			stop(16 * time.Second)
			time.Sleep(3 * time.Second)
			a.Stop("one")
			time.Sleep(time.Minute)
		})
	})
	t.Run("nor do answers to what came before it", func(t *testing.T) {
		playStalls(t, []string{"0s 10.0.0.1", "24s 10.0.0.2 10.0.0.1", "25s 10.0.0.1 10.0.0.2"}, func(a *Announcer, stop func(time.Duration)) {
			begin(a)
			stop(16 * time.Second)
			a.AnnounceNow("one", vips(2)[1])
			a.Start("one", vips(2), s)
			time.Sleep(9 * time.Second)
		})
	})
	t.Run("a new master does not wait", func(t *testing.T) {
		playStalls(t, []string{"0s 10.0.0.1", "21s 10.0.0.1", "26s 10.0.0.1"}, func(a *Announcer, stop func(time.Duration)) {
			begin(a)
			stop(16 * time.Second)
			time.Sleep(time.Second)
			a.Stop("one")
			a.Start("one", vips(1), s)
			time.Sleep(9 * time.Second)
		})
	})
	t.Run("a stall too short to cost the role counts for nothing", func(t *testing.T) {
		playStalls(t, []string{"0s 10.0.0.1", "6s 10.0.0.1"}, func(a *Announcer, stop func(time.Duration)) {
			begin(a)
			stop(2 * time.Second)
			time.Sleep(8 * time.Second)
		})
	})
	t.Run("one that began long before the timer counts", func(t *testing.T) {
		// The announcement is 1 s late, the process stood still for 5 s.
		playStalls(t, []string{"0s 10.0.0.1", "10s 10.0.0.1"}, func(a *Announcer, stop func(time.Duration)) {
			a.Start("one", vips(1), s)
			time.Sleep(time.Second)
			stop(5 * time.Second)
			time.Sleep(8 * time.Second)
		})
	})
	t.Run("each by its own master-down interval", func(t *testing.T) {
		fast := s
		fast.MasterDown = 100 * time.Millisecond
		slow := s
		slow.MasterDown = time.Minute
		playStalls(t, []string{"0s 10.0.0.1 10.0.0.2", "7s 10.0.0.2", "7.1s 10.0.0.1"}, func(a *Announcer, stop func(time.Duration)) {
			a.Start("fast", vips(2)[:1], fast)
			a.Start("slow", vips(2)[1:], slow)
			time.Sleep(4 * time.Second)
			stop(3 * time.Second)
			time.Sleep(4 * time.Second)
		})
	})
}
