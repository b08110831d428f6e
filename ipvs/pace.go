package ipvs

import "time"

// The client works for a real-time process that may have one CPU, and the
// kernel carries requests out inside the system call: while it does, nothing
// else of that process runs, its adverts not either. Measured on one CPU with
// SCHED_FIFO: without a pause a 10 ms ticker beside a loop of requests did not
// fire in 4 s, with 1 ms after every 50 requests it was 1 ms late at worst
// (docs/decisions/ipvs-client.md).
const (
	// burst is how many requests go out between two pauses at most.
	burst = 50
	// slice is how long the kernel may work between two pauses, as far as the
	// cost of the requests before can tell: some requests (a table of the mh
	// scheduler, a slow machine) cost a hundred times what others do. An advert
	// is late by this at worst; shorter slices make a take-over longer.
	slice = 4 * time.Millisecond
	// pause is long enough that the runtime really blocks and the CPU is free.
	pause = time.Millisecond
)

// pacer spreads requests over time. The zero value is ready.
type pacer struct {
	size  int // requests until the next pause
	done  int // requests since the last pause
	start time.Time
	last  time.Time
}

// room returns how many requests may go out at once. It is asked before them.
// A client that did nothing for a while has paused.
func (p *pacer) room() int {
	if p.size == 0 {
		p.size = burst
	}
	if now := time.Now(); p.done == 0 || now.Sub(p.last) >= pause {
		p.done, p.start = 0, now
	}
	return p.size - p.done
}

// did counts n requests that the kernel carried out, and pauses when it is time
// to.
func (p *pacer) did(n int) {
	p.done += n
	p.last = time.Now()
	spent := p.last.Sub(p.start)
	if p.done < p.size && spent < slice {
		return
	}
	p.size = burst
	if spent > 0 {
		p.size = int(min(burst, max(1, int64(p.done)*int64(slice)/int64(spent))))
	}
	p.done = 0
	time.Sleep(pause)
}
