package netif

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// wireLog is a sender that writes down what it sends and when.
type wireLog struct {
	mu    sync.Mutex
	begin time.Time
	// sent has a line for each moment: the time, and the addresses in order.
	sent []string
	last time.Duration
	err  error
	// slow is how long it takes to send one.
	slow time.Duration
}

func (w *wireLog) Announce(_ context.Context, a Address) error {
	time.Sleep(w.slow)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return w.err
	}
	at := time.Since(w.begin)
	name := strings.TrimSuffix(a.Prefix.Addr().String()+"@"+a.Interface, "@eth0")
	if len(w.sent) == 0 || at != w.last {
		w.sent = append(w.sent, fmt.Sprintf("%v %s", at, name))
	} else {
		w.sent[len(w.sent)-1] += " " + name
	}
	w.last = at
	return nil
}

func (w *wireLog) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.err = err
}

// play runs an Announcer in virtual time while script uses it, and compares
// what it sent.
func play(t *testing.T, want []string, script func(a *Announcer, w *wireLog)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &wireLog{begin: time.Now()}
		a := NewAnnouncer(slog.New(slog.NewTextHandler(t.Output(), nil)), w)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			a.Run(ctx)
		}()
		script(a, w)
		synctest.Wait()
		cancel()
		<-done
		if diff := cmp.Diff(want, w.sent); diff != "" {
			t.Errorf("sent (-want +got)\n%s", diff)
		}
	})
}

// vips returns 10.0.0.1 up to n.
func vips(n int) []Address {
	all := make([]Address, n)
	for i := range all {
		all[i] = vip(fmt.Sprintf("10.0.0.%d/32", i+1))
	}
	return all
}

func TestAnnouncerFollowsTheSchedule(t *testing.T) {
	s := Schedule{Repeat: 2, Delay: 5 * time.Second, Refresh: 10 * time.Second, RefreshRepeat: 1}
	want := []string{
		"0s 10.0.0.1 10.0.0.2 10.0.0.1 10.0.0.2",
		"5s 10.0.0.1 10.0.0.2 10.0.0.1 10.0.0.2",
		"15s 10.0.0.1 10.0.0.2",
		"25s 10.0.0.1 10.0.0.2",
	}
	play(t, want, func(a *Announcer, _ *wireLog) {
		a.Start("one", vips(2), s)
		time.Sleep(30 * time.Second)
	})
}

func TestAnnouncerRepeatsSoonWhereTheOtherIsAlive(t *testing.T) {
	s := Schedule{Repeat: 2, Delay: 5 * time.Second, Again: 25 * time.Millisecond}
	want := []string{
		"0s 10.0.0.1 10.0.0.2 10.0.0.1 10.0.0.2",
		"25ms 10.0.0.1 10.0.0.2",
		"5s 10.0.0.1 10.0.0.2 10.0.0.1 10.0.0.2",
	}
	play(t, want, func(a *Announcer, _ *wireLog) {
		a.Start("one", vips(2), s)
		time.Sleep(30 * time.Second)
	})
}

func TestAnnouncerCountsWhatTheTakeOverSentAsTheFirstRound(t *testing.T) {
	want := []string{
		"0s 10.0.0.1",
		"1s 10.0.0.2",
		"2s 10.0.0.3 10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.1 10.0.0.2 10.0.0.3",
		"7s 10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.1 10.0.0.2 10.0.0.3",
	}
	play(t, want, func(a *Announcer, _ *wireLog) {
		a.AnnounceNow("one", vips(3)[0])
		time.Sleep(time.Second)
		a.AnnounceNow("one", vips(3)[1])
		time.Sleep(time.Second)
		// The third has not left when the schedule starts.
		a.AnnounceNow("one", vips(3)[2])
		a.Start("one", vips(3), Schedule{Repeat: 3, Delay: 5 * time.Second})
		time.Sleep(time.Minute)
	})
}

