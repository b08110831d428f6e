package notify

import "sync/atomic"

// ticket counts what is still to be done for an event: its scripts, and a line
// in each FIFO.
type ticket struct {
	seq  uint64
	left atomic.Int32
}

func newTicket(seq uint64, parts int) *ticket {
	t := &ticket{seq: seq}
	t.left.Store(int32(parts))
	return t
}

// release says that one part of each ticket is done. No lock may be held: the
// acknowledgement is somebody else's code.
func (n *Notifier) release(tickets ...*ticket) {
	for _, t := range tickets {
		if t == nil || t.left.Add(-1) != 0 || t.seq == 0 {
			continue
		}
		n.mu.Lock()
		delete(n.open, t.seq)
		n.mu.Unlock()
		n.done(t.seq)
	}
}
