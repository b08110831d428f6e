package netif

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestScheduleBursts(t *testing.T) {
	tests := []struct {
		name string
		s    Schedule
		want []string // of the first five
	}{
		{"keepalived's default: five, and five more", Schedule{Repeat: 5, Delay: 5 * time.Second},
			[]string{"5 at 0s", "5 at 5s"}},
		{"no delay, no second burst", Schedule{Repeat: 3}, []string{"3 at 0s"}},
		{"refresh after delay and refresh", Schedule{Repeat: 5, Delay: 5 * time.Second, Refresh: time.Minute, RefreshRepeat: 2},
			[]string{"5 at 0s", "5 at 5s", "2 at 1m5s", "2 at 2m5s", "2 at 3m5s"}},
		{"refresh without a second burst", Schedule{Repeat: 5, Refresh: time.Minute, RefreshRepeat: 1},
			[]string{"5 at 0s", "1 at 1m0s", "1 at 2m0s", "1 at 3m0s", "1 at 4m0s"}},
		{"repeats of zero count as one", Schedule{Refresh: time.Minute},
			[]string{"1 at 0s", "1 at 1m0s", "1 at 2m0s", "1 at 3m0s", "1 at 4m0s"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for n := range 5 {
				after, rounds, ok := test.s.burst(n)
				if !ok {
					break
				}
				got = append(got, fmt.Sprintf("%d at %v", rounds, after))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