func TestAnnouncerKeepsTheLeastGap(t *testing.T) {
	other := vip("10.0.0.9/32")
	other.Interface = "eth1"
	addresses := append(vips(2), vip("2001:db8::1/128"), vip("2001:db8::2/128"), other)
	want := []string{
		// The first of each address does not wait.
		"0s 10.0.0.1 10.0.0.2 2001:db8::1 2001:db8::2 10.0.0.9@eth1",
		"1s 10.0.0.1 10.0.0.9@eth1",
		"2s 10.0.0.2",
		"3s 2001:db8::1",
		"6s 2001:db8::2",
	}
	play(t, want, func(a *Announcer, _ *wireLog) {
		a.Start("one", addresses, Schedule{Repeat: 2, Interval: time.Second, NAInterval: 3 * time.Second})
		time.Sleep(time.Minute)
	})
}

func TestAnnouncerGapBeginsWhenOneHasLeft(t *testing.T) {
	want := []string{"300ms 10.0.0.1", "1.6s 10.0.0.1", "2.9s 10.0.0.1"}
	play(t, want, func(a *Announcer, w *wireLog) {
		w.slow = 300 * time.Millisecond
		a.Start("one", vips(1), Schedule{Repeat: 3, Interval: time.Second})
		time.Sleep(time.Minute)
	})
}

func TestAnnouncerGapHoldsAcrossInstances(t *testing.T) {
	want := []string{"0s 10.0.0.1 10.0.0.2", "1s 10.0.0.1", "2s 10.0.0.2"}
	play(t, want, func(a *Announcer, _ *wireLog) {
		s := Schedule{Repeat: 2, Interval: time.Second}
		a.Start("one", vips(2)[:1], s)
		a.Start("two", vips(2)[1:], s)
		time.Sleep(time.Minute)
	})
}

func TestAnnouncerNeverFallsBehind(t *testing.T) {
	// One round takes 3 s, a new one begins each second.
	want := []string{"0s 10.0.0.1 10.0.0.2 10.0.0.3", "1s 10.0.0.1", "2s 10.0.0.2", "3s 10.0.0.3", "4s 10.0.0.1", "5s 10.0.0.2"}
	play(t, want, func(a *Announcer, _ *wireLog) {
		a.Start("one", vips(3), Schedule{Repeat: 1, Refresh: time.Second, RefreshRepeat: 1, Interval: time.Second})
		time.Sleep(5*time.Second + time.Millisecond)
		a.Stop("one")
		time.Sleep(time.Minute)
	})
}

func TestAnnouncerAnswersALowerRouter(t *testing.T) {
	s := Schedule{Repeat: 1, LowerPrioRepeat: 2, LowerPrioDelay: 3 * time.Second}
	want := []string{
		"0s 10.0.0.1",
		"10s 10.0.0.1 10.0.0.1",
		// Heard again before the second burst: that one starts over.
		"12s 10.0.0.1 10.0.0.1",
		"15s 10.0.0.1 10.0.0.1",
	}
	play(t, want, func(a *Announcer, _ *wireLog) {
		a.Lower("one") // not yet started
		a.Start("one", vips(1), s)
		time.Sleep(10 * time.Second)
		a.Lower("one")
		time.Sleep(2 * time.Second)
		a.Lower("one")
		time.Sleep(time.Minute)
	})
	play(t, []string{"0s 10.0.0.1"}, func(a *Announcer, _ *wireLog) {
		a.Start("one", vips(1), Schedule{Repeat: 1, LowerPrioDelay: time.Second})
		time.Sleep(time.Second)
		a.Lower("one")
		time.Sleep(time.Minute)
	})
}

