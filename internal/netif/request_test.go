package netif

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/vishvananda/netlink"
)

func TestDumpIsRepeatedWhileItIsInterrupted(t *testing.T) {
	broken := errors.New("broken")
	tests := []struct {
		name    string
		answers []error // the last one is repeated
		calls   int
		want    error
	}{
		{"complete at once", []error{nil}, 1, nil},
		{"complete the third time", []error{netlink.ErrDumpInterrupted, netlink.ErrDumpInterrupted, nil}, 3, nil},
		{"another error is not repeated", []error{broken}, 1, broken},
		{"interrupted without end", []error{netlink.ErrDumpInterrupted}, dumpTries, netlink.ErrDumpInterrupted},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				calls := 0
				_, err := dump(t.Context(), func() (int, error) {
					calls++
					return calls, test.answers[min(calls, len(test.answers))-1]
				})
				if !errors.Is(err, test.want) || calls != test.calls {
					t.Errorf("%v after %d calls, want %v after %d", err, calls, test.want, test.calls)
				}
			})
		})
	}
	t.Run("given up with the context", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		_, err := dump(ctx, func() (int, error) { cancel(); return 0, netlink.ErrDumpInterrupted })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%v, want context.Canceled", err)
		}
	})
}

func TestAddressesListsAreWholeWhileOthersChange(t *testing.T) {
	ns, _ := newLink(t)
	table := newTable(t, ns)
	for _, prefix := range []string{"192.0.2.5/24", "2001:db8::5/128"} {
		mustAdd(t, table, vip(prefix), Added)
	}
	var wg sync.WaitGroup
	done := make(chan struct{})
	wg.Go(func() {
		defer close(done)
		churn(t, ns, 500)
	})
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		ours, err := table.Ours(t.Context())
		if err != nil || len(ours) != 2 {
			t.Errorf("Ours: %v, %v, want two", ours, err)
			break
		}
	}
	wg.Wait()
}
