package integration

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"director/integration/lab"
)

// testNobodyThere asks a master without a backup to hand over.
func testNobodyThere(t *testing.T) {
	h := newHandover(t, setup{wire: wires[2]}, "director")
	h.ask()
	h.launch(h.a)
	h.settled(h.a, h.b)
	begin := time.Now()
	said, err := h.director.Command("handover", "VI_1")
	if err == nil || !strings.Contains(said, "stays MASTER here") {
		t.Fatalf("handover to nobody: %v, %q", err, said)
	}
	h.settled(h.a, h.b)
	c := changeover{begin: begin, end: time.Now()}
	if h.lost(&c) > 0 {
		t.Fatalf("handover to nobody: %s", h.seen(&c))
	}
	lab.Claim(t, "nobody there: the command fails with %q, and the master serves on: %s", strings.TrimSpace(said), h.seen(&c))
	said, err = h.director.Command("handover", "VI_9")
	if err == nil || !strings.Contains(said, "VI_9") {
		t.Errorf("handover of an unknown instance: %v, %q", err, said)
	}
	h.director.Stop()
	h.settledNowhere()
	lab.Claim(t, "a stop with nobody there ends by itself and leaves no address")
}

// testBounds has intervals that are longer than a stop may take.
func testBounds(t *testing.T) {
	t.Parallel()
	slow := setup{wire: wires[0]}
	slow.interval = 20 * time.Second
	for _, program := range []string{"nobody", "director"} {
		t.Run(program, func(t *testing.T) {
			t.Parallel()
			h := newSlow(t, slow)
			if program != "nobody" {
				h.launch(h.b)
				h.listens(h.b)
			}
			took := h.director.Stop()
			if took > stopLimit {
				t.Fatalf("the stop took %v", took)
			}
			if program == "nobody" {
				h.settledNowhere()
			} else {
				h.settled(h.b, h.a)
			}
			lab.Claim(t, "advert_int 20 s, %s there: a stop ends after %v and leaves no address", program, took.Round(100*time.Millisecond))
		})
	}
	t.Run("a second SIGTERM", func(t *testing.T) {
		t.Parallel()
		h := newSlow(t, slow)
		h.director.Signal(syscall.SIGTERM)
		h.lab.Eventually(room, "it advertises priority 1", func() bool {
			return len(h.outbox[h.a].Frames(time.Time{}, func(f lab.Frame) bool { return f.Kind == lab.Advertises && f.Priority == 1 })) > 0
		})
		if !h.director.Running() || !h.a.Has(h.served()[0]) {
			t.Fatal("it does not wait for anybody")
		}
		begin := time.Now()
		took := h.director.Stop() // the second SIGTERM
		if took > room {
			t.Fatalf("a second SIGTERM ended it after %v", took)
		}
		h.settledNowhere()
		last := h.outbox[h.a].Frames(begin, func(f lab.Frame) bool { return f.Kind == lab.Advertises })
		if len(last) == 0 || last[len(last)-1].Priority != 0 {
			t.Errorf("it leaves with %s, want priority 0 as the last advert", fmt.Sprint(last))
		}
		lab.Claim(t, "a second SIGTERM ends a stop that waits at once (%v), with priority 0, and leaves no address", took.Round(time.Millisecond))
	})
}

// newSlow has a as the master of an instance with a long interval: it starts as
// the owner of the address, which waits for nobody.
func newSlow(t *testing.T, s setup) *handover {
	t.Helper()
	h := newHandover(t, s, "director")
	h.a.priority = 255
	h.launch(h.a)
	h.settled(h.a, h.b)
	return h
}

// settledNowhere waits until nobody has an address.
func (h *handover) settledNowhere() {
	h.lab.Eventually(room, "no address is left", func() bool { return h.lacks(h.a) && h.lacks(h.b) })
}