func TestAnnouncerRepeatsWhenACarrierReturns(t *testing.T) {
	other := vip("10.0.0.9/32")
	other.Interface = "eth1"
	want := []string{
		// First announcements go before all others; after that an interface
		// is done before the next has its turn.
		"0s 10.0.0.1 10.0.0.9@eth1 10.0.0.1 10.0.0.9@eth1",
		"5s 10.0.0.1 10.0.0.1 10.0.0.9@eth1 10.0.0.9@eth1",
		"20s 10.0.0.9@eth1 10.0.0.9@eth1",
		"25s 10.0.0.9@eth1 10.0.0.9@eth1",
	}
	play(t, want, func(a *Announcer, _ *wireLog) {
		a.Start("one", append(vips(1), other), Schedule{Repeat: 2, Delay: 5 * time.Second})
		time.Sleep(20 * time.Second)
		a.CarrierBack("eth1")
		a.CarrierBack("eth7")
		time.Sleep(time.Minute)
	})
}

func TestAnnouncerStopsAtOnce(t *testing.T) {
	s := Schedule{Repeat: 2, Delay: 5 * time.Second, Refresh: 10 * time.Second, Interval: time.Second}
	want := []string{"0s 10.0.0.1 10.0.0.2", "1s 10.0.0.1", "2s 10.0.0.2"}
	play(t, want, func(a *Announcer, _ *wireLog) {
		a.Start("one", vips(2), s)
		time.Sleep(3 * time.Second)
		a.Stop("one")
		a.Stop("none")
		time.Sleep(time.Minute)
	})
	play(t, []string{"0s 10.0.0.1 10.0.0.2", "1s 10.0.0.2"}, func(a *Announcer, _ *wireLog) {
		a.Start("one", vips(2)[:1], s)
		a.Start("two", vips(2)[1:], Schedule{Repeat: 2, Interval: time.Second})
		time.Sleep(time.Millisecond)
		a.Stop("one")
		time.Sleep(time.Minute)
	})
}

func TestPlanForgetsFirstAnnouncementsOnStop(t *testing.T) {
	p, now := newPlan(), time.Unix(0, 0)
	p.announce("one", vips(1)[0])
	p.stop("one")
	if a, at, ok := p.next(now); ok || !at.IsZero() {
		t.Errorf("%v at %v is left", a, at)
	}
}

func TestAnnouncerStartsAnewWithOtherAddresses(t *testing.T) {
	want := []string{"0s 10.0.0.1 10.0.0.2", "1s 10.0.0.2 10.0.0.3", "6s 10.0.0.2 10.0.0.3"}
	play(t, want, func(a *Announcer, _ *wireLog) {
		s := Schedule{Repeat: 1, Delay: 5 * time.Second}
		a.Start("one", vips(2), s)
		time.Sleep(time.Second)
		a.Start("one", vips(3)[1:], s)
		time.Sleep(time.Minute)
	})
}

func TestAnnouncerPausesWhileItSendsMuch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wireLog{begin: time.Now()}
		a := NewAnnouncer(slog.New(slog.DiscardHandler), w)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); a.Run(ctx) }()
		a.Start("one", vips(220), Schedule{Repeat: 1})
		time.Sleep(time.Second)
		cancel()
		<-done
		if len(w.sent) != 5 || w.last != 4*time.Millisecond {
			t.Errorf("220 announcements left in %d bursts until %v, want 5 until 4ms", len(w.sent), w.last)
		}
	})
}

func TestAnnouncerCountsFailures(t *testing.T) {
	play(t, []string{"0s 10.0.0.1", "7s 10.0.0.1"}, func(a *Announcer, w *wireLog) {
		a.Start("one", vips(1), Schedule{Repeat: 1, Delay: 5 * time.Second, Refresh: 2 * time.Second, RefreshRepeat: 1})
		time.Sleep(time.Second)
		w.fail(errors.New("network is down"))
		time.Sleep(5 * time.Second)
		w.fail(nil)
		time.Sleep(2 * time.Second)
		if sent, failed := a.Counts(); sent != 2 || failed != 1 {
			t.Errorf("sent %d, failed %d, want 2 and 1", sent, failed)
		}
	})
}
