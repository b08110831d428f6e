package lab

import (
	"sync"
	"time"
)

// A Canary notices when the kernel keeps those waiting who change links and
// addresses. It serves one at a time on the whole machine, and makes all wait
// while a namespace goes.
type Canary struct {
	end  chan struct{}
	done chan struct{}

	mu    sync.Mutex // guards waits
	waits []wait
}

type wait struct{ begin, end time.Time }

// Canary starts changing the host's loopback, to what it is.
func (h *Host) Canary() *Canary {
	h.lab.t.Helper()
	lo, err := h.ns.links.LinkByName("lo")
	h.must("canary", err)
	c := &Canary{end: make(chan struct{}), done: make(chan struct{})}
	go c.run(func() { _ = h.ns.links.LinkSetMTU(lo, lo.Attrs().MTU) })
	h.lab.t.Cleanup(func() {
		close(c.end)
		<-c.done
	})
	return c
}

func (c *Canary) run(change func()) {
	defer close(c.done)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-c.end:
			return
		case <-tick.C:
		}
		begin := time.Now()
		change()
		c.mu.Lock()
		c.waits = append(c.waits, wait{begin, time.Now()})
		c.mu.Unlock()
	}
}

// Longest is the longest that a change took, or the next one was late, between
// two moments.
func (c *Canary) Longest(since, until time.Time) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	var longest time.Duration
	var last time.Time
	for _, w := range c.waits {
		if w.end.Before(since) || w.begin.After(until) {
			continue
		}
		longest = max(longest, w.end.Sub(w.begin))
		if !last.IsZero() {
			longest = max(longest, w.begin.Sub(last))
		}
		last = w.end
	}
	return longest
}
