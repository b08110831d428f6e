package bfd

import (
	"sync"
	"time"
)

// maxQueued bounds the packets that wait for a session. More are wanted by
// nobody who keeps to an interval.
const maxQueued = 64

// arrived is a packet for a session.
type arrived struct {
	packet Packet
	at     time.Time
}

// inbox holds what other goroutines have told a session and it has not taken
// yet: the newest configuration, packets in a bounded number.
type inbox struct {
	wake chan struct{} // capacity 1: something is there

	mu     sync.Mutex // guards what follows
	config *Config
	queue  []arrived
	spare  []arrived // the batch that was taken before the last
}

func newInbox() inbox {
	return inbox{
		wake:  make(chan struct{}, 1),
		queue: make([]arrived, 0, maxQueued), spare: make([]arrived, 0, maxQueued),
	}
}

// put hands in a packet and reports whether there was room.
func (in *inbox) put(p *Packet, at time.Time) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	if len(in.queue) == maxQueued {
		return false
	}
	in.queue = append(in.queue, arrived{*p, at})
	ring(in.wake)
	return true
}

func (in *inbox) reconfigure(c *Config) {
	in.mu.Lock()
	in.config = c
	in.mu.Unlock()
	ring(in.wake)
}

// take returns what has come since the last call. The packets are valid until
// the next one.
func (in *inbox) take() (*Config, []arrived) {
	in.mu.Lock()
	defer in.mu.Unlock()
	c, batch := in.config, in.queue
	in.config, in.queue, in.spare = nil, in.spare[:0], batch
	return c, batch
}

func ring(bell chan struct{}) {
	select {
	case bell <- struct{}{}:
	default:
	}
}
