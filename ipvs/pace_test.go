package ipvs

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestPacer(t *testing.T) {
	rows := []struct {
		name      string
		cost      time.Duration // of one request
		steps     int
		wantPause int
	}{
		{"cheap requests: a pause after every 50", time.Microsecond, 40, 40},
		{"dear requests: a pause after every 4 ms", 200 * time.Microsecond, 11, 11},
		{"very dear requests: a pause after each", 5 * time.Millisecond, 10, 10},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var p pacer
				begin, requests := time.Now(), 0
				for range row.steps {
					n := p.room()
					if n < 1 || n > burst {
						t.Fatalf("%d requests at once", n)
					}
					requests += n
					time.Sleep(time.Duration(n) * row.cost)
					p.did(n)
				}
				paused := time.Since(begin) - time.Duration(requests)*row.cost
				if want := time.Duration(row.wantPause) * pause; paused != want {
					t.Errorf("%v of pauses in %d requests, want %v", paused, requests, want)
				}
			})
		})
	}
}

func TestPacerLearnsTheCostAndForgetsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pacer
		step := func(cost time.Duration) int {
			n := p.room()
			time.Sleep(time.Duration(n) * cost)
			p.did(n)
			return n
		}
		step(400 * time.Microsecond)
		if n := step(400 * time.Microsecond); n != 10 {
			t.Errorf("%d requests of 0.4 ms at once, want 10: 4 ms", n)
		}
		step(time.Microsecond)
		if n := step(time.Microsecond); n != burst {
			t.Errorf("%d requests of 1 µs at once, want %d", n, burst)
		}
	})
}

func TestSingleRequestsPauseToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pacer
		begin := time.Now()
		for range 2 * burst {
			p.room()
			p.did(1)
		}
		if got := time.Since(begin); got != 2*pause {
			t.Errorf("%v of pauses after %d requests, want %v", got, 2*burst, 2*pause)
		}
	})
}
